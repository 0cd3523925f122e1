"""``train_baseline --release V --recipe NAME [--flags-of J]``: train a baseline, or a student."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from datasets_app.jobs.learning import train_baseline
from datasets_app.jobs.starting import FLAG_USES
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_release_arguments,
    get_release,
    get_run,
)


class Command(StageCommand):
    """Have the learning worker train a recipe."""

    help = "Train a baseline on a release through the learning worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the release, the recipe, a flag job for a student, and the seed."""
        add_release_arguments(parser)
        parser.add_argument("--recipe", default="small_cnn", metavar="NAME")
        parser.add_argument("--flags-of", type=UUID, metavar="J", help="a flag job: a student")
        parser.add_argument("--flag-use", choices=FLAG_USES, default="mask")
        parser.add_argument("--seed", type=int, default=0)

    def run(
        self, *, release: str, collection: str | None, flags_of: UUID | None, **options: Any
    ) -> None:
        """Train, then print the figures on eval."""
        bar = ProgressBar("training", "step")
        job = train_baseline(
            release=get_release(release, collection),
            recipe=options["recipe"],
            flags_of=get_run(flags_of) if flags_of else None,
            flag_use=options["flag_use"],
            seed=options["seed"],
            on_progress=bar.show_job,
            on_untaken=self.say_no_worker("learning"),
        )
        bar.close()
        found = job.summary
        self.say(
            f"Run {job.uuid}: eval mAP {found['eval_map']:.3f} (chance "
            f"{found['eval_map_chance']:.3f}), d′ {found['eval_d_prime']:.2f}, "
            f"lωlrap {found['eval_lwlrap']:.3f}."
        )
