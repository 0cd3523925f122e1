"""``flag_missing_labels --release V --run R``: a model's doubts become nominations."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from datasets_app.jobs.learning import flag_missing_labels
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_release_arguments,
    get_release,
    get_run,
)


class Command(StageCommand):
    """Queue the implicit negatives that a run or a cold start scores highest."""

    help = "Put a run's top-scored implicit negatives into the annotators' queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the release, the run, and how much of each class to flag."""
        add_release_arguments(parser)
        parser.add_argument(
            "--run", required=True, type=UUID, metavar="R", help="a training run or an embed job"
        )
        parser.add_argument("--top-percent", type=float, default=4.0)

    def run(
        self, *, release: str, collection: str | None, run: UUID, top_percent: float, **_: Any
    ) -> None:
        """Flag and count."""
        bar = ProgressBar("scoring", "clip")
        job = flag_missing_labels(
            release=get_release(release, collection),
            run=get_run(run),
            top_percent=top_percent,
            on_progress=bar.show_job,
            on_untaken=self.say_no_worker("learning"),
        )
        bar.close()
        n_asked = job.flags.filter(nomination__isnull=False).count()
        self.say(
            f"{job.flags.count()} suspected missing labels; {n_asked} are now in the annotators' "
            "queue, the others follow from these."
        )
