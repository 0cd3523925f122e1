"""Keeps the board's costly figures fresh without making anyone wait for them."""

import subprocess  # nosec B404
import sys
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from datasets_app.clips.models import Collection
from datasets_app.labels.steering.models import SteeringReport
from datasets_app.labels.steering.report import GIVEN_UP_AFTER, refresh_steering_report

CHEAP_VOTES = 20_000
"""Up to so many (inclusive) the page computes them itself, in about a second."""
LEAST_AGE = timedelta(minutes=1)
LEAST_AGE_COSTLY = timedelta(minutes=10)


def fresh_report(*, collection: Collection, n_votes: int, last_vote: int) -> SteeringReport | None:
    """Return the latest report, None before the first, and see to a newer one where it is old.

    Small collections have it computed here; for larger ones a process of its own does it, at most
    every ten minutes, while the former one is shown with its time.
    """
    report = SteeringReport.objects.filter(collection=collection).first()
    if not n_votes or not _is_old(report, n_votes, last_vote):
        return report
    if n_votes <= CHEAP_VOTES:
        return refresh_steering_report(collection=collection, last_vote=last_vote) or report
    _start(collection)
    return report


def _is_old(report: SteeringReport | None, n_votes: int, last_vote: int) -> bool:
    if report is None:
        return True
    now = timezone.now()
    if report.started_at is not None and now - report.started_at < GIVEN_UP_AFTER:
        return False
    if report.computed_at is None:
        return True
    least = LEAST_AGE if n_votes <= CHEAP_VOTES else LEAST_AGE_COSTLY
    return report.last_vote != last_vote and now - report.computed_at >= least


def _start(collection: Collection) -> None:
    """Compute in another process: this one goes on serving pages."""
    subprocess.Popen(  # nosec B603
        [
            sys.executable,
            str(settings.BASE_DIR / "manage.py"),
            "steering_report",
            "--collection",
            collection.name,
        ],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
