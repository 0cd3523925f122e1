"""Looks at what the site leans on: database, broker, workers, clock, object storage."""

import time
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from datasets_app.operations.doctor.findings import Finding, failure, warning, well
from datasets_app.operations.queues import QueueUnknown, queue_lengths
from datasets_app.releases.storage.bucket import open_bucket
from ml_worker.contract import Queue
from ml_worker.signs_of_life import FOLLOWER, is_alive, read_signs_of_life

OLDEST_POSTGRESQL = 14
MOST_WAITING = 1_000
CLOCK_S = 5.0
START = {
    **{queue.value: f"python -m ml_worker worker --queue {queue.value}" for queue in Queue},
    FOLLOWER: "python manage.py follow_jobs",
}


def database(about: str) -> Iterator[Finding]:
    """Reachable, of a version that is supported, and with every migration."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        says = f"The database does not answer ({type(error).__name__})."
        yield failure(about, says, "Start it, or correct DATABASE_URL; its own log says more.")
        return
    yield from _version(about)
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        names = ", ".join(f"{m.app_label} {m.name}" for m, _ in missing[:5])
        says = f"{len(missing)} migrations are not applied: {names}."
        yield failure(about, says, "Make a backup, then: python manage.py migrate")
    else:
        yield well(about, "Every migration is applied.")


def _version(about: str) -> Iterator[Finding]:
    if connection.vendor == "postgresql":
        major = connection.pg_version // 10_000
        if major < OLDEST_POSTGRESQL:
            says = f"PostgreSQL {major} is older than {OLDEST_POSTGRESQL}, the oldest supported."
            yield failure(about, says, "Move the database to a newer server.")
        else:
            yield well(about, f"PostgreSQL {major} answers.")
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
    if mode == "wal":
        yield well(about, "SQLite answers, with a write-ahead log.")
    else:
        says = f"SQLite keeps its journal as {mode!r}: readers wait for writers."
        mend = "Keep the file on a local disk, not a network share; then restart the site."
        yield warning(about, says, mend)


def broker(about: str) -> Iterator[Finding]:
    """Reachable, and not filling up."""
    try:
        lengths = queue_lengths()
    except QueueUnknown as error:
        is_known = settings.CELERY["broker_url"].startswith(("redis", "filesystem"))
        tell = failure if is_known else warning
        yield tell(about, str(error), "Start the broker, or correct CELERY_BROKER_URL.")
        return
    for queue, n in lengths.items():
        if n > MOST_WAITING:
            says = f"{n:,} messages wait in the queue {queue.value}."
            yield warning(about, says, f"Start more workers: {START[queue.value]}")
        else:
            yield well(about, f"The broker answers; {n} wait in {queue.value}.")


def workers(about: str) -> Iterator[Finding]:
    """At least one process alive for each queue, and a follower."""
    signs, now = read_signs_of_life(settings.VAR_DIR), time.time()
    for name, command in START.items():
        own = [sign for sign in signs if sign.name == name]
        n_alive = sum(is_alive(sign, now=now) for sign in own)
        what = "follower of jobs" if name == FOLLOWER else f"{name} worker"
        if n_alive:
            yield well(about, f"{n_alive} {what}{'s' if n_alive > 1 else ''} live.")
            continue
        last = f"the last was heard {now - own[0].at:,.0f} s ago" if own else "none was ever heard"
        yield failure(about, f"No {what} lives; {last}.", f"Start one: {command}")
    late = [sign for sign in signs if sign.at - now > CLOCK_S]
    if late:
        says = f"The clock of {late[0].host} is {late[0].at - now:.0f} s ahead of this machine's."
        yield warning(about, says, "Let both keep time: timedatectl set-ntp true")


def clock(about: str) -> Iterator[Finding]:
    """The database's clock and the site's agree: leases and sessions end by both."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        apart_s = abs(float(cursor.fetchone()[0]) - time.time())
    if apart_s > CLOCK_S:
        says = f"The clocks of the site and of PostgreSQL are {apart_s:.0f} s apart."
        yield warning(about, says, "Let both machines keep time: timedatectl set-ntp true")
    else:
        yield well(about, "The clocks of the site and of PostgreSQL agree.")


def storage(about: str) -> Iterator[Finding]:
    """The object storage, where one is set, lets the site list it."""
    if not settings.STORAGE_URL:
        return
    bucket = open_bucket("doctor", "probe")
    if bucket is None:
        return
    try:
        bucket.client.head_bucket(Bucket=bucket.name)
    except (BotoCoreError, ClientError) as error:
        says = f"The object storage of STORAGE_URL cannot be used ({type(error).__name__})."
        mend = "Correct STORAGE_URL and its keys, or make the bucket."
        yield failure(about, says, mend)
    else:
        yield well(about, "The object storage answers.")
