"""What the stage commands share: finding their collection, progress, and one-sentence errors."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from datasets_app.clips.models import Collection
from datasets_app.jobs.dispatch import JobFailed
from datasets_app.jobs.models import Job
from datasets_app.releases.models import Release
from ml_worker.contract import JobProgress

NO_WORKER = (
    "No worker has taken the job yet. Start one in another terminal with "
    "`python manage.py serve`, or `python -m ml_worker worker --queue {queue}`."
)


class StageCommand(BaseCommand):
    """A command over one service: ``run`` does the work, known errors become exit status 1."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command; what a user did wrong ends in a sentence, not in a traceback."""
        try:
            self.run(**options)
        except (ValueError, OSError, JobFailed) as error:
            raise CommandError(str(error)) from error

    def run(self, **options: Any) -> None:
        """Do the command's work."""
        raise NotImplementedError

    def say(self, sentence: str) -> None:
        """Print one line."""
        self.stdout.write(sentence)

    def say_no_worker(self, queue: str) -> Callable[[], None]:
        """Return a callback that tells how to start a worker for ``queue``."""
        return lambda: self.stderr.write(NO_WORKER.format(queue=queue))


def add_collection_argument(parser: ArgumentParser) -> None:
    """Add ``--collection NAME``."""
    parser.add_argument("--collection", required=True, metavar="NAME")


def get_collection(name: str) -> Collection:
    """Return the collection of that name.

    Raises
    ------
    CommandError
        There is none; the message names those there are.
    """
    collection = Collection.objects.filter(name=name).first()
    if collection is None:
        names = ", ".join(Collection.objects.order_by("name").values_list("name", flat=True))
        raise CommandError(
            f"There is no collection {name!r}; "
            + (f"there are: {names}." if names else "ingest_clips makes the first one.")
        )
    return collection


class ProgressBar:
    """A bar with rate and time left, on standard error."""

    def __init__(self, description: str, unit: str) -> None:
        self._bar = tqdm(desc=description, unit=unit, file=sys.stderr, leave=False, mininterval=0.5)

    def show(self, done: int, total: int) -> None:
        """Move the bar."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def show_job(self, progress: JobProgress | None) -> None:
        """Move the bar to a job's progress, with its stage and message."""
        if progress is not None:
            self._bar.set_postfix_str(f"{progress.stage} {progress.message}".strip(), refresh=False)
            self.show(progress.done, progress.total)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


def add_release_arguments(parser: ArgumentParser) -> None:
    """Add ``--release V`` and, for when several collections have that version, ``--collection``."""
    parser.add_argument("--release", required=True, metavar="V")
    parser.add_argument("--collection", metavar="NAME")


def get_release(version: str, collection: str | None) -> Release:
    """Return the release of that version.

    Raises
    ------
    CommandError
        There is none, or several collections have one.
    """
    found = Release.objects.filter(version=version).select_related("collection")
    if collection is not None:
        found = found.filter(collection=get_collection(collection))
    if not found:
        raise CommandError(f"There is no release {version!r}; build_release makes one.")
    if len(found) > 1:
        names = ", ".join(sorted(release.collection.name for release in found))
        raise CommandError(f"{names} each have a release {version}; add --collection NAME.")
    return found[0]


def get_run(uuid: UUID) -> Job:
    """Return the job of that uuid.

    Raises
    ------
    CommandError
        There is none.
    """
    job = Job.objects.filter(uuid=uuid).first()
    if job is None:
        raise CommandError(f"There is no run {uuid}; train_baseline prints the run it made.")
    return job
