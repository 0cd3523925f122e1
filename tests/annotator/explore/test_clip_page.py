"""A clip's page: who may see it, what is withheld from whoever still has to judge."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.models import Label
from datasets_app.labels.services import record_answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, SplitAssignment, Vocabulary
from datasets_app.votes.models import Vote
from datasets_app.votes.pages import Page
from datasets_app.votes.verification import GoldAnswer, VerificationAnswer


def page_of(client, clip: Clip) -> str:
    response = client.get(reverse("clip", args=[clip.uuid]))
    assert response.status_code == 200
    return response.content.decode()


def answer(world, nomination: Nomination, user: User, given: str = "PP", **fields) -> None:
    record_answer(
        nomination=nomination,
        annotator=world.annotator_record(user),
        answer=Answer(given),
        **fields,
    )


@pytest.fixture
def nomination(world) -> Nomination:
    """A clip proposed as Bark, of which one of two answers is given, by ben: not present."""
    nomination = world.nominate(world.clip(title="Yard at noon"))
    answer(world, nomination, world.annotator("ben"), "NP")
    return nomination


def as_person(client, world, *roles: User.Role, name: str = "someone"):
    client.force_login(world.user(name, *roles))
    return client


def test_before_ones_own_answer_nobody_elses_is_shown(nomination, as_annotator):
    page = page_of(as_annotator, nomination.clip)
    assert "Waits for your answer" in page
    for secret in ("ben", "NP", "Not present"):
        assert secret not in page, secret


def test_an_expert_who_is_still_to_judge_is_as_blind(nomination, client, world):
    page = page_of(as_person(client, world, User.Role.EXPERT), nomination.clip)
    assert "Waits for your answer" in page
    assert "ben" not in page


def test_after_ones_own_answer_an_annotator_sees_the_decision_and_their_own_vote(
    nomination, world, as_annotator
):
    answer(world, nomination, User.objects.get(username="ana"), "NP")
    page = page_of(as_annotator, nomination.clip)
    assert "Not present" in page
    assert "your answer" in page
    assert "ben" not in page


def test_experts_who_have_answered_and_curators_see_who_said_what(nomination, world, client):
    expert = world.user("eva", User.Role.EXPERT)
    answer(world, nomination, expert, "NP", is_expert=True)
    for user in (expert, world.curator(), world.user("c2", User.Role.CURATOR, User.Role.ANNOTATOR)):
        client.force_login(user)
        page = page_of(client, nomination.clip)
        assert "ben" in page
        assert "eva" in page


def test_what_was_decided_without_one_is_shown(nomination, world, as_annotator):
    answer(world, nomination, world.annotator("cleo"), "NP")
    page = page_of(as_annotator, nomination.clip)
    assert "Not present" in page
    assert "ben" not in page


def test_replaced_answers_of_others_are_withheld_with_the_rest(world, as_annotator):
    nomination = world.nominate(world.clip())
    ben = world.annotator("ben")
    answer(world, nomination, ben, "PP")
    answer(world, nomination, ben, "NP")
    assert "ben" not in page_of(as_annotator, nomination.clip)
    ana = User.objects.get(username="ana")
    answer(world, nomination, ana, "PP")
    answer(world, nomination, ana, "NP")
    page = page_of(as_annotator, nomination.clip)
    assert "ana answered Bark: PP" in page
    assert "ben" not in page


def gold(world, nomination: Nomination, given: str = "") -> None:
    """Make of a decided nomination a verification clip that ana met, and maybe answered."""
    made = GoldAnswer.objects.create(
        nomination=nomination,
        collection=world.collection,
        sound_class=nomination.sound_class,
        answer="PP",
        added_at=timezone.now(),
    )
    Nomination.objects.filter(pk=nomination.pk).update(n_wanted=0)
    Label.objects.create(
        nomination=nomination,
        state=DecisionState.DECIDED.value,
        value="PP",
        reached_by="expert",
        posterior=1.0,
    )
    ana = world.annotator_record(User.objects.get(username="ana"))
    page = Page.objects.create(
        annotator=ana,
        collection=world.collection,
        sound_class=nomination.sound_class,
        opened_at=timezone.now(),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    VerificationAnswer.objects.create(
        page=page,
        gold=made,
        annotator=ana,
        nomination=nomination,
        expected="PP",
        answer=given,
        met_at=timezone.now(),
        cast_at=timezone.now(),
    )


@pytest.mark.parametrize("given", ["", "NP"])
def test_a_verification_clip_looks_like_any_other(world, as_annotator, given):
    ordinary, verifying = (world.nominate(world.clip(title="One")) for _ in range(2))
    gold(world, verifying, given)
    if given:
        answer(world, ordinary, User.objects.get(username="ana"), given)
    pages = [_told(page_of(as_annotator, n.clip), n.clip) for n in (ordinary, verifying)]
    assert pages[0] == pages[1]


def _told(page: str, clip: Clip) -> str:
    """Return what the page says of the labels, without what names the clip."""
    labels = page[page.index('id="labels"') : page.index('id="history"')]
    return labels.replace(str(clip.uuid), "").replace(clip.external_id, "")


def test_a_withdrawn_clip_is_for_curators_and_marked(world, client):
    clip = world.clip(state=Clip.State.WITHDRAWN)
    for role, status in ((User.Role.ANNOTATOR, 404), (User.Role.EXPERT, 404)):
        as_person(client, world, role, name=role.value)
        assert client.get(reverse("clip", args=[clip.uuid])).status_code == status
    as_person(client, world, User.Role.CURATOR, name="cora")
    assert "Withdrawn." in page_of(client, clip)


def test_a_link_leads_there_after_signing_in(world, client):
    address = reverse("clip", args=[world.clip().uuid])
    assert client.get(address)["Location"] == f"{reverse('sign-in')}?next={address}"


def test_an_account_without_a_role_sees_no_clip(world, client):
    as_person(client, world)
    assert client.get(reverse("clip", args=[world.clip().uuid])).status_code == 403


def test_an_unknown_clip_is_not_found(world, as_annotator):
    assert as_annotator.get(reverse("clip", args=[uuid.uuid4()])).status_code == 404


def test_the_page_credits_the_maker_and_links_only_to_the_web(world, as_annotator):
    clip = world.clip(
        title="<i>Bark</i>",
        license="CC-BY-4.0",
        source_url="javascript:alert(1)",
        tags=["dog & co", "<b>"],
        description="line one\n<script>x</script>",
    )
    page = page_of(as_annotator, clip)
    assert "https://creativecommons.org/licenses/by/4.0/" in page
    assert "CC BY 4.0" in page
    assert "javascript:alert" not in page
    assert "<script>x" not in page
    assert "<i>Bark" not in page
    assert "?q=dog%20%26%20co" in page


def test_the_page_names_the_releases_it_is_in(world, as_annotator):
    clip = world.clip()
    vocabulary = Vocabulary.objects.create(collection=world.collection, min_dev=1, min_eval=1)
    split = Split.objects.create(
        collection=world.collection, vocabulary=vocabulary, seed=0, eval_share=0.2, val_share=0.1
    )
    SplitAssignment.objects.create(split=split, clip=clip, part="eval")
    Release.objects.create(
        collection=world.collection, version="2.7", split=split, path="x", manifest_sha256="0"
    )
    assert ">2.7</span>" in page_of(as_annotator, clip)
    assert "in none yet" in page_of(as_annotator, world.clip())


def test_the_page_asks_the_database_no_more_for_more_labels_and_votes(world, client, count_queries):
    client.force_login(world.user("eva", User.Role.EXPERT, User.Role.CURATOR))
    clip = world.clip()
    people = [world.annotator_record(world.annotator(f"p{i}")) for i in range(6)]

    def add(n: int) -> None:
        for _ in range(n):
            made = world.nominate(clip, world.sound_class(f"/m/{uuid.uuid4()}", "Some"))
            for person in people:
                Vote.objects.create(
                    nomination=made,
                    annotator=person,
                    answer="PP",
                    task=Vote.Task.VALIDATION,
                    cast_at=timezone.now(),
                )

    address = reverse("clip", args=[clip.uuid])
    add(1)
    few = count_queries(client, address)
    add(8)
    assert count_queries(client, address) == few <= 24
