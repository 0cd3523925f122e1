"""Challenges and their leaderboards, as far as they may be seen.

Private scores leave this module in one way only: ``final_board`` and ``final_scores``, which refuse
while a challenge is open, whoever asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Rank

from datasets_app.challenges.models import Challenge, Participation, Submission
from datasets_app.challenges.opening import is_challenge_open
from datasets_app.clips.models import Collection

PUBLIC_FIELDS = (
    "uuid",
    "number",
    "submitted_at",
    "note",
    "sha256",
    "n_bytes",
    "public_score",
    "public_low",
    "public_high",
    "public",
    "is_chosen",
    "counts",
)


class NotOver(ValueError):
    """Private scores were asked for while the challenge is open."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A team's place. ``public_rank`` and ``climbed`` are there once the challenge has ended."""

    uuid: UUID
    rank: int
    team: str
    score: float
    low: float
    high: float
    n_submissions: int
    at: datetime
    public_rank: int | None = None
    public_score: float | None = None

    @property
    def climbed(self) -> int | None:
        """Places gained (lost: negative) between the public board and the final one."""
        return None if self.public_rank is None else self.public_rank - self.rank

    @property
    def lost(self) -> int:
        """Places lost, for a page that draws an arrow instead of a sign."""
        return max(-(self.climbed or 0), 0)


def challenges_of(collection: Collection) -> QuerySet[Challenge]:
    """Return a collection's challenges, the newest first, each with ``n_teams``."""
    return (
        Challenge.objects.filter(release__collection=collection)
        .select_related("release")
        .annotate(n_teams=Count("participations"))
        .order_by("-opened_at", "-pk")
    )


def clip_counts(challenge: Challenge) -> Mapping[str, int]:
    """Return how many eval clips there are, in public and in all."""
    return challenge.clips.aggregate(n=Count("pk"), n_public=Count("pk", Q(is_public=True)))


def participation_of(challenge: Challenge, user: Any) -> Participation | None:
    """Return someone's part in a challenge, None without any submission."""
    return Participation.objects.filter(challenge=challenge, user=user).first()


def own_submissions(participation: Participation) -> QuerySet[Submission, dict[str, Any]]:
    """Return a team's submissions, the newest first, without anything private."""
    return participation.submissions.order_by("-number").values(*PUBLIC_FIELDS)


def final_scores(
    challenge: Challenge, submissions: Sequence[UUID], *, now: datetime
) -> dict[UUID, tuple[float, float, float]]:
    """Return private score and interval by submission.

    Raises
    ------
    NotOver
        The challenge is open.
    """
    _check_is_over(challenge, now)
    columns = ("uuid", "private_score", "private_low", "private_high")
    rows = Submission.objects.filter(participation__challenge=challenge, uuid__in=submissions)
    return {uuid: (score, low, high) for uuid, score, low, high in rows.values_list(*columns)}


def public_board(challenge: Challenge) -> QuerySet[Participation, dict[str, Any]]:
    """Return the ranked teams by their best public score; equal scores share a rank."""
    return (
        _ranked(challenge)
        .filter(best__isnull=False)
        .annotate(rank=Window(Rank(), order_by=F("best__public_score").desc()))
        .order_by("rank", "best__submitted_at", "pk")
        .values(
            "uuid",
            "rank",
            "team",
            "n_submissions",
            score=F("best__public_score"),
            low=F("best__public_low"),
            high=F("best__public_high"),
            at=F("best__submitted_at"),
        )
    )


def final_board(challenge: Challenge, *, now: datetime) -> QuerySet[Participation, dict[str, Any]]:
    """Return the ranked teams by the private score of the better of what they chose.

    Raises
    ------
    NotOver
        The challenge is open.
    """
    _check_is_over(challenge, now)
    return (
        _ranked(challenge)
        .filter(final__isnull=False)
        .annotate(
            rank=Window(Rank(), order_by=F("final__private_score").desc()),
            public_rank=Window(Rank(), order_by=F("best__public_score").desc()),
        )
        .order_by("rank", "final__submitted_at", "pk")
        .values(
            "uuid",
            "rank",
            "team",
            "n_submissions",
            "public_rank",
            score=F("final__private_score"),
            low=F("final__private_low"),
            high=F("final__private_high"),
            at=F("final__submitted_at"),
            public_score=F("best__public_score"),
        )
    )


def disqualified_teams(challenge: Challenge) -> QuerySet[Participation]:
    """Return the teams that are out of the ranking."""
    return challenge.participations.filter(disqualified_at__isnull=False).order_by("team")


def _ranked(challenge: Challenge) -> QuerySet[Participation]:
    ranked = challenge.participations.filter(disqualified_at__isnull=True)
    latest = Submission.objects.filter(participation=OuterRef("pk")).order_by("-number")
    return ranked.annotate(n_submissions=Subquery(latest.values("number")[:1]))


def _check_is_over(challenge: Challenge, now: datetime) -> None:
    if is_challenge_open(challenge, now=now):
        raise NotOver("Private scores are shown when the challenge has ended.")
