"""Two experts' passes of one clip: where they agree, where they differ, what they come to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.refinement import (
    PRESENT,
    REFINED_ANSWERS,
    answers_to_cast,
    check_every_label_is_judged,
    clip_doubt,
    merge_passes,
    sound_event,
)
from datasets_app.domain.votes.answers import Answer

PP, PNP, NP = Answer.PP, Answer.PNP, Answer.NP
ABOVE = {"bark": {"dog", "animal"}, "dog": {"animal"}}
passes = st.dictionaries(
    st.sampled_from(["bark", "dog", "animal", "rain"]), st.sampled_from(REFINED_ANSWERS)
)


class TestTwoPasses:
    @pytest.mark.parametrize(
        ("ana", "bea", "found"),
        [
            (PP, PP, PP),
            (PNP, PNP, PNP),
            (NP, NP, NP),
            (NP, None, NP),
            (PP, PNP, None),
            (PP, NP, None),
            (PP, None, None),
            (None, PNP, None),
        ],
    )
    def test_agree_or_differ_on_a_class(self, ana, bea, found):
        said = [{"rain": answer} if answer else {} for answer in (ana, bea)]
        assert merge_passes(said, {}) == {"rain": found}

    def test_differ_on_the_specific_class_but_not_on_what_it_implies(self):
        assert merge_passes([{"bark": PP}, {"dog": PP}], ABOVE) == {"bark": None, "dog": PP}

    def test_a_class_that_is_implied_by_one_and_rejected_by_the_other_is_a_difference(self):
        assert merge_passes([{"bark": PP}, {"dog": NP, "bark": PP}], ABOVE)["dog"] is None

    def test_what_a_person_says_of_a_class_counts_for_more_than_what_they_imply(self):
        assert merge_passes([{"bark": PP, "dog": NP}, {"dog": NP}], ABOVE)["dog"] is NP

    def test_an_unsure_label_is_refused(self):
        with pytest.raises(RuleError, match="A pass says U; a refined label is PP, PNP or NP"):
            merge_passes([{"rain": Answer.U}], {})

    @given(st.lists(passes, min_size=1, max_size=4), st.randoms())
    def test_whose_pass_comes_first_makes_no_difference(self, said, chance):
        shuffled = list(said)
        chance.shuffle(shuffled)
        assert merge_passes(shuffled, ABOVE) == merge_passes(said, ABOVE)

    @given(passes)
    def test_who_agrees_with_themselves_never_differs(self, one):
        assert merge_passes([one, one], ABOVE) == merge_passes([one], ABOVE) == one

    @given(passes, passes)
    def test_an_agreed_answer_was_given_by_someone_and_denied_by_nobody(self, ana, bea):
        for name, answer in merge_passes([ana, bea], ABOVE).items():
            said = [one[name] for one in (ana, bea) if name in one]
            if answer is not None:
                assert answer in said
                assert {a in PRESENT for a in said} == {answer in PRESENT}

    @given(passes, passes, passes)
    def test_a_third_pass_never_settles_a_difference(self, ana, bea, cleo):
        two, three = merge_passes([ana, bea], ABOVE), merge_passes([ana, bea, cleo], ABOVE)
        assert all(three[name] is None for name, answer in two.items() if answer is None)


class TestTheVotesOfAPass:
    def test_are_what_it_names(self):
        assert answers_to_cast({"dog": PP, "rain": NP}, set()) == {"dog": PP, "rain": NP}

    def test_say_not_there_of_what_was_taken_back_after_it_had_counted(self):
        assert answers_to_cast({"dog": None, "rain": None}, {"rain"}) == {"rain": NP}

    @given(passes, st.sets(st.sampled_from(["bark", "dog"])))
    def test_never_change_what_is_still_said(self, said, before):
        assert answers_to_cast(said, before) == said


class TestAMark:
    def test_may_reach_from_the_start_to_the_end(self):
        assert sound_event(0, 2, 2.0) == (0, 2.0)

    def test_that_ends_where_a_player_rounds_to_ends_with_the_clip(self):
        assert sound_event(1.0, 2.049, 2.0) == (1.0, 2.0)

    @pytest.mark.parametrize(
        ("onset", "offset"),
        [(-0.1, 1), (1, 1), (1, 1.009), (1.5, 1.2), (1, 2.06), (0, float("nan")),
         (float("nan"), 1), (0, float("inf")), (float("-inf"), 1), (2.0, 2.04)],
    )  # fmt: skip
    def test_outside_the_clip_or_of_no_length_is_refused(self, onset, offset):
        with pytest.raises(RuleError, match=r"give one within the clip's 0 to 2\.00 s"):
            sound_event(onset, offset, 2.0)

    def test_of_the_shortest_length_is_taken(self):
        assert sound_event(1.0, 1.01, 2.0) == (1.0, 1.01)

    @given(st.floats(0, 10), st.floats(0, 10))
    def test_stays_within_the_clip_whatever_is_sent(self, onset, offset):
        try:
            start, end = sound_event(onset, offset, 10.0)
        except RuleError:
            return
        assert 0 <= start < end <= 10.0


def test_a_pass_cannot_end_while_labels_are_open():
    check_every_label_is_judged([])
    with pytest.raises(RuleError, match="One label is still open: Rain"):
        check_every_label_is_judged(["Rain"])


def test_a_clip_has_as_much_doubt_as_it_has_open_questions():
    doubt = clip_doubt([0, 1, 0, 0], [0, 0, 2, 0], [0.0, 0.0, 0.0, 0.5])
    assert doubt.tolist() == [0.0, 1.0, 2.0, 1.0]
    assert clip_doubt([], [], []).shape == (0,)


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0, 25))
def test_a_further_conflict_never_lowers_the_doubt(conflicts, open_, uncertainty):
    less = clip_doubt(conflicts, open_, uncertainty)
    assert np.all(clip_doubt(conflicts + 1, open_, uncertainty) > less)
