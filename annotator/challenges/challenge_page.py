"""Everything the pages of a challenge show, for whoever looks now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import Http404

from annotator.challenges.score_axis import Tick, Whisker, axis_of
from annotator.explore.access import get_collection
from datasets_app.challenges.eval_truth import expected_of
from datasets_app.challenges.models import Challenge, Participation
from datasets_app.challenges.opening import is_challenge_open
from datasets_app.challenges.package_texts import example_lines
from datasets_app.challenges.selectors import (
    Standing,
    clip_counts,
    disqualified_teams,
    final_board,
    final_scores,
    own_submissions,
    participation_of,
    public_board,
)
from datasets_app.challenges.submitting import left_today
from datasets_app.people.models import User

PER_PAGE = 50
EXAMPLE_LINES, EXAMPLE_LETTERS = 3, 64


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A team on the leaderboard, with its place on the axis."""

    standing: Standing
    whisker: Whisker
    is_mine: bool


@dataclass(frozen=True, slots=True)
class ChallengePage:
    """The page of one challenge."""

    challenge: Challenge
    is_open: bool
    n_clips: int
    public_percent: int
    n_classes: int
    mine: Participation | None
    n_left: int
    rows: list[BoardRow]
    ticks: list[Tick]
    pages: Page
    disqualified: list[Participation]
    example: list[str]


@dataclass(frozen=True, slots=True)
class OwnSubmission:
    """One's own submission; ``private`` is None while the challenge is open."""

    row: dict[str, Any]
    whisker: Whisker
    private: tuple[float, float, float] | None


def get_challenge(name: str, uuid: UUID, user: User) -> Challenge:
    """Return a challenge of a collection that ``user`` may see.

    Raises
    ------
    Http404
        There is none for them.
    """
    collection = get_collection(name, user)
    challenges = Challenge.objects.select_related("release__collection")
    found = challenges.filter(uuid=uuid, release__collection=collection).first()
    if found is None:
        raise Http404
    return found


def challenge_page(
    challenge: Challenge, user: User, *, number: str | None, now: datetime
) -> ChallengePage:
    """Return the page: nine queries, whatever the number of teams and clips."""
    is_open = is_challenge_open(challenge, now=now)
    board = public_board(challenge) if is_open else final_board(challenge, now=now)
    pages = Paginator(board, PER_PAGE).get_page(number)
    mine = participation_of(challenge, user)
    standings = [Standing(**row) for row in pages.object_list]
    axis = axis_of([(s.low, s.high) for s in standings])
    counts = clip_counts(challenge)
    return ChallengePage(
        challenge=challenge,
        is_open=is_open,
        n_clips=counts["n"],
        public_percent=round(100 * challenge.public_share),
        n_classes=len(challenge.classes),
        mine=mine,
        n_left=left_today(mine, challenge, now),
        rows=[
            BoardRow(
                s, axis.whisker(s.low, s.score, s.high), mine is not None and s.uuid == mine.uuid
            )
            for s in standings
        ],
        ticks=axis.ticks(),
        pages=pages,
        disqualified=list(disqualified_teams(challenge)[:PER_PAGE]),
        example=example_of(challenge),
    )


def example_of(challenge: Challenge) -> list[str]:
    """Return the beginnings of the first lines of a submission."""
    lines = example_lines(expected_of(challenge))
    shown = [line.rstrip("\n") for line, _ in zip(lines, range(EXAMPLE_LINES), strict=False)]
    return [
        line if len(line) <= EXAMPLE_LETTERS else f"{line[:EXAMPLE_LETTERS]}…" for line in shown
    ]


def own_page(
    challenge: Challenge, mine: Participation, *, number: str | None, now: datetime
) -> tuple[list[OwnSubmission], list[Tick], Page]:
    """Return a page of one's own submissions on their axis."""
    pages = Paginator(own_submissions(mine), PER_PAGE).get_page(number)
    rows: Sequence[dict[str, Any]] = list(pages.object_list)
    private: dict[UUID, tuple[float, float, float]] = {}
    if not is_challenge_open(challenge, now=now):
        private = final_scores(challenge, [row["uuid"] for row in rows], now=now)
    axis = axis_of([(row["public_low"], row["public_high"]) for row in rows])
    own = [
        OwnSubmission(
            row,
            axis.whisker(row["public_low"], row["public_score"], row["public_high"]),
            private.get(row["uuid"]),
        )
        for row in rows
    ]
    return own, axis.ticks(), pages
