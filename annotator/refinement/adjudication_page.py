"""What the adjudication page shows."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from annotator.refinement.refine_page import clip_json
from datasets_app.clips.models import Collection
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.adjudication.queue import conflicts, conflicts_for
from datasets_app.labels.adjudication.selectors import (
    GivenAnswer,
    frequent_reasons,
    last_adjudication_of,
    list_adjudications,
    list_given_answers,
)
from datasets_app.labels.refinement.models import RefinementDifference, SoundEvent
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator


@dataclass(frozen=True, slots=True)
class AdjudicationPage:
    """One conflict, or none with what is left for others."""

    collection: Collection
    nomination: Nomination | None
    answers: list[GivenAnswer]
    history: list[Adjudication]
    events: list[SoundEvent]
    is_difference: bool
    reasons: list[str]
    last: Adjudication | None
    n_mine: int
    n_all: int

    @property
    def n_for_others(self) -> int:
        """Conflicts that this person had a part in, or that others are deciding."""
        return self.n_all - self.n_mine

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many trusted answers of each kind there are."""
        trusted = [a.answer for a in self.answers if a.is_trusted and a.answer]
        return [(value, trusted.count(value)) for value in ("PP", "PNP", "NP", "U")]

    def as_json(self, user_key: str) -> dict[str, Any]:
        """Return what the page's script needs."""
        address = reverse("adjudicate", args=[self.collection.name])
        data: dict[str, Any] = {
            "user": user_key,
            "decisions_url": reverse("adjudications", args=[self.collection.name]),
            "next_url": address,
            "last": None,
        }
        if self.last is not None:
            data["last"] = {
                "uuid": str(self.last.uuid),
                "url": f"{address}?conflict={self.last.nomination.uuid}",
            }
        if self.nomination is not None:
            data["nomination"] = str(self.nomination.uuid)
            data["clip"] = clip_json(self.nomination.clip)
            data["marks"] = [
                {
                    "start_s": e.onset_s,
                    "end_s": e.offset_s,
                    "label": e.label.refinement.annotator.name,
                }
                for e in self.events
            ]
        return data


def adjudication_page(
    *, collection: Collection, annotator: Annotator, nomination: Nomination | None
) -> AdjudicationPage:
    """Gather the page: eleven queries at most."""
    events = SoundEvent.objects.none()
    if nomination is not None:
        events = SoundEvent.objects.filter(
            label__refinement__clip=nomination.clip_id,
            label__refinement__finished_at__isnull=False,
            label__sound_class=nomination.sound_class_id,
        ).exclude(label__answer__in=["", "NP"])
    return AdjudicationPage(
        collection=collection,
        nomination=nomination,
        answers=list_given_answers(nomination=nomination) if nomination else [],
        history=list_adjudications(nominations=[nomination.pk]).get(nomination.pk, [])
        if nomination
        else [],
        events=list(
            events.select_related("label__refinement__annotator").order_by("onset_s", "pk")
        ),
        is_difference=nomination is not None
        and RefinementDifference.objects.filter(nomination=nomination).exists(),
        reasons=frequent_reasons(collection=collection),
        last=last_adjudication_of(annotator=annotator, collection=collection),
        n_mine=conflicts_for(collection=collection, annotator=annotator).count(),
        n_all=conflicts(collection=collection).count(),
    )
