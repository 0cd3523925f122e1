"""``serve``: site, curation worker and learning worker in one terminal, one Ctrl-C."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from datasets_app.management.processes import ProcessGroup, worker_command
from datasets_app.management.stage_command import StageCommand
from ml_worker.contract import Queue


class Command(StageCommand):
    """Run everything a small site needs until Ctrl-C."""

    help = "Run the site, both workers, the follower of jobs and the deliverer of webhooks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address to listen on."""
        parser.add_argument("--address", default=settings.SITE_ADDRESS, metavar="HOST:PORT")

    def run(self, *, address: str, **_: Any) -> None:
        """Start the processes and keep them running."""
        gunicorn = [sys.executable, "-m", "gunicorn", "--bind", address]
        commands = {
            "site": [*gunicorn, "--config", "python:annotator.gunicorn_settings"],
            "curation worker": worker_command(Queue.CURATION),
            "learning worker": worker_command(Queue.LEARNING),
            "follower of jobs": [sys.executable, "manage.py", "follow_jobs"],
            "deliverer of webhooks": [sys.executable, "manage.py", "deliver_webhooks"],
        }
        self.say(f"Harken answers at http://{address}/ (Ctrl-C stops it).")
        ProcessGroup(commands, say=self.say).run_until_stopped()
        self.say("Stopped.")
