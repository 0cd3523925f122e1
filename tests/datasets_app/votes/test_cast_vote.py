"""``cast_vote``: one present answer per annotator and nomination, its history kept."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.votes.models import Vote, VoteRevision
from datasets_app.votes.services import cast_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def nomination(make_clip, make_nomination) -> Nomination:
    return make_nomination(make_clip("1"), "/m/rain")


def test_an_answer_is_kept_with_how_it_was_given(nomination, make_annotator):
    vote = cast_vote(
        nomination=nomination,
        annotator=make_annotator("ada"),
        answer=Answer.PNP,
        task=Vote.Task.VALIDATION,
        heard_fraction=0.8,
        seconds_taken=4.5,
    )
    stored = Vote.objects.get(pk=vote.pk)
    assert (stored.answer, stored.task) == ("PNP", "validation")
    assert (stored.heard_fraction, stored.seconds_taken) == (0.8, 4.5)
    assert (stored.is_trusted, stored.is_expert) == (True, False)


def test_a_changed_answer_replaces_the_former_which_stays_as_a_revision(nomination, vote):
    first = vote(nomination, "ada", "PP")
    second = vote(nomination, "ada", "NP")
    assert second.pk == first.pk
    assert Vote.objects.get().answer == "NP"
    revision = VoteRevision.objects.get()
    assert (revision.vote_id, revision.answer, revision.cast_at) == (first.pk, "PP", first.cast_at)


def test_the_same_answer_given_again_leaves_no_revision(nomination, vote):
    vote(nomination, "ada", "PP")
    vote(nomination, "ada", "PP")
    assert Vote.objects.count() == 1
    assert not VoteRevision.objects.exists()


def test_every_change_of_mind_is_kept_in_order(nomination, vote):
    for answer in ("PP", "NP", "U", "PP"):
        vote(nomination, "ada", answer)
    assert list(VoteRevision.objects.order_by("pk").values_list("answer", flat=True)) == [
        "PP",
        "NP",
        "U",
    ]


def test_a_message_sent_twice_is_one_answer(nomination, vote):
    key = uuid.uuid4()
    first = vote(nomination, "ada", "PP", idempotency_key=key)
    again = vote(nomination, "ada", "PP", idempotency_key=key)
    assert again == first
    assert Vote.objects.get().cast_at == first.cast_at
    assert not VoteRevision.objects.exists()


def test_a_late_copy_of_a_replaced_answer_does_not_bring_it_back(nomination, vote):
    key = uuid.uuid4()
    vote(nomination, "ada", "PP", idempotency_key=key)
    vote(nomination, "ada", "NP", idempotency_key=uuid.uuid4())
    late = vote(nomination, "ada", "PP", idempotency_key=key)
    assert late.answer == "NP"
    assert Vote.objects.get().answer == "NP"
    assert VoteRevision.objects.count() == 1


def test_two_annotators_answer_for_themselves(nomination, vote):
    vote(nomination, "ada", "PP")
    vote(nomination, "ben", "NP")
    assert sorted(Vote.objects.values_list("answer", flat=True)) == ["NP", "PP"]


def test_an_untrusted_answer_stays_untrusted_when_it_is_changed(nomination, vote):
    vote(nomination, "ada", "PP", is_trusted=False)
    vote(nomination, "ada", "NP")
    assert not Vote.objects.get().is_trusted


def test_the_database_itself_refuses_a_fifth_answer(nomination, vote):
    given = vote(nomination, "ada", "PP")
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.filter(pk=given.pk).update(answer="X")
