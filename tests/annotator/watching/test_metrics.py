"""/metrics: what it says, to whom, and at what cost."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from annotator.watching import metrics
from datasets_app.operations import figures, queues
from ml_worker.contract import broker_settings

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "a-token-of-some-length-0123"


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch, settings, own_var_dir):
    settings.CELERY = broker_settings("filesystem://", own_var_dir)
    monkeypatch.setattr(metrics, "_installation", metrics.InstallationCollector())


def samples(client: Client) -> dict[tuple[str, str], float]:
    """Every sample by its name and the values of its labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_it_says_what_the_installation_holds(db, world, client, own_var_dir):
    found = samples(client)
    assert found["harken_jobs", "queued"] == 0
    assert found["harken_releases", ""] == 0
    assert found["harken_database_bytes", ""] > 10_000
    assert 0 < found["harken_disk_free_bytes", ""] <= found["harken_disk_bytes", ""]
    assert found["harken_workers_alive", "learning"] == 0
    assert {found["harken_source_up", source] for source in figures.SOURCES} == {1}
    assert ("harken_answers_per_minute", "") in found
    assert ("harken_open_nominations", "") in found
    assert ("harken_leased_pages", "held") in found


def test_requests_are_counted_by_view_and_status(db, client):
    before = samples(client).get(("harken_http_responses_total", "GET,200,health"), 0)
    client.get("/health/")
    client.get("/no/such/page")
    after = samples(client)
    assert after["harken_http_responses_total", "GET,200,health"] == before + 1
    assert after["harken_http_seconds_count", "GET,health"] >= 1
    assert not any("/no/such" in labels for _, labels in after)


def test_a_made_up_method_makes_no_new_series(db, client):
    client.generic("INVENTED", "/health/")
    assert not any("INVENTED" in labels for _, labels in samples(client))


def test_messages_that_wait_are_counted(db, client, own_var_dir):
    folder = own_var_dir / "broker" / "messages"
    for n in range(3):
        (folder / f"{n}_x.learning.msg").touch()
    (folder / "0_x.curation.msg").touch()
    found = samples(client)
    assert found["harken_queue_messages", "learning"] == 3
    assert found["harken_queue_messages", "curation"] == 1


def test_messages_in_redis_are_counted(db, client, settings, own_var_dir):
    settings.CELERY = broker_settings("redis://127.0.0.1:6379/12", own_var_dir)
    broker = redis.Redis.from_url("redis://127.0.0.1:6379/12")
    broker.flushdb()
    broker.rpush("learning", "a", "b")
    try:
        assert samples(client)["harken_queue_messages", "learning"] == 2
    finally:
        broker.flushdb()


def test_a_silent_broker_costs_its_own_figures_alone(db, client, settings, monkeypatch):
    monkeypatch.setattr(queues, "ANSWER_S", 0.2)
    settings.CELERY = {"broker_url": "redis://:s3cret@127.0.0.1:1/0"}
    found = samples(client)
    assert found["harken_source_up", "broker"] == 0
    assert found["harken_source_up", "jobs"] == 1
    assert ("harken_queue_messages", "learning") not in found


def test_a_worker_that_writes_lives_until_it_falls_silent(db, client, own_var_dir):
    place = own_var_dir / "workers"
    place.mkdir()
    sign = {"name": "learning", "host": "h", "pid": 1, "started_at": 0.0, "at": time.time() - 10}
    (place / "learning.h.1.json").write_text(json.dumps(sign))
    (place / "learning.h.2.json").write_text(json.dumps(sign | {"pid": 2, "at": 1.0}))
    (place / "broken.json").write_text("{")
    found = samples(client)
    assert found["harken_workers_alive", "learning"] == 1
    assert 10 <= found["harken_worker_silence_seconds", "learning"] < 60


def test_the_cost_is_bounded_and_kept_for_a_while(db, world, client):
    with CaptureQueriesContext(
        connection,
    ) as first:
        samples(client)
    assert len(first) <= 10
    with CaptureQueriesContext(connection) as second:
        samples(client)
    assert len(second) == 0


def test_answers_a_minute_are_those_of_the_last_minutes(db, world, client):
    from datasets_app.votes.models import Vote

    n = Vote.objects.count()
    Vote.objects.update(cast_at=timezone.now())
    assert samples(client)["harken_answers_per_minute", ""] == n / figures.PACE_MINUTES


class TestWhoMayRead:
    def test_this_machine_may(self, db, client):
        assert client.get("/metrics").status_code == 200

    def test_another_may_not_and_learns_nothing(self, db):
        answer = Client(REMOTE_ADDR="203.0.113.7").get("/metrics")
        assert (answer.status_code, answer.content) == (404, b"")

    def test_what_a_proxy_passes_on_needs_the_token(self, db, settings):
        through = {"X-Forwarded-For": "127.0.0.1"}
        assert Client(headers=through).get("/metrics").status_code == 404
        settings.METRICS_TOKEN = TOKEN
        wrong = Client(headers={**through, "Authorization": "Bearer wrong"})
        assert wrong.get("/metrics").status_code == 404
        right = Client(headers={**through, "Authorization": f"Bearer {TOKEN}"})
        assert right.get("/metrics").status_code == 200

    def test_no_token_set_means_no_empty_token(self, db):
        empty = Client(headers={"X-Forwarded-For": "1.1.1.1", "Authorization": "Bearer "})
        assert empty.get("/metrics").status_code == 404

    def test_a_network_may_be_named(self, db, settings):
        settings.METRICS_NETWORKS = ["10.1.0.0/16"]
        assert Client(REMOTE_ADDR="10.1.2.3").get("/metrics").status_code == 200
        assert Client(REMOTE_ADDR="10.2.2.3").get("/metrics").status_code == 404

    def test_an_address_that_is_none_may_not(self, db):
        assert Client(REMOTE_ADDR="").get("/metrics").status_code == 404


def test_what_several_processes_count_is_added_up(tmp_path):
    """As under gunicorn: each in a process of its own, by the files of one folder."""
    code = (
        "import django; django.setup()\n"
        "from annotator.watching.request_figures import ANSWERS\n"
        "ANSWERS.labels('home', 'GET', 200).inc()\n"
    )
    read = (
        "from prometheus_client import CollectorRegistry, generate_latest\n"
        "from prometheus_client.multiprocess import MultiProcessCollector\n"
        "r = CollectorRegistry(); MultiProcessCollector(r); print(generate_latest(r).decode())\n"
    )
    environment = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "annotator.settings.test",
    }

    def run(text: str) -> str:
        command = [sys.executable, "-c", text]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        return done.stdout

    run(code)
    run(code)
    assert 'harken_http_responses_total{method="GET",status="200",view="home"} 2.0' in run(read)
