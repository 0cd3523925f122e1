"""Why a label changed: the weightiest word in the window, else what it follows from."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.label_states import LabelOrigin, TrainingState
from datasets_app.domain.releases.label_cause import (
    Cause,
    ChangeKind,
    LabelChange,
    change_kind,
    explain_label,
)
from datasets_app.domain.releases.label_evidence import (
    Adjudged,
    AnswerKind,
    GivenAnswer,
    LabelEvidence,
    Window,
    dropped_answers,
    new_answers,
    standing_answers,
)

OLD, NEW = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
BEFORE, DURING, AFTER = (
    datetime(2024, 6, 1, tzinfo=UTC),
    datetime(2025, 6, 1, tzinfo=UTC),
    datetime(2026, 6, 1, tzinfo=UTC),
)
YEAR = Window(OLD, NEW)
RATED, REFINED, PROPAGATED = LabelOrigin.RATED, LabelOrigin.REFINED, LabelOrigin.PROPAGATED
POSITIVE = (TrainingState.POSITIVE, RATED)
NEGATIVE = (TrainingState.NEGATIVE, RATED)
UNDECIDED = (TrainingState.UNDECIDED, RATED)
IMPLIED = (TrainingState.POSITIVE, PROPAGATED)
HEARD = GivenAnswer("PP", DURING)


def explain(change: LabelChange, *answers: GivenAnswer, **known):
    return explain_label(change, LabelEvidence(tuple(answers), **known), YEAR)


def test_a_moment_at_the_old_release_is_before_it_and_one_at_the_new_release_is_in_it():
    assert not YEAR.holds(OLD)
    assert YEAR.holds(OLD + timedelta(microseconds=1))
    assert YEAR.holds(NEW)
    assert not YEAR.holds(NEW + timedelta(microseconds=1))


def test_an_answer_replaced_at_the_moment_of_the_release_stands_no_more():
    replaced = GivenAnswer("NP", BEFORE, until=NEW)
    assert not replaced.stands_at(NEW)
    assert replaced.stands_at(BEFORE)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (LabelChange(POSITIVE, None, is_clip_now=False), Cause.CLIP_LEFT_OUT),
        (
            LabelChange(POSITIVE, None, is_clip_now=False, is_clip_withdrawn=True),
            Cause.CLIP_WITHDRAWN,
        ),
        (LabelChange(None, POSITIVE, is_clip_before=False), Cause.CLIP_ADDED),
        (LabelChange(None, POSITIVE, is_class_before=False), Cause.CLASS_ADDED),
        (LabelChange(POSITIVE, None, is_class_now=False), Cause.CLASS_LEFT_OUT),
        (
            LabelChange(POSITIVE, None, is_class_now=False, merged_into=("/m/dog",)),
            Cause.CLASS_MERGED,
        ),
    ],
)
def test_a_clip_or_a_class_of_one_release_alone_explains_its_labels_whatever_people_said(
    change, cause
):
    found = explain(change, HEARD)
    assert found.cause is cause
    assert found.classes == change.merged_into


def test_the_weightiest_word_in_the_window_is_the_cause():
    change = LabelChange(None, POSITIVE)
    expert = GivenAnswer("PP", DURING, kind=AnswerKind.EXPERT)
    refined = GivenAnswer("PP", DURING, kind=AnswerKind.REFINEMENT)
    word = (Adjudged("PP", DURING),)
    assert explain(change, HEARD).cause is Cause.ANSWERS
    assert explain(change, HEARD, expert).cause is Cause.EXPERT
    assert explain(change, HEARD, expert, refined).cause is Cause.REFINEMENT
    judged = explain(change, HEARD, expert, refined, adjudications=word)
    assert (judged.cause, judged.adjudged) == (Cause.ADJUDICATION, "PP")


def test_answers_to_what_a_model_proposed_since_are_the_flags_doing():
    asked = {"is_from_model": True, "model_score": 0.7}
    found = explain(LabelChange(None, POSITIVE), HEARD, proposed_at=DURING, **asked)
    assert (found.cause, found.model_score) == (Cause.MODEL_FLAG, 0.7)
    before = explain(LabelChange(None, POSITIVE), HEARD, proposed_at=BEFORE, **asked)
    assert before.cause is Cause.ANSWERS


def test_the_last_adjudication_that_holds_is_told_and_one_taken_back_too():
    two = (Adjudged("PP", DURING), Adjudged("NP", DURING + timedelta(days=1)))
    assert explain(LabelChange(UNDECIDED, NEGATIVE), adjudications=two).adjudged == "NP"
    undone = (Adjudged("PP", BEFORE, withdrawn_at=DURING),)
    found = explain(LabelChange(POSITIVE, UNDECIDED), adjudications=undone)
    assert (found.cause, found.adjudged) == (Cause.ADJUDICATION, "")
    passing = (Adjudged("PP", DURING, withdrawn_at=DURING + timedelta(days=1)),)
    assert explain(LabelChange(None, POSITIVE), adjudications=passing).cause is Cause.UNKNOWN


def test_a_changed_answer_is_told_with_what_it_replaced():
    former = GivenAnswer("PP", BEFORE, until=DURING)
    found = explain(LabelChange(POSITIVE, NEGATIVE), former, GivenAnswer("NP", DURING))
    assert (found.given, found.dropped) == (("NP",), ("PP",))


def test_an_answer_taken_back_is_a_cause_by_itself():
    found = explain(LabelChange(POSITIVE, UNDECIDED), GivenAnswer("PP", BEFORE, until=DURING))
    assert (found.cause, found.given, found.dropped) == (Cause.ANSWERS, (), ("PP",))


def test_answers_set_aside_by_failed_verification_are_the_cause_where_nobody_said_more():
    aside = GivenAnswer("PP", BEFORE, is_trusted=False, judged_at=DURING)
    found = explain(LabelChange(POSITIVE, UNDECIDED), aside)
    assert (found.cause, found.set_aside) == (Cause.VERIFICATION, ("PP",))
    judged_before = GivenAnswer("PP", BEFORE, is_trusted=False, judged_at=BEFORE)
    assert explain(LabelChange(POSITIVE, UNDECIDED), judged_before).cause is Cause.UNKNOWN


def test_answers_that_never_counted_explain_nothing():
    untrusted = GivenAnswer("PP", DURING, is_trusted=False)
    assert explain(LabelChange(None, POSITIVE), untrusted).cause is Cause.UNKNOWN


def test_a_propagated_label_names_the_class_that_is_new_below_it():
    change = LabelChange(
        None, IMPLIED, implied_before=("/m/cat",), implied_now=("/m/bark", "/m/cat")
    )
    found = explain(change, HEARD)
    assert (found.cause, found.classes) == (Cause.PROPAGATED, ("/m/bark",))


def test_what_nothing_implies_any_more_names_what_did():
    found = explain(LabelChange(IMPLIED, None, implied_before=("/m/bark",)))
    assert (found.cause, found.classes) == (Cause.NO_LONGER_IMPLIED, ("/m/bark",))


def test_a_refusal_that_now_clashes_with_a_label_below_is_contradicted():
    found = explain(LabelChange(NEGATIVE, UNDECIDED, implied_now=("/m/bark",)))
    assert (found.cause, found.classes) == (Cause.CONTRADICTED, ("/m/bark",))
    back = explain(LabelChange(UNDECIDED, NEGATIVE, implied_before=("/m/bark",)))
    assert (back.cause, back.classes) == (Cause.NO_LONGER_IMPLIED, ("/m/bark",))


def test_without_a_word_a_label_was_decided_anew_or_nobody_knows():
    change = LabelChange(UNDECIDED, POSITIVE)
    assert explain(change, decided_at=DURING).cause is Cause.DECIDED_ANEW
    assert explain(change, decided_at=BEFORE).cause is Cause.UNKNOWN
    assert explain_label(change, None, YEAR).cause is Cause.UNKNOWN


def test_a_label_that_did_not_change_has_no_kind():
    with pytest.raises(RuleError, match="give a label that changed"):
        change_kind(TrainingState.POSITIVE, TrainingState.POSITIVE)
    assert change_kind(TrainingState.UNDECIDED, None) is ChangeKind.OTHER


MOMENTS = st.integers(0, 36).map(lambda n: BEFORE + timedelta(days=30 * n))
ANSWERS = st.builds(
    GivenAnswer,
    st.sampled_from(["PP", "PNP", "NP", "U"]),
    MOMENTS,
    st.none() | MOMENTS,
    st.sampled_from(list(AnswerKind)),
    st.booleans(),
    st.none() | MOMENTS,
)


@given(st.lists(ANSWERS, max_size=6))
def test_what_stands_after_is_what_stood_before_without_the_dropped_and_with_the_new(answers):
    trusted = [answer for answer in answers if answer.is_trusted]
    before = standing_answers(trusted, OLD)
    after = standing_answers(trusted, NEW)
    kept = [a for a in before if a not in dropped_answers(trusted, YEAR)]
    assert sorted(map(repr, after)) == sorted(map(repr, kept + new_answers(trusted, YEAR)))


@given(st.lists(ANSWERS, max_size=6))
def test_what_people_said_outside_the_window_is_no_cause(answers):
    outside = tuple(
        answer
        for answer in answers
        if not any(YEAR.holds(at) for at in (answer.since, answer.until, answer.judged_at))
    )
    found = explain_label(LabelChange(UNDECIDED, POSITIVE), LabelEvidence(outside), YEAR)
    assert found.cause is Cause.UNKNOWN
