"""How much and how fast people answer.

Answers to verification clips count like all others: a number that left them out would tell how many
there were.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Count, Max
from django.db.models.functions import TruncDate

from datasets_app.clips.models import Collection
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote
from datasets_app.votes.verification import VerificationAnswer

OWN_LOOKED_AT = 100
LATEST_LOOKED_AT = 5_000
"""So many of the latest answers of the whole site tell a collection's pace."""


def own_seconds(*, annotator: Annotator) -> list[float]:
    """Return the seconds that someone's latest answers took."""
    votes = Vote.objects.filter(annotator=annotator, seconds_taken__isnull=False)
    return list(votes.order_by("-cast_at").values_list("seconds_taken", flat=True)[:OWN_LOOKED_AT])


def recent_seconds(*, collections: Iterable[Collection]) -> dict[int, list[float]]:
    """Return the seconds that the latest answers in each collection took, by collection id.

    Two queries; cost O(``LATEST_LOOKED_AT``), whatever the number of answers.
    """
    found: dict[int, list[float]] = {collection.pk: [] for collection in collections}
    newest = Vote.objects.aggregate(newest=Max("pk"))["newest"] or 0
    votes = Vote.objects.filter(
        pk__gt=newest - LATEST_LOOKED_AT,
        seconds_taken__isnull=False,
        nomination__collection__in=found,
    )
    for pk, seconds in votes.values_list("nomination__collection_id", "seconds_taken"):
        found[pk].append(seconds)
    return found


def count_answers(*, annotator: Annotator) -> int:
    """Return how many answers someone has given that stand."""
    verified = VerificationAnswer.objects.filter(annotator=annotator).exclude(answer="")
    return Vote.objects.filter(annotator=annotator).count() + verified.count()


def answers_by_day(*, annotator: Annotator, since: datetime) -> dict[date, int]:
    """Return how many answers someone gave on each day since ``since``; days without are absent."""
    found: Counter[date] = Counter()
    for model in (Vote, VerificationAnswer):
        rows = model.objects.filter(annotator=annotator, cast_at__gte=since)
        by_day = rows.annotate(day=TruncDate("cast_at")).order_by().values("day")
        found.update(dict(by_day.annotate(n=Count("pk")).values_list("day", "n")))
    return dict(found)
