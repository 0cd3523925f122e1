"""Every refusal is a problem document with a sentence."""

import logging

import pytest

from datasets_app.api import collections
from tests.datasets_app.api.caller import Caller, refused


def test_nobody_in_particular_is_told_how_to_sign_in(as_nobody):
    reply = as_nobody.get("/collections")
    assert refused(reply)[0] == 401
    assert "Bearer hk_" in refused(reply)[1]


@pytest.mark.parametrize("path", ["/nowhere", "/collections/none", "/", "/collections/", "/x/y/z"])
def test_what_is_not_there_is_said_as_a_problem(as_ana, path):
    if path == "/":
        path = "/%20"
    assert refused(as_ana.get(path))[0] == 404


def test_a_method_that_is_not_taken(as_ana):
    status, sentence = refused(as_ana.delete("/collections"))
    assert status == 405
    assert "DELETE" in sentence


def test_a_body_that_is_no_json(as_cara, world):
    reply = as_cara.client.post(
        "/api/v1/collections/yard/nominations",
        data=b"{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {as_cara.secret}"},
    )
    assert refused(reply) == (400, "The body is not JSON; send one JSON object in UTF-8.")


def test_a_body_of_another_kind(as_cara, world):
    reply = as_cara.client.post(
        "/api/v1/collections/yard/nominations",
        data={"clip": "x"},
        headers={"Authorization": f"Bearer {as_cara.secret}"},
    )
    assert refused(reply)[0] == 415


def test_a_reply_that_nobody_wants(as_ana):
    assert refused(as_ana.get("/collections", Accept="text/html"))[0] == 406


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/collections?format=xml", "limit, cursor"),
        ("/collections/yard/clips?state__gt=a", "external_id"),
        ("/collections/yard/clips?uploader__collection__members=1", "uploader"),
        ("/collections/yard?x=1", "none"),
        ("/collections/yard/labels?nomination__votes__annotator=1", "sound_class"),
    ],
)
def test_an_unknown_parameter_is_refused_with_those_there_are(as_ana, path, names):
    status, sentence = refused(as_ana.get(path))
    assert status == 400
    assert names in sentence


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=", "limit=1&limit=2"])
def test_a_limit_out_of_bounds(as_ana, query):
    status, sentence = refused(as_ana.get(f"/collections?{query}"))
    assert status == 400
    assert "limit" in sentence


@pytest.mark.parametrize("cursor", ["x", "", "WzFd:abc", "%00", "a" * 999])
def test_a_cursor_of_ones_own_making(as_ana, cursor):
    assert refused(as_ana.get(f"/collections?cursor={cursor}"))[0] == 400


def test_a_cursor_of_another_list(as_ana, world):
    for _ in range(3):
        world.clip()
    following = as_ana.get("/collections/yard/clips?limit=1").json()["next"]
    cursor = following.split("cursor=")[1]
    status, sentence = refused(as_ana.get(f"/collections/yard/nominations?cursor={cursor}"))
    assert status == 400
    assert "another list" in sentence
    assert refused(as_ana.get(f"/collections/yard/clips?license=CC0&cursor={cursor}"))[0] == 400


def test_a_member_that_is_not_known(as_cara, world):
    status, sentence = refused(
        as_cara.patch(f"/clips/{world.clip().uuid}", {"sha256": "0"}, If_Match="*")
    )
    assert status == 400
    assert "sha256" in sentence
    assert "title" in sentence


def test_our_own_mistakes_are_logged_and_told_apart(as_ana, monkeypatch, caplog):
    def fall(*args, **named):
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(collections, "visible_collections", fall)
    with caplog.at_level(logging.ERROR, logger="datasets_app.api.errors"):
        status, sentence = refused(as_ana.get("/collections"))
    assert status == 500
    assert "secret" not in sentence
    assert "ZeroDivisionError" in caplog.text


def test_too_many_requests_wait(as_ana, settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    replies = [as_ana.get("/collections") for _ in range(5)]
    assert [r.status_code for r in replies[:3]].count(200) == 3 or replies[0].status_code == 200
    assert 429 in {r.status_code for r in replies}
    late = next(r for r in replies if r.status_code == 429)
    assert refused(late)[0] == 429
    assert 0 < int(late["Retry-After"]) <= 60


def test_bad_tokens_are_counted_by_address(settings, db):
    settings.API_REQUESTS_PER_MINUTE = 20
    caller = Caller()
    caller.secret = "hk_guess"
    assert 429 in {caller.get("/collections").status_code for _ in range(6)}


def test_a_limit_is_each_callers_own(as_ana, as_cara, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    for _ in range(4):
        as_ana.get("/collections")
    assert as_cara.get("/collections").status_code == 200


def test_replies_are_nobody_elses(as_ana):
    reply = as_ana.get("/collections")
    assert "private" in reply["Cache-Control"]
    assert {"Authorization", "Cookie"} <= set(reply["Vary"].split(", "))
