"""``take_answer``, ``withdraw_answer`` and ``comment_answer``: once each, undone, never lost."""

import uuid

import pytest

from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.answering import (
    AnsweredElsewhere,
    NotOpen,
    NotThere,
    comment_answer,
    take_answer,
    withdraw_answer,
)
from datasets_app.labels.models import Label
from datasets_app.labels.pages import open_page
from datasets_app.nominations.clip_states import restore_clip, withdraw_clip
from datasets_app.nominations.models import Nomination
from datasets_app.votes.models import Vote, VoteRevision
from datasets_app.votes.services import GivenVote

pytestmark = pytest.mark.django_db


@pytest.fixture
def nomination(make_clip, make_nomination) -> Nomination:
    return make_nomination(make_clip("1"), "/m/rain")


@pytest.fixture
def give(collection, nomination, make_annotator):
    def take(name: str, said: str, key: uuid.UUID | None = None, **more) -> str:
        seen = more.pop("seen_answer", None)
        given = GivenVote(answer=Answer(said), idempotency_key=key or uuid.uuid4(), **more)
        return take_answer(
            collection=collection,
            annotator=make_annotator(name),
            nomination=nomination.uuid,
            given=given,
            seen_answer=seen,
        )

    return take


@pytest.fixture
def undo(collection, nomination, make_annotator):
    def withdraw(name: str, key: uuid.UUID | None = None, **more) -> str:
        return withdraw_answer(
            collection=collection,
            annotator=make_annotator(name),
            nomination=nomination.uuid,
            idempotency_key=key or uuid.uuid4(),
            **more,
        )

    return withdraw


class TestTakingBack:
    def test_leaves_the_history_and_decides_anew(self, nomination, give, undo):
        give("ada", "PP")
        give("ben", "PP")
        assert undo("ben") == ""
        assert Label.objects.get().state == "incomplete"
        assert list(VoteRevision.objects.values_list("answer", "vote")) == [("PP", None)]
        nomination.refresh_from_db()
        assert (nomination.n_wanted, nomination.is_open, nomination.priority) == (1, True, 1300.0)

    def test_of_the_only_answer_leaves_no_label(self, nomination, give, undo):
        give("ada", "NP")
        undo("ada")
        nomination.refresh_from_db()
        assert not Label.objects.exists()
        assert (nomination.n_wanted, nomination.priority) == (2, 300.0)

    def test_without_an_answer_does_nothing(self, undo):
        assert undo("ada") == ""
        assert not VoteRevision.objects.exists()

    def test_sent_again_does_not_take_back_what_was_given_since(self, give, undo):
        give("ada", "PP")
        key = uuid.uuid4()
        undo("ada", key)
        give("ada", "NP")
        assert undo("ada", key) == "NP"
        assert Vote.objects.get().answer == "NP"

    def test_is_not_undone_by_a_late_retry_of_the_answer(self, give, undo):
        key = uuid.uuid4()
        give("ada", "PP", key)
        undo("ada")
        assert give("ada", "PP", key) == ""
        assert not Vote.objects.exists()


class TestAClash:
    def test_with_ones_own_answer_from_elsewhere_names_both(self, give):
        give("ada", "PP")
        with pytest.raises(AnsweredElsewhere) as clash:
            give("ada", "NP", seen_answer="")
        assert (clash.value.saved, clash.value.given) == ("PP", "NP")
        assert Vote.objects.get().answer == "PP"

    def test_is_none_where_both_say_the_same(self, give):
        give("ada", "PP")
        assert give("ada", "PP", seen_answer="") == "PP"

    def test_is_settled_by_the_choice(self, give):
        give("ada", "PP")
        assert give("ada", "NP", seen_answer="PP") == "NP"

    def test_with_an_answer_that_was_taken_back_elsewhere(self, give, undo):
        give("ada", "PP")
        undo("ada")
        with pytest.raises(AnsweredElsewhere):
            give("ada", "NP", seen_answer="PP")


class TestWhatIsKept:
    def test_how_it_was_heard_and_what_was_said_with_it(self, give):
        give("ada", "PP", heard_fraction=1.5, gain_db=-3.0, comment="faint")
        vote = Vote.objects.get()
        assert (vote.heard_fraction, vote.gain_db, vote.comment) == (1.5, -3.0, "faint")

    def test_a_comment_survives_a_changed_answer(self, give):
        give("ada", "PP", comment="faint")
        give("ada", "NP")
        assert Vote.objects.get().comment == "faint"

    def test_a_comment_can_be_set_later(self, collection, nomination, give, make_annotator):
        asked = {"collection": collection, "annotator": make_annotator("ada")}
        with pytest.raises(NotOpen, match="answer first"):
            comment_answer(**asked, nomination=nomination.uuid, comment="soft")
        give("ada", "PP")
        comment_answer(**asked, nomination=nomination.uuid, comment="soft")
        assert Vote.objects.get().comment == "soft"

    def test_the_last_experts_answer_decides(self, give):
        give("ada", "PP")
        give("eve", "NP", is_expert=True)
        assert (Label.objects.get().value, Label.objects.get().reached_by) == ("NP", "expert")


class TestAClipThatGoes:
    def test_takes_its_answer_away_with_a_sentence(self, nomination, give):
        withdraw_clip(clip=nomination.clip, actor=None)
        with pytest.raises(NotThere, match="no longer part"):
            give("ada", "PP")

    def test_and_comes_back_is_asked_again(self, collection, nomination, sound_class, give):
        assert withdraw_clip(clip=nomination.clip, actor=None)
        assert restore_clip(clip=nomination.clip, actor=None)
        assert give("ada", "PP") == "PP"

    def test_takes_its_nomination_away_with_a_sentence(self, collection, nomination, give):
        nomination.delete()
        with pytest.raises(NotThere):
            give("ada", "PP")
        assert not Vote.objects.exists()


def test_a_decision_moves_the_priority_of_the_clips_other_nominations(
    nomination, make_nomination, give
):
    other = make_nomination(nomination.clip, "/m/dog")
    give("ada", "PP")
    give("ben", "PP")
    other.refresh_from_db()
    assert other.priority == 301.0


def test_an_answer_beyond_what_is_wanted_is_refused(collection, sound_class, make_annotator, give):
    for name in ("ada", "ben"):
        give(name, "PP")
    with pytest.raises(NotOpen, match="settled"):
        give("cleo", "NP")
    page = open_page(
        collection=collection,
        sound_class=sound_class("/m/rain"),
        annotator=make_annotator("cleo"),
    )
    assert page is None
