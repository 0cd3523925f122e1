"""What the refinement pages show."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.urls import reverse

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.labels.refinement.models import (
    Completeness,
    RefinementPass,
    RefinementSettings,
    SoundEvent,
)
from datasets_app.labels.refinement.queue import count_left, refinement_settings
from datasets_app.labels.refinement.selectors import (
    ClipLabel,
    RefinedClass,
    RefinementProgress,
    list_clip_labels,
    list_refined_classes,
    list_suggestions,
    refinement_progress,
)
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator
from datasets_app.splits.sides import clips_to_refine

LATEST = 12


@dataclass(frozen=True, slots=True)
class StartPage:
    """How far a collection's refinement is, and one's own recordings."""

    collection: Collection
    settings: RefinementSettings
    progress: RefinementProgress
    n_left: int
    under_way: RefinementPass | None
    latest: list[RefinementPass]
    n_mine: int


def start_page(*, collection: Collection, annotator: Annotator) -> StartPage:
    """Gather the page: eight queries."""
    among = clips_to_refine(collection=collection)
    settings = refinement_settings(collection=collection)
    mine = RefinementPass.objects.filter(clip__collection=collection, annotator=annotator)
    finished = mine.filter(finished_at__isnull=False)
    under_way = mine.filter(clip__in=among, finished_at=None, left_at=None).select_related("clip")
    latest = finished.select_related("clip").annotate(n_labels=Count("labels"))
    return StartPage(
        collection=collection,
        settings=settings,
        progress=refinement_progress(among=among, n_people=settings.n_people),
        n_left=count_left(annotator=annotator, collection=collection, among=among),
        under_way=under_way.order_by("-started_at").first(),
        latest=list(latest.order_by("-finished_at")[:LATEST]),
        n_mine=finished.count(),
    )


@dataclass(frozen=True, slots=True)
class ClipPage:
    """One clip with one's own pass of it."""

    collection: Collection
    refinement: RefinementPass
    labels: list[ClipLabel]
    refined: list[RefinedClass]
    suggestions: list[Nomination]
    is_certified: bool

    @property
    def clip(self) -> Clip:
        """The recording."""
        return self.refinement.clip

    @property
    def is_finished(self) -> bool:
        """Whether the pass counts."""
        return self.refinement.finished_at is not None

    def as_json(self, user_key: str) -> dict[str, Any]:
        """Return what the page's script needs; a class is listed once, where it belongs first."""
        name, clip = self.collection.name, self.clip
        judged = {one.sound_class.pk: one for one in self.refined}
        listed = [_given(label, judged.get(label.sound_class.pk)) for label in self.labels]
        known = {label.sound_class.pk for label in self.labels}
        listed += [_own(one) for pk, one in judged.items() if pk not in known]
        listed += [_suggested(nomination) for nomination in self.suggestions]
        return {
            "user": user_key,
            "changes_url": reverse("refine-changes", args=[name, clip.uuid]),
            "classes_url": reverse("refine-classes", args=[name]),
            "start_url": reverse("refine", args=[name]),
            "is_finished": self.is_finished,
            "is_certified": self.is_certified,
            "labels": listed,
            "clip": clip_json(clip),
        }


def clip_page(*, collection: Collection, refinement: RefinementPass) -> ClipPage:
    """Gather the page: five queries. Suggestions come with a finished pass only."""
    certified = Completeness.objects.filter(
        clip=refinement.clip, annotator=refinement.annotator, withdrawn_at=None
    )
    has_second_look = refinement.second_look_at is not None
    return ClipPage(
        collection=collection,
        refinement=refinement,
        labels=list_clip_labels(refinement=refinement),
        refined=list_refined_classes(refinement=refinement),
        suggestions=list_suggestions(refinement=refinement) if has_second_look else [],
        is_certified=certified.exists(),
    )


def clip_json(clip: Clip) -> dict[str, Any]:
    """Return a recording as the players read it."""
    return {
        "uuid": str(clip.uuid),
        "duration_s": clip.duration_s,
        "loudness_lufs": clip.loudness_lufs,
        "preview": reverse("clip-media", args=[clip.uuid, "preview.mp3"]),
        "spectrogram": reverse("clip-media", args=[clip.uuid, "spectrogram.png"]),
        "peaks": reverse("clip-media", args=[clip.uuid, "peaks.json"]),
    }


def classes_json(collection: Collection) -> list[dict[str, Any]]:
    """Return the ontology for the page's search and tree: two queries."""
    parents: dict[int, list[str]] = {}
    edges = collection.ontology.classes.filter(parent_edges__isnull=False)
    for child, parent in edges.order_by("parent_edges__pk").values_list(
        "pk", "parent_edges__parent__mid"
    ):
        parents.setdefault(child, []).append(parent)
    rows = collection.ontology.classes.order_by("name", "mid")
    return [
        {
            "mid": c.mid,
            "name": c.name,
            "description": c.description,
            "synonyms": _synonyms(c),
            "parents": parents.get(c.pk, []),
            "is_abstract": c.is_abstract,
            "compare_url": reverse("refine-compare", args=[collection.name, c.mid]),
        }
        for c in rows
    ]


def _synonyms(c: SoundClass) -> list[str]:
    """The keyword rules' words: what people who upload such sounds call them."""
    return [" ".join(words) if isinstance(words, list) else str(words) for words in c.keywords]


def _row(sound_class: SoundClass, kind: str, one: RefinedClass | None) -> dict[str, Any]:
    return {
        "mid": sound_class.mid,
        "name": sound_class.name,
        "kind": kind,
        "answer": one.answer if one else "",
        "events": [_event(e) for e in one.events] if one else [],
    }


def _given(label: ClipLabel, one: RefinedClass | None) -> dict[str, Any]:
    kind = "refused" if label.is_refused else "given"
    answers = {a.value: n for a, n in zip(ANSWERS, label.n_answers, strict=True) if n}
    return _row(label.sound_class, kind, one) | {
        "origin": label.origin,
        "value": label.value,
        "state": label.state,
        "answers": answers,
        "n_untrusted": label.n_untrusted,
    }


def _own(one: RefinedClass) -> dict[str, Any]:
    return _row(one.sound_class, "suggested" if one.is_suggested else "own", one)


def _suggested(nomination: Nomination) -> dict[str, Any]:
    score = nomination.evidence.get("score")
    return _row(nomination.sound_class, "suggested", None) | {
        "score": float(score) if isinstance(score, int | float) else None
    }


def _event(event: SoundEvent) -> dict[str, Any]:
    return {"uuid": str(event.uuid), "onset_s": event.onset_s, "offset_s": event.offset_s}
