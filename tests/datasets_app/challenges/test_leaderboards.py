"""Ranks, ties and what comes to light when."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets_app.challenges.judging import disqualify_team
from datasets_app.challenges.models import Participation, Submission
from datasets_app.challenges.opening import end_challenge
from datasets_app.challenges.selectors import (
    NotOver,
    Standing,
    challenges_of,
    clip_counts,
    disqualified_teams,
    final_board,
    final_scores,
    public_board,
)
from tests.datasets_app.challenges.conftest import CLOSES, OPENED


def give(name: str, public: float, private: float) -> None:
    """Set a team's scores, so that ranks can be told by heart."""
    scores = {"public_score": public, "private_score": private}
    Submission.objects.filter(participation__user__username=name).update(**scores)


@pytest.fixture
def four_teams(submit) -> None:
    """Public: ana and bo share rank 1, cy 3, di 4. Private: di 1, then bo and cy, then ana."""
    for name, public, private in (
        ("ana", 0.9, 0.1),
        ("bo", 0.9, 0.5),
        ("cy", 0.5, 0.5),
        ("di", 0.2, 0.8),
    ):
        submit(name)
        give(name, public, private)


def test_equal_scores_share_a_rank_and_the_next_is_skipped(challenge, four_teams):
    board = [(row["rank"], row["team"]) for row in public_board(challenge)]
    assert board == [(1, "Team ana"), (1, "Team bo"), (3, "Team cy"), (4, "Team di")]


def test_the_final_board_ranks_by_private_scores_and_tells_who_climbed(challenge, four_teams):
    board = [Standing(**row) for row in final_board(challenge, now=CLOSES)]
    assert [(row.rank, row.team, row.climbed) for row in board] == [
        (1, "Team di", 3),
        (2, "Team bo", -1),
        (2, "Team cy", 1),
        (4, "Team ana", -3),
    ]
    assert [row.public_score for row in board] == [0.2, 0.9, 0.5, 0.9]


def test_private_scores_are_refused_to_everybody_until_the_last_moment(challenge, four_teams):
    before = CLOSES - timedelta(microseconds=1)
    sent = Submission.objects.first()
    with pytest.raises(NotOver):
        final_board(challenge, now=before)
    with pytest.raises(NotOver):
        final_scores(challenge, [sent.uuid], now=before)
    assert final_scores(challenge, [sent.uuid], now=CLOSES)[sent.uuid][0] == 0.1


def test_an_early_end_brings_them_out(challenge, four_teams):
    end_challenge(challenge=challenge, now=OPENED)
    challenge.refresh_from_db()
    assert len(final_board(challenge, now=OPENED)) == 4


def test_the_public_board_holds_nothing_private(challenge, four_teams):
    (row, *_) = public_board(challenge)
    assert row.keys() == {"uuid", "rank", "team", "n_submissions", "score", "low", "high", "at"}
    assert "private" not in str(public_board(challenge).query)


def test_the_disqualified_do_not_rank_and_others_move_up(challenge, four_teams):
    ana = Participation.objects.get(team="Team ana")
    disqualify_team(participation=ana, reason="Labels by hand.", actor=None)
    assert [row["rank"] for row in public_board(challenge)] == [1, 2, 3]
    assert [row["rank"] for row in final_board(challenge, now=CLOSES)] == [1, 2, 2]
    assert [team.team for team in disqualified_teams(challenge)] == ["Team ana"]


def test_boards_cost_one_query_each_whatever_the_teams(challenge, four_teams):
    collection = challenge.release.collection
    with CaptureQueriesContext(connection) as queries:
        list(public_board(challenge))
        list(final_board(challenge, now=CLOSES))
        list(challenges_of(collection))
    assert len(queries) == 3


def test_clips_are_counted_by_side_only_in_sum(challenge):
    counts = clip_counts(challenge)
    assert counts["n"] == 12
    assert 0 < counts["n_public"] < 12
