"""Who may send predictions when, what they are worth, and which of them count."""

import gzip
import io
from datetime import UTC, datetime, timedelta

import pytest

from datasets_app.audit.models import AuditEvent
from datasets_app.challenges.judging import disqualify_team, readmit_team
from datasets_app.challenges.kept_files import challenge_folder, submission_file
from datasets_app.challenges.models import Metric, Participation, Submission
from datasets_app.challenges.opening import ChallengeRefused, end_challenge, open_challenge
from datasets_app.challenges.selectors import own_submissions
from datasets_app.challenges.submitting import (
    SubmissionRefused,
    choose_submissions,
    submit_predictions,
)
from datasets_app.domain.challenges.format_problems import SubmissionMalformed
from datasets_app.domain.errors import RuleError
from tests.datasets_app.challenges.conftest import CLOSES, OPENED
from tests.datasets_app.challenges.eval_release import predictions

MIDNIGHT = timedelta(hours=12)


def test_perfect_predictions_are_worth_one_on_both_sides(submit):
    sent = submit()
    assert (sent.public_score, sent.private_score) == (1.0, 1.0)
    assert sent.public == sent.private == dict.fromkeys(Metric.values, 1.0)
    assert (sent.public_low, sent.public_high) == (1.0, 1.0)


def test_the_file_is_kept_as_it_came_and_the_event_says_no_score(submit, challenge):
    csv = predictions(challenge, right=0.5)
    sent = submit(csv=csv)
    assert gzip.decompress(submission_file(sent).read_bytes()) == csv
    assert sent.n_bytes == len(csv)
    event = AuditEvent.objects.get(verb="submit_predictions")
    assert event.after == {"team": "Team ana", "number": 1, "sha256": sent.sha256}


def test_a_malformed_file_leaves_nothing_behind_and_costs_nothing(submit, challenge):
    for _ in range(3):
        with pytest.raises(SubmissionMalformed):
            submit(csv=b"fname\n")
    assert not Participation.objects.exists()
    assert list((challenge_folder(challenge) / "submissions").iterdir()) == []
    submit()


def test_the_limit_is_of_a_utc_day_and_of_each_team(submit):
    submit()
    submit(days=0.499)
    with pytest.raises(SubmissionRefused, match=r"its 2 .*2030-01-02 00:00 UTC"):
        submit(days=0.4999)
    submit("bo", days=0.4999)
    submit(days=0.5)  # midnight
    submit(days=1.4999)
    with pytest.raises(SubmissionRefused):
        submit(days=1.4999)


def test_the_deadline_is_exclusive(submit, challenge):
    submit(days=9.9999999)
    with pytest.raises(SubmissionRefused, match="until 2030-01-11 12:00 UTC"):
        submit(days=10)


def test_nothing_is_taken_before_the_opening(submit):
    with pytest.raises(SubmissionRefused):
        submit(days=-0.001)


def test_nothing_is_taken_after_an_early_end(submit, challenge):
    end_challenge(challenge=challenge, now=OPENED + timedelta(days=1))
    with pytest.raises(SubmissionRefused, match="2030-01-02 12:00"):
        submit(days=1)
    with pytest.raises(ChallengeRefused, match="has ended"):
        end_challenge(challenge=challenge, now=OPENED + timedelta(days=2))


def test_a_member_of_no_private_collection_may_not_enter_it(submit, challenge):
    collection = challenge.release.collection
    collection.is_private = True
    collection.save()
    with pytest.raises(SubmissionRefused, match="those who may see its collection"):
        submit()


def test_an_end_while_a_file_is_scored_comes_first(submit, challenge, monkeypatch):
    from datasets_app.challenges import submitting

    def score_and_end(*args):
        end_challenge(challenge=challenge, now=OPENED)
        return worth(*args)

    worth = submitting._worth
    monkeypatch.setattr(submitting, "_worth", score_and_end)
    with pytest.raises(SubmissionRefused, match="has ended"):
        submit()
    assert not Submission.objects.exists()


def test_a_team_keeps_its_name_or_takes_another_but_nobody_elses(submit):
    submit(team="The Barkers")
    submit("bo", team="Bells")
    with pytest.raises(SubmissionRefused, match="Another team"):
        submit("bo", team="the  ＢARKERS")
    submit(team="", days=1)
    assert Participation.objects.get(user__username="ana").team == "The Barkers"
    submit(team="Barkers & Co", days=1)
    assert Participation.objects.get(user__username="ana").team == "Barkers & Co"
    with pytest.raises(RuleError, match="1 to 60"):
        submit("cy", team=" ")


