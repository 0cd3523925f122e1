"""Logs: lines a machine can read, under the proxy's request id, without secrets or people."""

import json
import logging

import pytest
from django.conf import settings as django_settings

from annotator.watching.request_logs import WithoutPaths
from datasets_app.clips.models import Collection
from datasets_app.jobs.dispatch import create_job
from ml_worker.contract import JobKind, read_job
from ml_worker.log_lines import JsonLines, PlainLines, request_id

SECRETS = ("s3cret-of-the-db", "hunter2-hunter2", "invitation-token-xyz", "ada@example.org")


@pytest.fixture
def lines():
    """What the site logs, as the production formatter writes it."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonLines())
    handler.addFilter(WithoutPaths())
    root, own = logging.getLogger(), logging.getLogger("harken.request")
    before = own.level
    own.setLevel(logging.INFO)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    own.setLevel(before)


def test_a_request_is_one_line_under_the_id_of_the_proxy(db, client, lines):
    answer = client.get("/sign-in/", headers={"x-request-id": "0123456789abcdef"})
    assert answer["X-Request-Id"] == "0123456789abcdef"
    line = json.loads(lines[-1])
    assert line["request_id"] == "0123456789abcdef"
    assert (line["view"], line["method"], line["status"]) == ("sign-in", "GET", 200)
    assert line["seconds"] > 0


@pytest.mark.parametrize("sent", ["", "short", 'x" injected', "x" * 200, "a\nb" * 8])
def test_an_id_that_is_none_is_replaced(db, client, lines, sent):
    answer = client.get("/sign-in/", headers={"x-request-id": sent})
    assert answer["X-Request-Id"] != sent
    assert len(answer["X-Request-Id"]) == 32


def test_no_line_holds_a_path_a_password_or_a_name(db, world, client, lines):
    client.post("/sign-in/", {"username": "ada@example.org", "password": "hunter2-hunter2"})
    client.get("/invitations/invitation-token-xyz/")
    client.get("/no/such/invitation-token-xyz?email=ada@example.org")
    logging.getLogger("celery").error(
        "cannot connect to %s", "redis://harken:s3cret-of-the-db@db:6379/0"
    )
    assert len(lines) >= 4
    assert not [line for line in lines if any(secret in line for secret in SECRETS)]


def test_a_request_that_fails_leaves_its_traceback_and_id(
    db, world, as_annotator, lines, monkeypatch
):
    from annotator import health

    def broken():
        raise RuntimeError("postgres://harken:s3cret-of-the-db@db/harken went away")

    monkeypatch.setitem(health.CHECKS, "database", broken)
    as_annotator.raise_request_exception = False
    assert as_annotator.get("/health/").status_code == 500
    (line,) = [json.loads(text) for text in lines if "Traceback" in text]
    assert line["request_id"]
    assert "RuntimeError" in line["error"]
    assert "s3cret" not in json.dumps(line)


def test_health_is_not_logged_while_it_is_well(db, client, lines):
    client.get("/health/")
    assert lines == []


def test_a_job_carries_the_id_of_the_request_that_asked_for_it(db, world):
    token = request_id.set("0123456789abcdef")
    try:
        job = create_job(kind=JobKind.EMBED, collection=Collection.objects.first(), inputs={})
    finally:
        request_id.reset(token)
    from pathlib import Path

    assert read_job(Path(job.job_dir)).request_id == "0123456789abcdef"


def test_each_line_is_one_object_whatever_it_says():
    record = logging.LogRecord("x", logging.INFO, "f", 1, "two\nlines %s", ("\u2028é\x00",), None)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines \u2028é\x00"


def test_the_terminal_sees_no_password_either():
    text = "postgres://harken:s3cret@db/harken"
    record = logging.LogRecord("x", logging.INFO, "f", 1, text, (), None)
    assert "s3cret" not in PlainLines().format(record)


def test_every_handler_of_the_site_leaves_paths_and_passwords_out():
    logs = django_settings.LOGGING
    for handler in logs["handlers"].values():
        assert handler["filters"] == ["no_paths"]
        assert handler["formatter"] in logs["formatters"]
