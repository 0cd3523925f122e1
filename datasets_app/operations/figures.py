"""What /metrics says of the installation: few questions, each bounded whatever the records hold.

No name of a person or a collection is among the labels: whoever watches over a machine need not be
allowed to see either.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Max, Sum
from django.utils import timezone

from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.models import Job
from datasets_app.nominations.models import ClassWork
from datasets_app.operations.queues import QueueUnknown, queue_lengths
from datasets_app.releases.models import Release
from datasets_app.votes.models import Vote
from datasets_app.votes.pages import Page
from ml_worker.contract import Queue
from ml_worker.signs_of_life import FOLLOWER, is_alive, read_signs_of_life

PACE_MINUTES = 5
LATEST_VOTES = 20_000
"""The pace is counted among so many of the newest votes: at most 4,000 a minute are seen."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One gauge: its name, what it says, and a value for each set of labels."""

    name: str
    says: str
    labels: tuple[str, ...] = ()
    values: Mapping[tuple[str, ...], float] = field(default_factory=dict)


def measure_installation() -> list[Figure]:
    """Return every figure that can be had now; ``harken_source_up`` says which could not.

    Nine queries over counts, an index, or the newest 20,000 votes; a few milliseconds at millions
    of votes.
    """
    found: list[Figure] = []
    answered: dict[tuple[str, ...], float] = {}
    for source, measure in SOURCES.items():
        try:
            found += list(measure())
        except (DatabaseError, QueueUnknown, OSError):
            answered[source,] = 0.0
        else:
            answered[source,] = 1.0
    says = "Whether a source of these figures answered."
    return [*found, Figure("harken_source_up", says, ("source",), answered)]


def _of_queues() -> Iterator[Figure]:
    values = {(queue.value,): float(n) for queue, n in queue_lengths().items()}
    yield Figure("harken_queue_messages", "Messages that wait for a worker.", ("queue",), values)


def _of_workers() -> Iterator[Figure]:
    now = time.time()
    names = [*(queue.value for queue in Queue), FOLLOWER]
    n_alive: dict[tuple[str, ...], float] = {(name,): 0.0 for name in names}
    last: dict[tuple[str, ...], float] = {}
    for sign in read_signs_of_life(settings.VAR_DIR):
        if (sign.name,) in n_alive:
            n_alive[sign.name,] += is_alive(sign, now=now)
            last.setdefault((sign.name,), max(0.0, now - sign.at))
    yield Figure("harken_workers_alive", "Processes that live.", ("process",), n_alive)
    says = "Seconds since the last sign of life of any such process."
    yield Figure("harken_worker_silence_seconds", says, ("process",), last)


def _of_jobs() -> Iterator[Figure]:
    counted = Job.objects.order_by().values_list("state").annotate(n=Count("pk"))
    values: dict[tuple[str, ...], float] = {(state.value,): 0.0 for state in JobState}
    values |= {(state,): float(n) for state, n in counted}
    yield Figure("harken_jobs", "Jobs by state.", ("state",), values)


def _of_people() -> Iterator[Figure]:
    n_open = ClassWork.objects.aggregate(n=Sum("n_open"))["n"] or 0
    yield _single("harken_open_nominations", "Nominations that wait for answers.", n_open)
    latest = Vote.objects.aggregate(latest=Max("pk"))["latest"] or 0
    since = timezone.now() - timedelta(minutes=PACE_MINUTES)
    n_votes = Vote.objects.filter(pk__gt=latest - LATEST_VOTES, cast_at__gte=since).count()
    says = f"Answers a minute in the last {PACE_MINUTES} minutes."
    yield _single("harken_answers_per_minute", says, n_votes / PACE_MINUTES)
    pages = Page.objects.filter(closed_at__isnull=True)
    now = timezone.now()
    n_held = pages.filter(expires_at__gt=now).count()
    n_late = pages.filter(expires_at__lte=now).count()
    says = "Pages of the queue that hold leases; expired ones go back when somebody next asks."
    values = {("held",): float(n_held), ("expired",): float(n_late)}
    yield Figure("harken_leased_pages", says, ("state",), values)
    yield _single("harken_releases", "Releases on record.", Release.objects.count())


def _of_storage() -> Iterator[Figure]:
    yield _single("harken_database_bytes", "Size of the database.", database_bytes())
    disk = shutil.disk_usage(settings.VAR_DIR)
    yield _single("harken_disk_free_bytes", "Free room where the var folder lies.", disk.free)
    yield _single("harken_disk_bytes", "Size of the disk of the var folder.", disk.total)


def database_bytes() -> int:
    """Return the size of the whole database, from its own accounts."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    name = str(connection.settings_dict["NAME"])
    files = [Path(name + ending) for ending in ("", "-wal")]
    return sum(file.stat().st_size for file in files if file.exists())


def _single(name: str, says: str, value: float) -> Figure:
    return Figure(name, says, (), {(): float(value)})


SOURCES: Mapping[str, Callable[[], Iterator[Figure]]] = {
    "broker": _of_queues,
    "workers": _of_workers,
    "jobs": _of_jobs,
    "people": _of_people,
    "storage": _of_storage,
}
