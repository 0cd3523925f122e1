"""Verification clips: hidden on pages, judged when these close, and what follows for the votes."""

import uuid

import pytest

from datasets_app.audit.models import AuditEvent
from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import Answer
from datasets_app.domain.votes.trust import MOST_MEETINGS, ON_ENTRY
from datasets_app.labels.answering import take_answer, withdraw_answer
from datasets_app.labels.models import Label
from datasets_app.labels.pages import PAGE_SIZE, open_page, release_page
from datasets_app.labels.services import record_answer
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import add_nominations
from datasets_app.votes.models import Vote
from datasets_app.votes.pages import Page
from datasets_app.votes.services import GivenVote
from datasets_app.votes.verification import GoldAnswer, Trust, VerificationAnswer
from datasets_app.votes.verifying import (
    add_gold_answer,
    gold_answers,
    gold_candidates,
    own_agreement,
    retire_gold_answer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rain(sound_class):
    return sound_class("/m/rain")


@pytest.fixture
def curator(django_user_model):
    return django_user_model.objects.create(username="cara")


@pytest.fixture
def nominations(make_clip, rain) -> list[Nomination]:
    clips = [make_clip(str(number)) for number in range(34)]
    pairs = {(clip.pk, rain.pk): {} for clip in clips}
    add_nominations(pairs=pairs, origin=Nomination.Origin.KEYWORD)
    return list(Nomination.objects.order_by("pk"))


@pytest.fixture
def golds(nominations, curator) -> list[GoldAnswer]:
    """Four verification clips, present and absent in turn."""
    return [
        add_gold_answer(nomination=nomination, answer=answer, actor=curator)
        for nomination, answer in zip(nominations, [Answer.PP, Answer.NP] * 2, strict=False)
    ]


@pytest.fixture
def work(collection, rain, make_annotator):
    """Let somebody answer a whole page: verification clips rightly or not, others with PP."""

    def answer_page(name: str, *, rightly: bool = True, others: str = "PP") -> Page | None:
        annotator = make_annotator(name)
        page = open_page(collection=collection, sound_class=rain, annotator=annotator)
        known = dict(GoldAnswer.objects.values_list("nomination_id", "answer"))
        for item in page.items if page else []:
            said = Answer(others)
            if item.nomination.pk in known:
                is_absent = known[item.nomination.pk] == Answer.NP
                said = Answer.NP if is_absent == rightly else Answer.PNP
            take_answer(
                collection=collection,
                annotator=annotator,
                nomination=item.nomination.uuid,
                given=GivenVote(answer=said, idempotency_key=uuid.uuid4()),
            )
        if page:
            release_page(page=page.page.uuid, annotator=annotator)
        return page and Page.objects.get(pk=page.page.pk)

    return answer_page


class TestAPage:
    def test_hides_some_on_entering_a_class(self, collection, rain, golds, make_annotator):
        page = open_page(collection=collection, sound_class=rain, annotator=make_annotator("ada"))
        hidden = {g.nomination_id for g in golds}
        met = [item.nomination.pk in hidden for item in page.items]
        assert (len(met), sum(met)) == (PAGE_SIZE, ON_ENTRY)

    def test_of_an_expert_hides_none(self, collection, rain, golds, make_annotator):
        page = open_page(
            collection=collection, sound_class=rain, annotator=make_annotator("eve"), is_expert=True
        )
        assert not {item.nomination.pk for item in page.items} & {g.nomination_id for g in golds}

    def test_that_passes_makes_its_reader_verified(self, golds, work):
        work("ada")
        trust = Trust.objects.get()
        assert (trust.n_right, trust.n_wrong, trust.is_verified, trust.is_trusted) == (
            2, 0, True, True,
        )  # fmt: skip
        assert set(Vote.objects.values_list("is_trusted", flat=True)) == {True}

    def test_that_fails_leaves_its_votes_on_record_outside_every_decision(
        self, nominations, golds, work
    ):
        assert work("ada", rightly=False).has_failed
        assert Vote.objects.count() == PAGE_SIZE - ON_ENTRY
        assert set(Vote.objects.values_list("is_trusted", flat=True)) == {False}
        asked = Nomination.objects.filter(votes__isnull=False)
        assert set(asked.values_list("n_wanted", "priority")) == {(2, 300.0)}
        assert not Label.objects.exclude(state="incomplete").exists()

    def test_that_fails_undoes_what_it_had_decided(self, nominations, golds, work, make_annotator):
        for nomination in nominations[4:]:
            record_answer(nomination=nomination, annotator=make_annotator("ben"), answer=Answer.PP)
        page = work("ada", rightly=False)
        own = Nomination.objects.filter(votes__page=page)
        assert own.count() == PAGE_SIZE - ON_ENTRY
        assert set(own.values_list("label__state", "n_wanted")) == {("incomplete", 1)}

    def test_after_a_failed_one_counts_only_once_it_is_passed(self, golds, work):
        work("ada", rightly=False)
        assert not Trust.objects.get().is_trusted
        again = work("ada")
        assert (again.is_trusted, again.has_failed) == (False, False)
        assert Trust.objects.get().is_trusted
        assert set(Vote.objects.filter(page=again).values_list("is_trusted", flat=True)) == {True}

    def test_without_a_clear_answer_changes_nothing(self, collection, rain, golds, make_annotator):
        ada = make_annotator("ada")
        page = open_page(collection=collection, sound_class=rain, annotator=ada)
        release_page(page=page.page.uuid, annotator=ada)
        trust = Trust.objects.get()
        assert (trust.n_right, trust.n_wrong, trust.is_verified, trust.is_trusted) == (
            0, 0, False, True,
        )  # fmt: skip

    def test_never_shows_what_its_reader_judged_as_an_ordinary_one(
        self, collection, rain, nominations, curator, make_annotator
    ):
        ada = make_annotator("ada")
        record_answer(nomination=nominations[0], annotator=ada, answer=Answer.PP)
        add_gold_answer(nomination=nominations[0], answer=Answer.PP, actor=curator)
        page = open_page(collection=collection, sound_class=rain, annotator=ada)
        assert nominations[0].pk not in {item.nomination.pk for item in page.items}


class TestOnePerson:
    def test_meets_one_clip_only_so_often(self, golds, work):
        while work("ada", rightly=False):
            pass
        met = VerificationAnswer.objects.values_list("gold_id", flat=True)
        assert max(list(met).count(gold.pk) for gold in golds) <= MOST_MEETINGS

    def test_meets_those_first_that_they_have_not_met(self, golds, work):
        work("ada", rightly=False)
        work("ada", rightly=False)
        assert VerificationAnswer.objects.values("gold").distinct().count() == 4

    def test_sees_their_own_agreement(self, golds, work, make_annotator):
        work("ada")
        [own] = own_agreement(annotator=make_annotator("ada"))
        assert (own.sound_class.name, own.n_right, own.n_wrong, own.share) == ("Rain", 2, 0, 1.0)
        assert own_agreement(annotator=make_annotator("ben")) == []

    def test_may_change_their_mind_and_the_former_answer_is_kept(
        self, collection, rain, golds, make_annotator
    ):
        ada = make_annotator("ada")
        page = open_page(collection=collection, sound_class=rain, annotator=ada)
        known = {gold.nomination_id for gold in golds}
        hidden = next(i.nomination for i in page.items if i.nomination.pk in known)
        asked = {"collection": collection, "annotator": ada, "nomination": hidden.uuid}
        for said in (Answer.PP, Answer.NP):
            take_answer(**asked, given=GivenVote(answer=said, idempotency_key=uuid.uuid4()))
        withdraw_answer(**asked, idempotency_key=uuid.uuid4())
        met = VerificationAnswer.objects.get(nomination=hidden)
        assert (met.answer, [one["answer"] for one in met.former]) == ("", ["PP", "NP"])
        assert not Vote.objects.exists()


class TestUpkeep:
    def test_a_verification_clip_is_in_nobodys_queue_until_retired(self, golds, curator):
        nomination = golds[0].nomination
        nomination.refresh_from_db()
        assert not nomination.is_open
        assert retire_gold_answer(gold=golds[0], actor=curator)
        assert not retire_gold_answer(gold=golds[0], actor=curator)
        nomination = Nomination.objects.get(pk=nomination.pk)
        assert nomination.is_open
        verbs = AuditEvent.objects.values_list("verb", flat=True)
        assert list(verbs).count("add_gold_answer") == 4
        assert "retire_gold_answer" in verbs

    def test_each_has_its_pass_rate(self, collection, golds, work):
        work("ada")
        work("ben", rightly=False)
        rows = gold_answers(collection=collection)
        assert sum(row.n_right for row in rows) == 2
        assert sum(row.n_wrong for row in rows) == 2
        assert sum(row.n_met for row in rows) == 4

    def test_unsure_is_no_known_answer(self, nominations, curator):
        with pytest.raises(RuleError, match="PP, PNP or NP"):
            add_gold_answer(nomination=nominations[0], answer=Answer.U, actor=curator)

    def test_a_clip_nobody_can_hear_is_refused(self, nominations, curator):
        nominations[0].clip.state = "withdrawn"
        with pytest.raises(RuleError, match="cannot be heard"):
            add_gold_answer(nomination=nominations[0], answer=Answer.PP, actor=curator)

    def test_candidates_are_what_experts_or_many_agree_on(
        self, collection, rain, nominations, make_annotator
    ):
        record_answer(
            nomination=nominations[5],
            annotator=make_annotator("eve"),
            answer=Answer.NP,
            is_expert=True,
        )
        record_answer(nomination=nominations[6], annotator=make_annotator("ada"), answer=Answer.PP)
        found = gold_candidates(collection=collection, sound_class=rain)
        assert [n.pk for n in found] == [nominations[5].pk]
