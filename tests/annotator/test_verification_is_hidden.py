"""A verification clip cannot be told from the others: markup, JSON, headers, addresses, timing."""

import json
import random
import re
import time
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from scipy.stats import ks_2samp

from datasets_app.domain.votes.answers import Answer
from datasets_app.votes.pages import Page
from datasets_app.votes.verification import GoldAnswer
from datasets_app.votes.verifying import add_gold_answer

N_CLIPS, N_GOLD = 40, 12
VALIDATE = "/collections/yard/validate/m/05tny_"


@pytest.fixture
def hidden(world) -> set[str]:
    """Fill the class; return the nominations (uuid) that are verification clips."""
    curator = world.curator()
    nominations = world.nominated_clips(N_CLIPS)
    chosen = random.Random(5).sample(nominations, N_GOLD)
    for nomination in chosen:
        add_gold_answer(nomination=nomination, answer=Answer.PP, actor=curator)
    return {str(nomination.uuid) for nomination in chosen}


@pytest.fixture
def page(world, hidden, as_annotator) -> tuple[Client, str, dict]:
    """Return the signed-in client, the page's markup, and its data."""
    markup = as_annotator.get(VALIDATE).content.decode()
    return as_annotator, markup, data_of(markup)


def data_of(markup: str) -> dict:
    return json.loads(re.search(r'<script id="page-data"[^>]*>(.*?)</script>', markup)[1])


def give(client: Client, data: dict, nomination: str, answer: str = "PP"):
    body = {"nomination": nomination, "answer": answer, "idempotency_key": str(uuid.uuid4())}
    return client.post(data["answers_url"], body, content_type="application/json")


def seen_of(response) -> tuple[object, ...]:
    """Return what a browser sees of a reply; the time of day and the clip's own bytes aside.

    Each request has a number of its own, which says nothing of what was asked.
    """
    own = ("Expires", "ETag", "X-Request-Id")
    headers = {k: v for k, v in response.headers.items() if k not in own}
    body = response.content if response.headers["Content-Type"] == "application/json" else b""
    return response.status_code, body, tuple(sorted(headers.items()))


def shape_of(value) -> object:
    """Return a value with texts as their length and pattern, numbers as their type."""
    if isinstance(value, dict):
        return {key: shape_of(part) for key, part in value.items()}
    if isinstance(value, str):
        return re.sub("[0-9]", "9", re.sub("[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}", "U", value))
    return type(value).__name__


def test_pages_hold_some(page, hidden):
    _, _, data = page
    assert len([c for c in data["clips"] if c["nomination"] in hidden]) == 2
    assert len(data["clips"]) == 12


def test_the_data_of_each_clip_have_one_shape(page):
    _, _, data = page
    shapes = {json.dumps(shape_of(clip)) for clip in data["clips"]}
    assert len(shapes) == 1


def test_the_markup_of_each_clip_is_the_same_but_for_its_number_and_address(page):
    _, markup, data = page
    rows = re.findall(r"<li[^>]*class=\"clip\b.*?</li>", markup, re.S)[: len(data["clips"])]
    assert len(rows) == 12
    assert len({re.sub("9+", "9", shape_of(row)) for row in rows}) == 1


def test_the_page_names_no_verification(page):
    _, markup, _ = page
    for word in ("gold", "verif", "known", "trust"):
        assert word not in re.sub(r"<script type=\"module\".*", "", markup).lower(), word


def test_replies_have_the_same_headers_and_body(page, hidden):
    client, _, data = page
    replies = {True: set(), False: set()}
    for clip in data["clips"]:
        response = give(client, data, clip["nomination"])
        replies[clip["nomination"] in hidden].add(seen_of(response))
    assert replies[True] == replies[False]
    assert len(replies[True]) == 1


@pytest.mark.parametrize("action", ["change", "withdraw", "comment", "report", "media"])
def test_what_else_can_be_asked_is_answered_alike(page, hidden, action):
    client, _, data = page
    replies = {True: set(), False: set()}
    for clip in data["clips"]:
        nomination = clip["nomination"]
        give(client, data, nomination)
        body = {"nomination": nomination, "idempotency_key": str(uuid.uuid4()), "comment": "soft"}
        response = {
            "change": lambda n=nomination: give(client, data, n, "NP"),
            "withdraw": lambda b=body: _post(client, data["withdraw_url"], b),
            "comment": lambda b=body: _post(client, data["comment_url"], b),
            "report": lambda b=body: _post(client, data["report_url"], b | {"reason": "offensive"}),
            "media": lambda c=clip: client.get(c["preview"]),
        }[action]()
        replies[nomination in hidden].add(seen_of(response))
    assert replies[True] == replies[False]


def _post(client: Client, url: str, body: dict):
    return client.post(url, body, content_type="application/json")


def test_a_page_loaded_again_shows_their_answers_as_well(page, hidden):
    client, _, data = page
    for clip in data["clips"][:-1]:
        give(client, data, clip["nomination"], "NP")
    again = data_of(client.get(VALIDATE).content.decode())
    assert [c["nomination"] for c in again["clips"]] == [c["nomination"] for c in data["clips"]]
    assert [c["answer"] for c in again["clips"]] == ["NP"] * 11 + [""]


def test_answering_one_asks_and_writes_as_often(page, hidden):
    client, _, data = page
    counts = {True: set(), False: set()}
    for clip in data["clips"]:
        with CaptureQueriesContext(connection) as queries:
            give(client, data, clip["nomination"])
        counts[clip["nomination"] in hidden].add(len(queries))
    assert counts[True] == counts[False]


def test_the_times_of_answers_have_one_distribution(page, hidden):
    """Each clip is answered, taken back and answered again; a first answer each time."""
    client, _, data = page
    times: dict[bool, list[float]] = {True: [], False: []}
    of_kind = {
        kind: [c["nomination"] for c in data["clips"] if (c["nomination"] in hidden) == kind]
        for kind in (True, False)
    }
    for turn in range(40):
        for kind in (True, False):
            nomination = of_kind[kind][turn % len(of_kind[kind])]
            began_s = time.perf_counter()
            assert give(client, data, nomination).status_code == 200
            times[kind].append(time.perf_counter() - began_s)
            body = {"nomination": nomination, "idempotency_key": str(uuid.uuid4())}
            assert _post(client, data["withdraw_url"], body).status_code == 200
    assert ks_2samp(times[True], times[False]).statistic < 0.45


def test_positions_are_not_those_of_another_page(world, hidden):
    places = set()
    for number in range(6):
        client = Client()
        client.force_login(world.annotator(f"person-{number}"))
        clips = data_of(client.get(VALIDATE).content.decode())["clips"]
        places.add(tuple(i for i, clip in enumerate(clips) if clip["nomination"] in hidden))
        Page.objects.all().delete()
    assert len(places) > 1
    assert GoldAnswer.objects.count() == N_GOLD
