"""Votes through the API: the pages' own services, and nothing that tells verification clips."""

import random
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets_app.api.votes import OwnVote
from datasets_app.api.work_pages import PageDetail
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.models import Label
from datasets_app.labels.pages import release_page
from datasets_app.votes.models import Vote, VoteRevision
from datasets_app.votes.pages import Page
from datasets_app.votes.verification import VerificationAnswer
from datasets_app.votes.verifying import add_gold_answer
from tests.datasets_app.api.caller import Caller, introduce, refused

N_CLIPS, N_GOLD = 40, 12


@pytest.fixture
def hidden(world, cara, ana) -> set[str]:
    """Fill the class; return the nominations (uuid) that are verification clips."""
    nominations = world.nominated_clips(N_CLIPS)
    chosen = random.Random(5).sample(nominations, N_GOLD)
    for nomination in chosen:
        add_gold_answer(nomination=nomination, answer=Answer.PP, actor=cara)
    introduce(ana, world)
    return {str(nomination.uuid) for nomination in chosen}


@pytest.fixture
def page(hidden, as_ana, world) -> dict:
    return open_page(as_ana, world)


def open_page(caller: Caller, world) -> dict:
    reply = caller.post("/collections/yard/pages", {"sound_class": world.bark.mid})
    assert reply.status_code == 200, reply.content
    return reply.json()["page"]


def items_of(page: dict) -> list[str]:
    return [item["nomination"] for item in page["items"]]


def pattern(value: object) -> str:
    text = re.sub("[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}", "U", str(value))
    return re.sub(r"[0-9]+", "9", text)


def seen_of(reply) -> tuple[object, ...]:
    own = ("ETag", "Expires", "X-Request-Id")
    headers = {k: pattern(v) for k, v in reply.headers.items() if k not in own}
    policy = headers.pop("Content-Security-Policy", "")  # its directives come in any order
    headers["policy"] = str(sorted(part.strip() for part in policy.split(";")))
    return reply.status_code, pattern(reply.content.decode()), tuple(sorted(headers.items()))


def test_a_page_holds_verification_clips_and_does_not_say_which(page, hidden):
    assert len(page["items"]) == 12
    assert len(set(items_of(page)) & hidden) == 2
    assert len({pattern(item) for item in page["items"]}) == 1


@pytest.mark.parametrize("late", [False, True], ids=["open", "released"])
def test_whatever_is_asked_of_any_is_answered_alike(page, hidden, as_ana, ana, world, late):
    nominations = items_of(page)
    if late:
        for nomination in nominations[:-1]:
            as_ana.put(f"/nominations/{nomination}/vote", {"answer": "PP"})
        nominations = nominations[:-1]
        release_page(page=Page.objects.get().uuid, annotator=world.annotator_record(ana))
    asks = [
        lambda at: as_ana.put(f"{at}/vote", {"answer": "PNP", "comment": "far"}),
        lambda at: as_ana.get(f"{at}/vote"),
        lambda at: as_ana.put(f"{at}/vote", {"answer": "NP", "seen_answer": "PNP"}),
        lambda at: as_ana.put(f"{at}/vote", {"answer": "U", "seen_answer": "PP"}),
        as_ana.get,
        lambda at: as_ana.get(f"{at}/label"),
        lambda at: as_ana.delete(f"{at}/vote"),
        lambda at: as_ana.get(f"{at}/vote"),
        as_ana.get,
        lambda at: as_ana.put(f"{at}/vote", {"answer": "PP"}),
    ]
    for number, ask in enumerate(asks):
        seen, n_queries = {True: set(), False: set()}, {True: set(), False: set()}
        for nomination in nominations:
            with CaptureQueriesContext(connection) as queries:
                reply = ask(f"/nominations/{nomination}")
            seen[nomination in hidden].add(seen_of(reply))
            n_queries[nomination in hidden].add(len(queries))
        assert seen[True] == seen[False], number
        assert len(seen[True]) == 1, number
        if not late and number in (0, 1, 4, 5):
            assert n_queries[True] == n_queries[False], number


def test_replies_about_answers_leave_at_even_times():
    for view in (OwnVote, PageDetail):
        assert view.dispatch.__wrapped__ is not None


def test_nominations_never_met_cannot_be_named_or_probed(page, hidden, as_ana, world):
    """Their uuid is not told, and whoever has it from elsewhere is answered alike."""
    listed = as_ana.all("/collections/yard/nominations?limit=7")
    assert len(listed) == N_CLIPS
    assert {n["uuid"] for n in listed if n["uuid"]} == set(items_of(page))
    assert len({pattern({**n, "uuid": None}) for n in listed}) == 1
    met = set(items_of(page))
    seen = {True: set(), False: set()}
    for nomination in world.collection.nominations.all():
        if (name := str(nomination.uuid)) not in met:
            reply = as_ana.put(f"/nominations/{name}/vote", {"answer": "PP"})
            seen[name in hidden].add(seen_of(reply))
    assert seen[True] == seen[False]
    assert {status for status, *_ in seen[True]} == {404}
    assert not Vote.objects.exists()


