"""What an adjudicator is shown of a conflict."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from datasets_app.clips.models import Collection
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.refinement.models import RefinementPass
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One person's answer to a nomination; none for who refined the clip and left the class out."""

    who: str
    answer: str
    task: str
    is_expert: bool
    is_trusted: bool
    comment: str
    heard_fraction: float | None
    at: datetime
    was: tuple[str, ...]


def list_given_answers(*, nomination: Nomination) -> list[GivenAnswer]:
    """Return every answer to a nomination, experts' first, then in the order given; three queries.

    ``was`` are answers that the person replaced, oldest first.
    """
    votes = list(
        Vote.objects.filter(nomination=nomination)
        .select_related("annotator")
        .prefetch_related("revisions")
    )
    voted = {vote.annotator_id for vote in votes}
    silent = RefinementPass.objects.filter(clip=nomination.clip_id, finished_at__isnull=False)
    silent = silent.exclude(annotator__in=voted).select_related("annotator")
    found = [_from_vote(vote) for vote in votes] + [_from_pass(one) for one in silent]
    return sorted(found, key=lambda a: (not a.is_expert, not a.is_trusted, a.at))


def frequent_reasons(*, collection: Collection, most: int = 6) -> list[str]:
    """Return the reasons given most often in a collection, most frequent first."""
    rows = Adjudication.objects.filter(nomination__clip__collection=collection, withdrawn_at=None)
    counted = rows.order_by().values("reason").annotate(n=Count("pk"))
    return [row["reason"] for row in counted.order_by("-n", "reason")[:most]]


def last_adjudication_of(*, annotator: Annotator, collection: Collection) -> Adjudication | None:
    """Return a person's last decision in a collection that stands, to be taken back."""
    return (
        Adjudication.objects.filter(
            annotator=annotator, nomination__clip__collection=collection, withdrawn_at=None
        )
        .select_related("nomination__sound_class")
        .order_by("-decided_at", "-pk")
        .first()
    )


def list_adjudications(*, nominations: Iterable[int]) -> dict[int, list[Adjudication]]:
    """Return every decision, withdrawn ones included, by nomination id, oldest first."""
    rows = Adjudication.objects.filter(nomination__in=list(nominations))
    found: dict[int, list[Adjudication]] = {}
    for row in rows.select_related("annotator").order_by("decided_at", "pk"):
        found.setdefault(row.nomination_id, []).append(row)
    return found


def _from_vote(vote: Vote) -> GivenAnswer:
    return GivenAnswer(
        who=vote.annotator.name,
        answer=vote.answer,
        task=vote.task,
        is_expert=vote.is_expert,
        is_trusted=vote.is_trusted,
        comment=getattr(vote, "comment", "") or "",
        heard_fraction=vote.heard_fraction,
        at=vote.cast_at,
        was=tuple(r.answer for r in sorted(vote.revisions.all(), key=lambda r: r.pk)),
    )


def _from_pass(one: RefinementPass) -> GivenAnswer:
    return GivenAnswer(
        who=one.annotator.name,
        answer="",
        task=Vote.Task.REFINEMENT,
        is_expert=True,
        is_trusted=True,
        comment="",
        heard_fraction=None,
        at=one.finished_at,
        was=(),
    )
