"""``evaluate_run --run R``: measure a trained run on a split, with intervals."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from datasets_app.jobs.starting import SPLITS, start_evaluation
from datasets_app.management.job_command import JobCommand
from datasets_app.management.stage_command import get_run


class Command(JobCommand):
    """Have the learning worker measure a run."""

    help = "Measure a trained run: metrics with intervals, calibration, siblings, a report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the run and the split."""
        parser.add_argument("--run", required=True, type=UUID, metavar="R")
        parser.add_argument("--split", choices=SPLITS, default="eval")

    def run(self, *, run: UUID, split: str, **_: Any) -> None:
        """Measure, then print the figures and where the report is."""
        job = self.follow(start_evaluation(run=get_run(run), split=split), "measuring")
        found = job.summary
        self.say(
            f"Evaluation {job.uuid}: mAP {found['map']} [{found['map_low']}, {found['map_high']}] "
            f"on {split}, protocol {found['protocol']}; report: {job.out_dir}/report.html"
        )
