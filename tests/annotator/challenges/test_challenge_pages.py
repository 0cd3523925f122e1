"""Challenges in the browser's view: who sees what, when, and in which form."""

import json
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotator.challenges.format_words import SENTENCES
from datasets_app.audit.models import AuditEvent
from datasets_app.challenges.models import Challenge, Metric, Participation, Submission
from datasets_app.challenges.opening import open_challenge
from datasets_app.challenges.package import write_package
from datasets_app.domain.challenges.format_problems import Kind
from tests.annotator.world import World
from tests.datasets_app.challenges.eval_release import make_release, predictions


@pytest.fixture
def challenge(world: World, tmp_path: Path) -> Challenge:
    now = timezone.now()
    return open_challenge(
        release=make_release(world.collection, tmp_path / "release"),
        title="Hear it",
        task="Find <b>barks</b>.",
        closes_at=now + timedelta(days=3),
        seed=918273645,
        now=now - timedelta(hours=1),
    )


@pytest.fixture
def visit(world: World, challenge: Challenge):
    """Return a client for a person, signed in, with the challenge's addresses."""

    def sign_in(name: str = "ana", *, curates: bool = False) -> SimpleNamespace:
        user = world.curator(name) if curates else world.annotator(name)
        client = Client()
        client.force_login(user)

        def address(page: str, *more: object) -> str:
            return reverse(page, args=["yard", challenge.uuid, *more])

        def send(csv: bytes, team: str = "", **fields: str):
            upload = SimpleUploadedFile("p.csv", csv)
            data = {"team": team or f"Team {name}", "predictions": upload, **fields}
            return client.post(address("challenge-submit"), data)

        return SimpleNamespace(
            user=user,
            get=lambda page, *more: client.get(address(page, *more)),
            post=lambda page, data, *more: client.post(address(page, *more), data, follow=True),
            send=send,
            client=client,
        )

    return sign_in


def end(challenge: Challenge) -> None:
    Challenge.objects.filter(pk=challenge.pk).update(closes_at=timezone.now())


PAGES = ("challenge", "challenge-submit", "challenge-submissions", "challenge-example")


def test_the_list_and_the_pages_are_linked(visit, challenge):
    ana = visit()
    page = ana.client.get(reverse("challenges", args=["yard"])).content.decode()
    assert reverse("challenge", args=["yard", challenge.uuid]) in page
    text = ana.get("challenge").content.decode()
    assert "Nobody has submitted yet" in text
    assert reverse("challenge-submit", args=["yard", challenge.uuid]) in text
    assert "Find &lt;b&gt;barks&lt;/b&gt;." in text
    assert "fname,/m/bark,/m/bell,/m/rain" in text


def test_predictions_are_scored_and_lead_the_board(visit, challenge):
    ana = visit()
    sent = ana.send(predictions(challenge), team="The Barkers", note="first")
    assert sent.status_code == 302
    own = ana.get("challenge-submissions").content.decode()
    assert "Submission 1 was scored: lωlrap 1.0000 in public" in own
    assert "first" in own
    board = visit("bo").get("challenge").content.decode()
    assert "The Barkers" in board
    assert "first" not in board
    assert "95 % interval 1.0000 to 1.0000" in board


def test_a_malformed_file_is_told_line_by_line(visit, challenge):
    ana = visit()
    answer = ana.send(b"fname,/m/bark,/m/bell,/m/rain\ne00000,0.1,nan,=cmd()\n<i>x,1,2,3\n")
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "Received nan; allowed are finite numbers, so not nan or inf." in text
    assert "Received &#x27;=cmd(), which looks like a formula" in text
    assert "&lt;i&gt;x" in text and "<i>x" not in text
    assert not Participation.objects.exists()


def test_the_report_speaks_the_readers_language(visit, challenge):
    ana = visit()
    ana.client.cookies["django_language"] = "es"
    ana.user.language = "es"
    ana.user.save()
    text = ana.send(b"").content.decode()
    assert "El archivo está vacío" in text


def test_every_sentence_of_the_check_is_in_the_catalogue():
    assert {kind.value for kind in Kind} == SENTENCES


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"onload="x', "=HYPERLINK(1)"])
def test_a_team_name_is_only_text(visit, challenge, name):
    visit().send(predictions(challenge), team=name)
    for person in (visit("bo"), visit("cara", curates=True)):
        text = person.get("challenge").content.decode()
        assert "<script>alert" not in text
        assert '"onload="' not in text
        assert "<bdi>" in text


