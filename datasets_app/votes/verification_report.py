"""How the verification clips of a class do: who met them, and who failed them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from datasets_app.clips.models import Collection
from datasets_app.domain.votes.answers import Answer
from datasets_app.ontology.models import SoundClass
from datasets_app.votes.pages import Page
from datasets_app.votes.verification import GoldAnswer, VerificationAnswer
from datasets_app.votes.verifying import gold_answers

MOST_FAILURES = 500
PRESENT = (Answer.PP.value, Answer.PNP.value)


@dataclass(frozen=True, slots=True)
class Failure:
    """Someone's wrong answer to a verification clip."""

    annotator: str
    answer: str
    at: datetime | None


@dataclass(slots=True)
class GoldRow:
    """A verification clip and how it did; ``failures`` are the latest."""

    gold: GoldAnswer
    failures: list[Failure] = field(default_factory=list)

    @property
    def pass_rate(self) -> float | None:
        """The share of clear answers that were right, None before the first."""
        n_clear = self.gold.n_right + self.gold.n_wrong
        return self.gold.n_right / n_clear if n_clear else None


@dataclass(frozen=True, slots=True)
class PagesSetAside:
    """Pages of a class that were closed, and those whose votes are outside every decision."""

    n_closed: int
    n_failed: int
    n_untrusted: int


def list_gold_answers(*, collection: Collection, sound_class: SoundClass) -> QuerySet[GoldAnswer]:
    """Return the class's verification clips as ``gold_answers``, with ``last_met`` too."""
    rows = gold_answers(collection=collection, sound_class=sound_class)
    return rows.annotate(last_met=Max("meetings__met_at"))


def with_failures(*, golds: Sequence[GoldAnswer]) -> list[GoldRow]:
    """Return these verification clips with who failed them; one query."""
    agree = Q(expected__in=PRESENT, answer__in=PRESENT) | Q(
        expected=Answer.NP.value, answer=Answer.NP.value
    )
    wrong = VerificationAnswer.objects.filter(
        gold__in=[gold.pk for gold in golds], answer__in=(*PRESENT, Answer.NP.value)
    ).exclude(agree)
    rows = {gold.pk: GoldRow(gold) for gold in golds}
    found = wrong.select_related("annotator").order_by("-pk")[:MOST_FAILURES]
    for meeting in found:
        failure = Failure(meeting.annotator.name, meeting.answer, meeting.cast_at)
        rows[meeting.gold_id].failures.append(failure)
    return list(rows.values())


def count_pages_set_aside(*, collection: Collection, sound_class: SoundClass) -> PagesSetAside:
    """Count the class's pages whose votes do not count, and why; one query."""
    pages = Page.objects.filter(collection=collection, sound_class=sound_class)
    counts = pages.aggregate(
        n_closed=Count("pk", filter=Q(closed_at__isnull=False)),
        n_failed=Count("pk", filter=Q(has_failed=True)),
        n_untrusted=Count("pk", filter=Q(has_failed=False, is_trusted=False)),
    )
    return PagesSetAside(**counts)
