"""``follow_jobs``: keep the records of jobs up to date, and send lost ones again."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.db import close_old_connections

from datasets_app.jobs.following import follow_open_jobs
from datasets_app.management.stage_command import StageCommand
from ml_worker.signs_of_life import FOLLOWER, showing_life

PAUSE_S = 2.0


class Command(StageCommand):
    """Follow every open job, whoever started it."""

    help = "Write finished jobs to the records and send lost ones again, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to look only once."""
        parser.add_argument("--once", action="store_true", help="look once and end")

    def run(self, *, once: bool, **_: Any) -> None:
        """Look at all open jobs every two seconds."""
        with showing_life(settings.VAR_DIR, FOLLOWER):
            while True:
                for job in follow_open_jobs():
                    self.say(f"{job} {job.state}. {job.error}")
                if once:
                    return
                close_old_connections()
                time.sleep(PAUSE_S)
