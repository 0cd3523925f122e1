"""Verification clips are added, retired, brought back and inspected by curators."""

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.models import Label
from datasets_app.votes.pages import Page
from datasets_app.votes.verification import GoldAnswer, VerificationAnswer
from datasets_app.votes.verifying import add_gold_answer

BARK = "/m/05tny_"
PAGE = ("verification-clips", ["yard", BARK])


@pytest.fixture
def cara(world, as_curator):
    return type(world.curator("caro")).objects.get(username="cara")


def shown(client) -> str:
    return client.get(reverse(PAGE[0], args=PAGE[1])).content.decode()


def meet(world, gold, name, answer):
    person = world.annotator_record(world.annotator(name))
    now = timezone.now()
    page = Page.objects.create(
        annotator=person,
        collection=world.collection,
        sound_class=world.bark,
        opened_at=now,
        expires_at=now,
        closed_at=now,
        has_failed=answer != gold.answer,
    )
    VerificationAnswer.objects.create(
        page=page,
        gold=gold,
        annotator=person,
        nomination=gold.nomination,
        expected=gold.answer,
        answer=answer,
        met_at=now,
        cast_at=now,
    )


def test_annotators_never_see_which_clips_verify_them(world, as_annotator):
    (nomination,) = world.nominated_clips(1)
    assert as_annotator.get(reverse(PAGE[0], args=PAGE[1])).status_code == 403
    add = reverse("verification-add", args=["yard", nomination.uuid])
    assert as_annotator.post(add, {"answer": "PP"}).status_code == 403
    assert not GoldAnswer.objects.exists()


def test_without_any_the_page_says_what_to_do(world, as_curator):
    told = shown(as_curator)
    assert "nobody is verified in this class" in told
    assert "No clip of this class is decided beyond doubt yet" in told


def test_what_an_expert_decided_can_be_added_and_retired_and_brought_back(world, as_curator):
    (nomination,) = world.nominated_clips(1)
    Label.objects.create(nomination=nomination, state="decided", value="PP", reached_by="expert")
    assert "Add clip-01 as PP" in shown(as_curator)
    add = reverse("verification-add", args=["yard", nomination.uuid])
    told = as_curator.post(add, {"answer": "PP"}, follow=True).content.decode()
    gold = GoldAnswer.objects.get()
    assert "clip-01 is a verification clip now, known as PP." in told
    assert (gold.answer, gold.is_active) == ("PP", True)
    retire = reverse("verification-retire", args=["yard", gold.pk])
    told = as_curator.post(retire, follow=True).content.decode()
    assert "Bring back" in told
    as_curator.post(add, {"answer": "PP"})
    gold.refresh_from_db()
    assert gold.is_active


@pytest.mark.parametrize("answer", ["U", "loud", ""])
def test_an_unclear_answer_is_refused(world, as_curator, answer):
    (nomination,) = world.nominated_clips(1)
    add = reverse("verification-add", args=["yard", nomination.uuid])
    told = as_curator.post(add, {"answer": answer}, follow=True).content.decode()
    assert "PP, PNP" in told
    assert not GoldAnswer.objects.exists()


def test_it_tells_who_failed_and_how_many_pages_are_set_aside(world, cara, as_curator):
    (nomination,) = world.nominated_clips(1)
    gold = add_gold_answer(nomination=nomination, answer=Answer.PP, actor=cara)
    meet(world, gold, "ana", "PP")
    meet(world, gold, "sloppy", "NP")
    told = shown(as_curator)
    assert "met 2 times" in told
    assert "50 %" in told
    assert "1 wrong answer" in told
    assert "sloppy: NP" in told
    assert "1 failed, 0 while not trusted" in told


def test_the_queries_do_not_grow_with_the_class(
    world, cara, as_curator, django_assert_max_num_queries
):
    for n in (2, 25):
        for nomination in world.nominated_clips(n):
            gold = add_gold_answer(nomination=nomination, answer=Answer.PP, actor=cara)
        meet(world, gold, f"ana-{n}", "NP")
        with django_assert_max_num_queries(18):
            shown(as_curator)
