"""Conflicts are decided by one word with a reason, each by one person at a time."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.adjudication.deciding import NotYours, adjudicate, withdraw_adjudication
from datasets_app.labels.adjudication.models import Adjudication, AdjudicationLease
from datasets_app.labels.adjudication.queue import hold_conflict, take_conflict
from datasets_app.labels.adjudication.selectors import (
    frequent_reasons,
    last_adjudication_of,
    list_given_answers,
)
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.passes import finish_pass, set_label
from datasets_app.labels.refinement.queue import take_clip
from datasets_app.labels.services import infer_labels
from datasets_app.people.models import Annotator, User
from datasets_app.people.services import annotator_of_user, grant_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def expert(db):
    """An expert who can sign in."""

    def make(name: str, role: User.Role = User.Role.EXPERT) -> Annotator:
        user, _ = User.objects.get_or_create(username=name)
        grant_role(user=user, role=role)
        return annotator_of_user(user=user)

    return make


@pytest.fixture
def conflict(collection, make_clip, make_nomination, vote):
    """Nominate Dog for a new clip and let people disagree."""

    def make(clip_id: str, *, answers: str = "PP PP NP NP"):
        nomination = make_nomination(make_clip(clip_id), "/m/dog")
        for number, answer in enumerate(answers.split()):
            vote(nomination, f"voter {number}", answer)
        infer_labels(collection=collection, nominations=[nomination.pk])
        return nomination

    return make


def decide(nomination, annotator, answer=Answer.NP, reason="a door", key=None) -> Adjudication:
    return adjudicate(
        nomination=nomination,
        annotator=annotator,
        answer=answer,
        reason=reason,
        idempotency_key=key or uuid.uuid4(),
    )


class TestTheQueue:
    def test_gives_the_conflict_with_most_answers_first_then_the_oldest(
        self, collection, conflict, expert
    ):
        old, new = conflict("1"), conflict("2")
        most = conflict("3", answers="PP PP PP NP NP")
        ana = expert("ana")
        order = []
        for _ in range(3):
            order.append(take_conflict(collection=collection, annotator=ana))
            decide(order[-1], ana)
        assert order == [most, old, new]
        assert take_conflict(collection=collection, annotator=ana) is None

    def test_gives_each_conflict_to_one_person_until_the_lease_ends(
        self, collection, conflict, expert
    ):
        only = conflict("1")
        assert take_conflict(collection=collection, annotator=expert("ana")) == only
        assert take_conflict(collection=collection, annotator=expert("ana")) == only
        assert take_conflict(collection=collection, annotator=expert("bea")) is None
        assert not hold_conflict(nomination=only, annotator=expert("bea"))
        AdjudicationLease.objects.update(until=timezone.now() - timedelta(seconds=1))
        assert take_conflict(collection=collection, annotator=expert("bea")) == only

    def test_frees_the_one_conflict_when_its_holder_takes_another(
        self, collection, conflict, expert
    ):
        first, second = conflict("1"), conflict("2")
        assert hold_conflict(nomination=second, annotator=expert("ana"))
        assert hold_conflict(nomination=first, annotator=expert("ana"))
        assert hold_conflict(nomination=second, annotator=expert("bea"))

    def test_leaves_out_who_had_a_part_in_it_while_others_are_there(
        self, collection, conflict, expert, vote
    ):
        nomination = conflict("1")
        ana, bea = expert("ana"), expert("bea", User.Role.CURATOR)
        nomination.votes.filter(annotator__name="voter 0").update(annotator=ana)
        assert take_conflict(collection=collection, annotator=ana) is None
        with pytest.raises(NotYours, match="another expert decides it"):
            decide(nomination, ana)
        assert take_conflict(collection=collection, annotator=bea) == nomination

    def test_asks_a_party_to_the_conflict_when_all_experts_are(self, collection, conflict, expert):
        nomination = conflict("1")
        ana, bea = expert("ana"), expert("bea")
        nomination.votes.filter(annotator__name="voter 0").update(annotator=ana)
        nomination.votes.filter(annotator__name="voter 1").update(annotator=bea)
        assert take_conflict(collection=collection, annotator=ana) == nomination
        decide(nomination, ana)

    def test_counts_nobody_as_there_who_may_not_sign_in_or_not_adjudicate(
        self, collection, conflict, expert
    ):
        nomination = conflict("1")
        ana, bea = expert("ana"), expert("bea")
        expert("al", User.Role.ANNOTATOR)
        User.objects.filter(annotator=bea).update(is_active=False)
        nomination.votes.filter(annotator__name="voter 0").update(annotator=ana)
        assert take_conflict(collection=collection, annotator=ana) == nomination

    def test_leaves_out_withdrawn_clips(self, collection, conflict, expert):
        conflict("1")
        Clip.objects.update(state=Clip.State.WITHDRAWN)
        assert take_conflict(collection=collection, annotator=expert("ana")) is None

    def test_asks_no_more_of_the_database_for_more_conflicts(
        self, collection, conflict, expert, django_assert_max_num_queries
    ):
        ana = expert("ana")
        for number in range(25):
            conflict(str(number))
        with django_assert_max_num_queries(14):
            take_conflict(collection=collection, annotator=ana)


class TestADecision:
    def test_stands_above_the_votes_whatever_comes_later(self, collection, conflict, expert, vote):
        nomination = conflict("1")
        decide(nomination, expert("ana"), Answer.PNP)
        for number in range(4, 8):
            vote(nomination, f"voter {number}", "NP", is_expert=True)
        infer_labels(collection=collection)
        label = Label.objects.get()
        assert (label.value, label.reached_by) == ("PNP", "adjudication")
        nomination.refresh_from_db()
        assert nomination.n_wanted == 0
        assert AuditEvent.objects.get(verb="adjudicate").after["reason"] == "a door"

    def test_needs_a_reason(self, conflict, expert):
        with pytest.raises(RuleError, match="has no reason"):
            decide(conflict("1"), expert("ana"), reason=" ")
        assert Label.objects.get().state == "conflicted"

    def test_counts_once_however_often_it_is_sent(self, conflict, expert):
        nomination, key, ana = conflict("1"), uuid.uuid4(), expert("ana")
        for _ in range(2):
            decide(nomination, ana, key=key)
        assert Adjudication.objects.count() == 1
        with pytest.raises(NotYours, match="belongs to another"):
            decide(conflict("2"), ana, key=key)

    def test_can_be_replaced_by_who_made_it_and_keeps_its_history(self, conflict, expert):
        nomination, ana = conflict("1"), expert("ana")
        decide(nomination, ana, Answer.NP)
        decide(nomination, ana, Answer.PP, reason="it is a dog after all")
        assert Label.objects.get().value == "PP"
        assert Adjudication.objects.count() == 2
        with pytest.raises(NotYours, match="decided meanwhile"):
            decide(nomination, expert("bea"))

    def test_taken_back_leaves_the_conflict(self, conflict, expert):
        nomination, ana = conflict("1"), expert("ana")
        decided = decide(nomination, ana)
        with pytest.raises(NotYours, match="only they can take it back"):
            withdraw_adjudication(adjudication=decided, annotator=expert("bea"))
        for _ in range(2):
            withdraw_adjudication(adjudication=decided, annotator=ana)
        assert Label.objects.get().state == "conflicted"
        assert AuditEvent.objects.filter(verb="withdraw_adjudication").count() == 1
        assert last_adjudication_of(annotator=ana, collection=nomination.clip.collection) is None

    def test_waits_while_someone_else_is_on_it(self, collection, conflict, expert):
        nomination = conflict("1")
        take_conflict(collection=collection, annotator=expert("ana"))
        with pytest.raises(NotYours, match="Someone else is deciding"):
            decide(nomination, expert("bea"))


class TestWhatIsShown:
    def test_are_all_answers_with_who_how_and_what_they_were(
        self, conflict, expert, make_annotator, vote
    ):
        nomination = conflict("1")
        vote(nomination, "voter 0", "NP")
        vote(nomination, "zoe", "PP", is_expert=True)
        vote(nomination, "mallory", "PP", is_trusted=False)
        shown = list_given_answers(nomination=nomination)
        assert [a.who for a in shown] == [
            "zoe", "voter 1", "voter 2", "voter 3", "voter 0", "mallory",
        ]  # fmt: skip
        assert (shown[4].answer, shown[4].was) == ("NP", ("PP",))
        assert not shown[-1].is_trusted

    def test_includes_experts_who_refined_the_clip_without_the_class(
        self, make_clip, expert, sound_class, collection
    ):
        clip = make_clip("1")
        for name, says in [("ana", True), ("bea", False)]:
            refinement = take_clip(clip=clip, annotator=expert(name))
            if says:
                key = uuid.uuid4()
                dog = sound_class("/m/dog")
                set_label(
                    refinement=refinement, sound_class=dog, answer=Answer.PP, idempotency_key=key
                )
            finish_pass(refinement=refinement, idempotency_key=uuid.uuid4())
        cleo = expert("cleo")
        nomination = take_conflict(collection=collection, annotator=cleo)
        shown = list_given_answers(nomination=nomination)
        assert [(a.who, a.answer) for a in shown] == [("ana", "PP"), ("bea", "")]
        assert take_conflict(collection=collection, annotator=expert("bea")) is None
        decide(nomination, cleo, Answer.PP, reason="clear bark")
        assert (Label.objects.get().value, Label.objects.get().origin) == ("PP", "refined")

    def test_reasons_given_before_are_offered_most_frequent_first(
        self, collection, conflict, expert
    ):
        for number, reason in enumerate(["a door", "too faint", "too faint"]):
            decide(conflict(str(number)), expert("ana"), reason=reason)
        assert frequent_reasons(collection=collection) == ["too faint", "a door"]