@pytest.mark.parametrize("page", PAGES)
def test_no_page_gives_a_private_score_or_label_away_before_the_end(visit, challenge, page):
    ana, cara = visit(), visit("cara", curates=True)
    ana.send(predictions(challenge, right=0.5))
    cara.send(predictions(challenge, right=0.2, seed=3))
    marks = {"private_score": 0.123454321, "private_low": 0.234565432, "private_high": 0.345676543}
    values = dict.fromkeys(Metric.values, 0.456787654)
    Submission.objects.update(**marks, private=values)
    secrets = ["0.1234", "0.1235", "0.2345", "0.2346", "0.3456", "0.3457", "0.4567", "0.4568"]
    secrets += ["secret", str(challenge.seed), "eval-uploader"]
    for person in (ana, cara, visit("bo")):
        answer = person.get(page)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        told = body.decode() + json.dumps(dict(answer.headers))
        assert [secret for secret in secrets if secret in told] == []
    end(challenge)
    shown = (
        visit("cy").get("challenge").content.decode()
        + ana.get("challenge-submissions").content.decode()
    )
    assert shown.count("0.1235") >= 2


def test_private_scores_move_nothing_that_is_shown_before_the_end(visit, challenge):
    ana, bo = visit(), visit("bo")
    ana.send(predictions(challenge, right=0.5))
    bo.send(predictions(challenge, right=0.5, seed=4))
    for person in (ana, bo):
        person.get("challenge")  # tells once what was sent
    before = [_without_tokens(p.get(page)) for p in (ana, bo) for page in PAGES[:3]]
    for share, sent in enumerate(Submission.objects.all()):
        Submission.objects.filter(pk=sent.pk).update(private_score=share, private={})
    after = [_without_tokens(p.get(page)) for p in (ana, bo) for page in PAGES[:3]]
    assert before == after


def _without_tokens(answer) -> str:
    """Leave out what differs from one answer to the next."""
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "", answer.content.decode())


def test_nobody_sees_or_chooses_anothers_submissions(visit, challenge):
    ana, bo = visit(), visit("bo")
    ana.send(predictions(challenge), note="our trick")
    bo.send(predictions(challenge, right=0.2), note="bo's way")
    assert "our trick" not in bo.get("challenge-submissions").content.decode()
    hers = Submission.objects.get(participation__user=ana.user)
    answer = bo.post("challenge-choose", {"submission": hers.uuid, "is_chosen": "1"})
    assert "not your team" in answer.content.decode()
    assert not Submission.objects.filter(is_chosen=True).exists()
    assert str(hers.uuid) not in bo.get("challenge").content.decode()


def test_choosing_and_taking_back(visit, challenge):
    ana = visit()
    for seed in range(3):
        ana.send(predictions(challenge, right=0.5, seed=seed))
    sent = list(Submission.objects.order_by("number"))
    for one in sent[:2]:
        ana.post("challenge-choose", {"submission": one.uuid, "is_chosen": "1"})
    answer = ana.post("challenge-choose", {"submission": sent[2].uuid, "is_chosen": "1"})
    assert "choose two at most" in answer.content.decode()
    ana.post("challenge-choose", {"submission": sent[0].uuid})
    assert list(Submission.objects.filter(is_chosen=True)) == [sent[1]]
    assert visit("bo").post("challenge-choose", {"submission": sent[0].uuid}).status_code == 404


def test_who_may_not_see_the_collection_finds_no_challenge(visit, challenge):
    stranger = visit("sam")
    collection = challenge.release.collection
    collection.is_private = True
    collection.save()
    for page in (*PAGES, "challenge-package"):
        assert stranger.get(page).status_code == 404
    assert stranger.send(predictions(challenge)).status_code == 404
    assert stranger.client.get(reverse("challenges", args=["yard"])).status_code == 404


def test_who_is_not_signed_in_is_asked_to(challenge):
    for page in (*PAGES, "challenge-package"):
        answer = Client().get(reverse(page, args=["yard", challenge.uuid]))
        assert answer.status_code == 302
        assert reverse("sign-in") in answer.url