def test_ones_own_votes_hold_those_to_verification_clips(page, hidden, as_ana):
    for nomination in items_of(page):
        as_ana.put(f"/nominations/{nomination}/vote", {"answer": "PP", "comment": "near"})
    listed = as_ana.all("/votes?limit=5")
    assert [v["nomination"] for v in listed] == list(reversed(items_of(page)))
    assert len({pattern({**v, "cast_at": ""}) for v in listed}) == 1
    assert {v["annotator"] for v in listed} == {None}
    assert VerificationAnswer.objects.exclude(answer="").count() == 2
    assert as_ana.all("/votes?collection=yard") == listed
    nominations = as_ana.all("/collections/yard/nominations")
    assert {n["uuid"] for n in nominations if n["answer"] == "PP"} == set(items_of(page))


def test_a_verification_clip_met_twice_stands_there_once(page, hidden, as_ana, world, ana):
    for nomination in items_of(page):
        as_ana.put(f"/nominations/{nomination}/vote", {"answer": "PP"})
    met = VerificationAnswer.objects.exclude(answer="").first()
    again = Page.objects.get()
    again.pk, again.uuid = None, None
    met.page = Page.objects.create(
        annotator=met.annotator, collection=world.collection, sound_class=world.bark,
        opened_at=met.met_at, expires_at=met.met_at,
    )  # fmt: skip
    met.pk, met.answer, met.idempotency_key = None, "NP", None
    met.save()
    listed = as_ana.all("/votes")
    assert len(listed) == 12
    assert [v["answer"] for v in listed].count("NP") == 1


def test_labels_are_told_once_nothing_more_is_asked(page, hidden, as_ana, as_cara, world):
    ordinary = next(n for n in items_of(page) if n not in hidden)
    as_ana.put(f"/nominations/{ordinary}/vote", {"answer": "PP"})
    met = {*hidden, *items_of(page)}
    other = world.collection.nominations.exclude(uuid__in=met).first()
    for nomination in (other, *world.collection.nominations.filter(uuid__in=hidden)):
        Label.objects.create(
            nomination=nomination, state="decided", value="PP", reached_by="agreement", posterior=1
        )
    assert as_ana.all("/collections/yard/labels") == []
    world.collection.nominations.filter(pk=other.pk).update(n_wanted=0)
    seen = {label["nomination"] for label in as_ana.all("/collections/yard/labels")}
    assert seen == {str(other.uuid)}
    assert as_ana.get(f"/nominations/{other.uuid}/label").json()["value"] == "PP"
    assert len(as_cara.all("/collections/yard/labels")) == 2 + N_GOLD


def test_secrets_of_the_queue_are_for_curators(page, as_ana, as_cara):
    mine = as_ana.get(f"/nominations/{items_of(page)[0]}").json()
    theirs = as_cara.get(f"/nominations/{items_of(page)[0]}").json()
    for name in ("evidence", "priority", "n_wanted", "is_open"):
        assert mine[name] is None
        assert theirs[name] is not None


def test_an_answer_is_given_changed_and_withdrawn(page, hidden, as_ana):
    nomination = next(n for n in items_of(page) if n not in hidden)
    at = f"/nominations/{nomination}/vote"
    assert refused(as_ana.get(at))[0] == 404
    given = as_ana.put(at, {"answer": "PP", "heard_fraction": 1.5, "gain_db": -3})
    assert given.json()["answer"] == "PP"
    assert as_ana.put(at, {"answer": "NP", "comment": "no"}).json()["comment"] == "no"
    assert VoteRevision.objects.get().answer == "PP"
    assert as_ana.get(at).json()["answer"] == "NP"
    assert as_ana.delete(at).status_code == 204
    assert as_ana.delete(at).status_code == 204
    assert not Vote.objects.exists()


def test_an_answer_saved_elsewhere_is_not_overwritten(page, as_ana):
    at = f"/nominations/{items_of(page)[0]}/vote"
    as_ana.put(at, {"answer": "PP"})
    reply = as_ana.put(at, {"answer": "NP", "seen_answer": ""})
    assert refused(reply)[0] == 409
    assert reply.json()["conflict"] == {"saved": "PP", "given": "NP"}


def test_a_class_is_judged_once_its_examples_were_heard(world, as_ana, cara):
    from datasets_app.clips.class_models import ClassExample

    nomination = world.nominated_clips(3)[0]
    ClassExample.objects.create(
        collection=world.collection, sound_class=world.bark, clip=nomination.clip, kind="example"
    )
    reply = as_ana.post("/collections/yard/pages", {"sound_class": world.bark.mid})
    assert refused(reply)[0] == 409
    assert "still to be heard" in refused(reply)[1]


def test_a_page_is_renewed_and_released(page, as_ana):
    at = f"/pages/{page['uuid']}"
    assert as_ana.post(at).json()["expires_at"] > page["expires_at"]
    assert as_ana.delete(at).status_code == 204
    assert as_ana.delete(at).status_code == 204
    assert refused(as_ana.post(at))[0] == 409


def test_whoever_does_not_judge_gives_no_answer(page, as_cara, cara, world):
    from datasets_app.people.token_models import ApiToken
    from datasets_app.people.tokens import TokenRefused

    at = f"/nominations/{items_of(page)[0]}/vote"
    assert refused(as_cara.put(at, {"answer": "PP"}))[0] == 403
    with pytest.raises(TokenRefused, match="vote"):
        Caller(cara, ApiToken.Scope.VOTE)
    as_cara.client.force_login(cara)
    as_cara.secret = ""
    assert "may not give answers" in refused(as_cara.put(at, {"answer": "PP"}))[1]
