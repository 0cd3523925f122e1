"""No event is missed, although on PostgreSQL a smaller number may be seen after a larger one."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from datasets_app.audit.models import AuditEvent
from datasets_app.webhooks.models import WebhookCursor, WebhookDelivery
from datasets_app.webhooks.queueing import queue_deliveries
from datasets_app.webhooks.trail import BATCH, TrailReader
from tests.datasets_app.outgoing.local_server import reply, serving

ROOT = Path(__file__).resolve().parents[3]


def told() -> list[int]:
    return sorted(WebhookDelivery.objects.values_list("event", flat=True))


def test_each_event_is_told_once_however_often_one_looks(make_hook, happen):
    make_hook()
    events = [happen().pk for _ in range(3)]
    reader = TrailReader()
    for _ in range(3):
        queue_deliveries(reader)
        queue_deliveries(TrailReader())
    assert told() == events
    assert WebhookCursor.objects.get().event_id == AuditEvent.objects.latest("pk").pk


def test_a_long_trail_is_read_in_batches(make_hook, collection):
    make_hook()
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(verb="ingest_clips", record_type="collection", record_id=str(collection.pk))
            for _ in range(2 * BATCH + 1)
        ]
    )
    reader = TrailReader()
    sizes = []
    while n_read := queue_deliveries(reader):
        sizes.append(n_read)
    assert sizes == [BATCH, BATCH, 1]
    assert len(told()) == 2 * BATCH + 1


def in_another_transaction(happen, begun: threading.Event, may_end: threading.Event, is_kept: bool):
    """Write an event on a connection of its own and end the transaction when told to."""

    def run() -> None:
        try:
            with transaction.atomic():
                happen()
                begun.set()
                may_end.wait(20)
                if not is_kept:
                    transaction.set_rollback(True)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(20)
    return thread


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_kept", [True, False], ids=["committed", "rolled back"])
def test_an_event_that_shows_late_is_told_late_and_not_missed(make_hook, happen, is_kept):
    make_hook()
    begun, may_end, reader = threading.Event(), threading.Event(), TrailReader()
    if connection.vendor != "postgresql":
        may_end.set()  # SQLite has one writer at a time: the next has to wait for the first
    thread = in_another_transaction(happen, begun, may_end, is_kept)
    if may_end.is_set():
        thread.join()
    late = happen().pk
    queue_deliveries(reader)
    queue_deliveries(reader)
    assert late in told()
    if connection.vendor == "postgresql":
        assert WebhookCursor.objects.get().event_id < late - 1
    may_end.set()
    thread.join()
    queue_deliveries(reader)
    queue_deliveries(reader)
    wanted = AuditEvent.objects.filter(verb="ingest_clips").order_by("pk")
    assert told() == list(wanted.values_list("pk", flat=True))
    assert len(told()) == (2 if is_kept else 1)
    assert WebhookCursor.objects.get().event_id == late


def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a process of its own on the test's database."""
    held = connection.settings_dict
    if connection.vendor == "postgresql":
        login = f"{held['USER']}:{held['PASSWORD']}" if held["PASSWORD"] else held["USER"]
        address = f"postgres://{login}@{held['HOST']}:{held['PORT']}/{held['NAME']}"
    else:
        address = f"sqlite:///{Path(held['NAME']).resolve()}"
    return os.environ | {
        "DATABASE_URL": address,
        "HARKEN_VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "annotator.settings.dev",
        "OUTGOING_ALLOWED_HOSTS": "127.0.0.0/8",
    }


def start_deliverer(tmp_path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "deliver_webhooks", "--once"]
    with (tmp_path / "deliverer.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment(tmp_path), stdout=log, stderr=log
        )


@pytest.mark.django_db(transaction=True)
def test_a_deliverer_killed_in_the_middle_costs_no_event(make_hook, happen, tmp_path):
    arrived = threading.Event()

    def hang(sock) -> None:
        arrived.set()
        time.sleep(2)

    with serving(hang, reply()) as server:
        make_hook(server.url("127.0.0.1"))
        happen()
        process = start_deliverer(tmp_path)
        try:
            assert arrived.wait(30), (tmp_path / "deliverer.log").read_text()
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.n_attempts) == ("waiting", 1)
        assert delivery.leased_until is not None
        WebhookDelivery.objects.update(leased_until=delivery.created_at)  # a minute later
        call_command("deliver_webhooks", "--once")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.n_attempts) == ("delivered", 2)
    assert len(server.requests) == 2


@pytest.mark.django_db(transaction=True)
def test_two_deliverers_at_once_send_everything_once(make_hook, happen, tmp_path):
    with serving(reply()) as server:
        for _ in range(3):
            make_hook(server.url("127.0.0.1"))
        other = start_deliverer(tmp_path)
        n = 0
        while other.poll() is None:  # events keep coming while both are at it
            if n < 100:
                happen()
                n += 1
            call_command("deliver_webhooks", "--once")
        call_command("deliver_webhooks", "--once")
        assert other.returncode == 0, (tmp_path / "deliverer.log").read_text()
    assert WebhookDelivery.objects.filter(state="delivered", n_attempts=1).count() == 3 * n
    assert len(server.requests) == 3 * n