def test_the_package_comes_whole_or_in_ranges(visit, challenge):
    ana = visit()
    assert ana.get("challenge-package").status_code == 404
    data = write_package(challenge=challenge).read_bytes()
    whole = ana.get("challenge-package")
    assert b"".join(whole.streaming_content) == data
    assert whole["Content-Disposition"].startswith("attachment")
    address = reverse("challenge-package", args=["yard", challenge.uuid])
    part = ana.client.get(address, HTTP_RANGE="bytes=100-199")
    assert b"".join(part.streaming_content) == data[100:200]
    assert challenge.package_sha256 in ana.get("challenge").content.decode()


@pytest.mark.parametrize("page", ["challenge-end", "challenge-deadline"])
def test_only_curators_keep_a_challenge(visit, challenge, page):
    answer = visit().post(page, {"title": "Hear it", "closes_at": "2100-01-01T00:00"})
    assert answer.status_code == 403
    assert not AuditEvent.objects.filter(verb__in=["end_challenge", "move_deadline"]).exists()


def test_curators_open_with_rules_and_the_package_is_there_at_once(visit, world, challenge):
    cara = visit("cara", curates=True)
    address = reverse("challenge-open", args=["yard"])
    assert cara.client.get(address).status_code == 200
    rules = {"title": "Second", "release": "1.0", "metric": "map_at_3", "daily_limit": "3"}
    rules |= {"closes_at": "2100-05-31T23:59", "public_share": "0.5", "task": "Hear."}
    answer = cara.client.post(address, rules, follow=True)
    assert "Second is open." in answer.content.decode()
    opened = Challenge.objects.get(title="Second")
    assert (opened.daily_limit, opened.opened_by, bool(opened.package_sha256)) == (
        3,
        cara.user,
        True,
    )
    assert opened.closes_at.isoformat() == "2100-05-31T23:59:00+00:00"
    for wrong in ({"closes_at": "2001-01-01T00:00"}, {"public_share": "2"}, {"release": "9"}):
        answer = cara.client.post(address, rules | {"title": "Third"} | wrong)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()
    assert visit("dan").client.post(address, rules).status_code == 403
    assert Challenge.objects.count() == 2


def test_curators_end_a_challenge_by_typing_its_title(visit, challenge):
    cara = visit("cara", curates=True)
    refused = cara.post("challenge-end", {"title": "Hear"})
    assert "nothing was changed" in refused.content.decode()
    moved = cara.post("challenge-deadline", {"closes_at": "2100-01-01T00:00"})
    assert "The deadline was moved." in moved.content.decode()
    ended = cara.post("challenge-end", {"title": "Hear it"})
    assert "Final leaderboard" in ended.content.decode()
    again = cara.post("challenge-deadline", {"closes_at": "2100-01-01T00:00"})
    assert "cannot be changed any more" in again.content.decode()


def test_a_disqualified_team_is_told_why_and_nobody_else_is(visit, challenge):
    ana, cara = visit(), visit("cara", curates=True)
    ana.send(predictions(challenge))
    team = Participation.objects.get().uuid
    answer = cara.post("challenge-judge", {"deed": "disqualify", "reason": "By hand."}, team)
    assert "Team ana is disqualified." in answer.content.decode()
    assert "By hand." in ana.get("challenge").content.decode()
    assert "By hand." in ana.get("challenge-submit").content.decode()
    assert "By hand." not in visit("bo").get("challenge").content.decode()
    assert "disqualified: By hand." in ana.send(predictions(challenge)).content.decode()
    assert visit("dan").post("challenge-judge", {"deed": "readmit"}, team).status_code == 403
    cara.post("challenge-judge", {"deed": "readmit"}, team)
    assert "By hand." not in ana.get("challenge").content.decode()


def test_another_challenges_team_cannot_be_judged_here(visit, challenge, world):
    visit().send(predictions(challenge))
    other = open_challenge(
        release=challenge.release, title="Other", closes_at=timezone.now() + timedelta(days=1)
    )
    cara = visit("cara", curates=True)
    address = reverse(
        "challenge-judge", args=["yard", other.uuid, Participation.objects.get().uuid]
    )
    assert cara.client.post(address, {"deed": "disqualify", "reason": "x"}).status_code == 404


def test_the_board_costs_the_same_with_many_teams(visit, challenge):
    ana = visit()
    ana.send(predictions(challenge))
    ana.get("challenge")
    with CaptureQueriesContext(connection) as few:
        ana.get("challenge")
    for n in range(5):
        visit(f"p{n}").send(predictions(challenge, right=n / 5, seed=n))
    with CaptureQueriesContext(connection) as many:
        ana.get("challenge")
    assert len(many) == len(few) <= 20
