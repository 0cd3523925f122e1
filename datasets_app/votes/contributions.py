"""What one person gave: how much, when, and of which classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Min
from django.db.models.functions import TruncDate
from django.utils import timezone

from datasets_app.domain.spreadsheet_cell import spreadsheet_cell
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote

DAYS_SHOWN = 84
CLASSES_SHOWN = 12
EXPORT_COLUMNS = ("collection", "clip", "class", "mid", "answer", "task", "comment", "cast_at")


@dataclass(frozen=True, slots=True)
class Contributions:
    """One person's answers: totals, the last twelve weeks by day, and their commonest classes.

    ``by_class`` are (collection, class name, number of answers), most first.
    """

    n_votes: int
    n_classes: int
    first_day: date | None
    by_day: list[tuple[date, int]]
    by_class: list[tuple[str, str, int]]

    @property
    def most_in_a_day(self) -> int:
        """The height of the tallest bar, at least 1."""
        return max([n for _, n in self.by_day] + [1])


def contributions_of(annotator: Annotator) -> Contributions:
    """Return what a person gave: three queries over the index of their votes."""
    votes = Vote.objects.filter(annotator=annotator)
    totals = votes.aggregate(
        n=Count("pk"), n_classes=Count("nomination__sound_class", distinct=True), day=Min("cast_at")
    )
    today = timezone.localdate()
    start = today - timedelta(days=DAYS_SHOWN - 1)
    counted = dict(
        votes.filter(cast_at__date__gte=start)
        .annotate(day=TruncDate("cast_at"))
        .values_list("day")
        .annotate(n=Count("pk"))
    )
    days = [start + timedelta(days=i) for i in range(DAYS_SHOWN)]
    by_class = (
        votes.values_list("nomination__clip__collection__name", "nomination__sound_class__name")
        .annotate(n=Count("pk"))
        .order_by("-n", "nomination__sound_class__name")[:CLASSES_SHOWN]
    )
    return Contributions(
        n_votes=totals["n"],
        n_classes=totals["n_classes"],
        first_day=timezone.localdate(totals["day"]) if totals["day"] else None,
        by_day=[(day, counted.get(day, 0)) for day in days],
        by_class=list(by_class),
    )


def exported_votes(annotator: Annotator) -> Iterator[tuple[str, ...]]:
    """Yield a person's answers as rows of ``EXPORT_COLUMNS``, oldest first, without holding them.

    Texts are made safe for spreadsheets.
    """
    rows = (
        Vote.objects.filter(annotator=annotator)
        .order_by("cast_at", "pk")
        .values_list(
            "nomination__clip__collection__name",
            "nomination__clip__external_id",
            "nomination__sound_class__name",
            "nomination__sound_class__mid",
            "answer",
            "task",
            "comment",
            "cast_at",
        )
    )
    for *texts, cast_at in rows.iterator(chunk_size=2000):
        yield (*map(spreadsheet_cell, texts), cast_at.isoformat())