def test_the_two_best_in_public_count_until_others_are_chosen(submit, challenge):
    sent = [submit(right=right, days=day) for day, right in enumerate((0.0, 1.0, 0.4, 0.0))]
    mine = Participation.objects.get()
    by_score = sorted(sent, key=lambda one: (-one.public_score, one.number))
    assert counting(mine) == {one.number for one in by_score[:2]}
    assert mine.best == by_score[0]
    choose_submissions(participation=mine, chosen=[sent[0].uuid, sent[3].uuid], now=OPENED)
    assert counting(mine) == {1, 4}
    mine.refresh_from_db()
    assert mine.best == by_score[0]
    assert mine.final in (sent[0], sent[3])
    choose_submissions(participation=mine, chosen=[sent[0].uuid], now=OPENED)
    assert counting(mine) == {1}
    choose_submissions(participation=mine, chosen=[], now=OPENED)
    assert counting(mine) == {one.number for one in by_score[:2]}
    chosen = AuditEvent.objects.filter(verb="choose_submissions").order_by("pk").first()
    assert chosen.after == {"chosen": [1, 4]}


def counting(mine: Participation) -> set[int]:
    return set(mine.submissions.filter(counts=True).values_list("number", flat=True))


def test_a_choice_is_of_two_at_most_ones_own_and_before_the_end(submit):
    sent = [submit(days=day).uuid for day in range(3)]
    other = submit("bo").uuid
    mine = Participation.objects.get(user__username="ana")
    for chosen, why in ((sent, "two at most"), ([other], "not your team's")):
        with pytest.raises(SubmissionRefused, match=why):
            choose_submissions(participation=mine, chosen=chosen, now=OPENED)
    with pytest.raises(SubmissionRefused, match="has ended"):
        choose_submissions(participation=mine, chosen=sent[:1], now=CLOSES)
    assert not mine.submissions.filter(is_chosen=True).exists()


def test_who_is_disqualified_sends_nothing_until_readmitted(submit, person):
    submit()
    mine = Participation.objects.get()
    with pytest.raises(ChallengeRefused, match="Give a reason"):
        disqualify_team(participation=mine, reason=" ", actor=person("cy"))
    disqualify_team(participation=mine, reason="Labels by hand.", actor=person("cy"))
    event = AuditEvent.objects.get(verb="disqualify_team")
    assert event.after == {"team": "Team ana", "reason": "Labels by hand."}
    assert event.actor == person("cy")
    with pytest.raises(ChallengeRefused, match="already"):
        disqualify_team(participation=mine, reason="Again.", actor=person("cy"))
    with pytest.raises(SubmissionRefused, match=r"disqualified: Labels by hand\."):
        submit()
    readmit_team(participation=mine, actor=person("cy"))
    submit()
    with pytest.raises(ChallengeRefused, match="not disqualified"):
        readmit_team(participation=mine, actor=person("cy"))


def test_labels_by_name_are_scored_by_map_at_3_alone(release, person):
    challenge = open_challenge(
        release=release, title="Three", closes_at=CLOSES, metric=Metric.MAP_AT_3, now=OPENED
    )
    lines = ["fname,label"]
    for name, (positive,) in challenge.clips.values_list("name", "positive"):
        wrong = challenge.classes[positive - 1][1]
        lines.append(f"{name},{wrong} {challenge.classes[positive][1]}")
    sent = submit_predictions(
        challenge=challenge,
        user=person("ana"),
        handle=io.BytesIO("\n".join(lines).encode()),
        team="A",
        now=OPENED,
    )
    assert (sent.public_score, sent.private_score) == (0.5, 0.5)
    assert sent.public == {**dict.fromkeys(Metric.values), "map_at_3": 0.5}


def test_what_a_team_sees_of_its_own_has_nothing_private(submit):
    submit(right=0.3)
    (row,) = own_submissions(Participation.objects.get())
    assert not [key for key in row if "private" in key or "final" in key]


def test_a_note_is_one_line_of_200_letters(submit):
    assert submit(note=" a \n b ").note == "a b"
    assert len(submit(note="x" * 200).note) == 200
    with pytest.raises(SubmissionRefused, match="200 characters"):
        submit(note="x" * 201, days=1)


def test_days_are_counted_by_when_a_file_arrived(submit):
    late = datetime(2030, 1, 1, 23, 59, 59, tzinfo=UTC)
    assert submit(days=(late - OPENED) / timedelta(days=1)).submitted_at == late
