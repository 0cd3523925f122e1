"""``open_challenge --release V --title T --closes-at WHEN``: hide eval labels and ask."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from datasets_app.challenges.models import Metric
from datasets_app.challenges.opening import open_challenge
from datasets_app.challenges.package import write_package
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_release_arguments,
    get_release,
)


class Command(StageCommand):
    """Open a challenge and write what participants download."""

    help = "Open a challenge on a release's eval labels and write the participants' package."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the release and the rules."""
        add_release_arguments(parser)
        parser.add_argument("--title", required=True)
        parser.add_argument("--task", default="", help="what participants read")
        parser.add_argument("--closes-at", required=True, help="UTC, such as 2030-05-31T23:59")
        parser.add_argument("--metric", choices=Metric.values, default=Metric.LWLRAP.value)
        parser.add_argument("--public-share", type=float, default=0.3)
        parser.add_argument("--daily-limit", type=int, default=5)

    def run(self, *, release: str, collection: str | None, closes_at: str, **rules: Any) -> None:
        """Open it, write the package, say where it is."""
        when = datetime.fromisoformat(closes_at)
        opened = open_challenge(
            release=get_release(release, collection),
            closes_at=when if when.tzinfo else when.replace(tzinfo=UTC),
            metric=Metric(rules["metric"]),
            **{key: rules[key] for key in ("title", "task", "public_share", "daily_limit")},
        )
        bar = ProgressBar("packing", "clip")
        path = write_package(challenge=opened, on_progress=bar.show)
        bar.close()
        self.say(f"{opened.title} is open until {opened.closes_at:%Y-%m-%d %H:%M} UTC: {path}.")
