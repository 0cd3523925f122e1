"""``cancel_job J``: ask for the end of a waiting or running job."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from datasets_app.jobs.control import cancel_job
from datasets_app.management.stage_command import StageCommand, get_run


class Command(StageCommand):
    """Cancel a job; what its worker had done stays for another try."""

    help = "Ask for the end of a job; retry_job lets it go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the job."""
        parser.add_argument("job", type=UUID, metavar="J")

    def run(self, *, job: UUID, **_: Any) -> None:
        """Cancel and say what that did."""
        found = get_run(job)
        cancel_job(job=found, actor=None)
        is_ended = found.state == "cancelled"
        self.say("Cancelled." if is_ended else "Its worker ends it within seconds.")
