"""Moving answers between accounts, and closing accounts."""

import pytest

from datasets_app.domain.labels.decision import DecisionState
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.accounts import AccountRefused, delete_account, transfer_votes
from datasets_app.labels.models import Label
from datasets_app.labels.services import record_answer
from datasets_app.people.models import Annotator, User
from datasets_app.people.services import annotator_of_user
from datasets_app.votes.models import Vote, VoteRevision

pytestmark = pytest.mark.django_db


@pytest.fixture
def nominate(make_clip, make_nomination):
    return lambda: make_nomination(make_clip("1"), "/m/dog")


@pytest.fixture
def person():
    def make(name: str) -> Annotator:
        return annotator_of_user(user=User.objects.create_user(name))

    return make


def test_answers_of_two_accounts_of_one_person_count_once(person, nominate):
    one, two, other = person("one"), person("two"), person("other")
    nomination = nominate()
    record_answer(nomination=nomination, annotator=one, answer=Answer.PP)
    record_answer(nomination=nomination, annotator=two, answer=Answer.PP)
    assert Label.objects.get().state == DecisionState.DECIDED.value
    assert transfer_votes(actor=other.user, source=one, target=two) == 1
    assert Label.objects.get().state == DecisionState.INCOMPLETE.value
    assert Vote.objects.get().annotator == two


def test_where_both_answered_the_later_answer_stands_and_the_earlier_is_history(person, nominate):
    one, two = person("one"), person("two")
    nomination = nominate()
    record_answer(nomination=nomination, annotator=two, answer=Answer.NP)
    record_answer(nomination=nomination, annotator=one, answer=Answer.PNP)
    transfer_votes(actor=one.user, source=one, target=two)
    assert Vote.objects.get().answer == "PNP"
    assert [(r.answer, r.annotator) for r in VoteRevision.objects.all()] == [("NP", two)]


def test_answers_do_not_move_to_where_they_are(person):
    one = person("one")
    with pytest.raises(AccountRefused, match="belong to already"):
        transfer_votes(actor=one.user, source=one, target=one)


def test_a_closed_account_leaves_its_answers_without_a_name(person, nominate):
    one = person("one")
    record_answer(nomination=nominate(), annotator=one, answer=Answer.PP)
    user = one.user
    delete_account(actor=user, user=user)
    annotator = Vote.objects.get().annotator
    assert annotator.user is None
    assert annotator.source == Annotator.FORMER
    assert not User.objects.get(pk=user.pk).is_active
    assert annotator_of_user(user=User.objects.create_user("one")) != annotator
