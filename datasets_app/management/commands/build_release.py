"""``build_release --collection NAME --version V --out DIR``: freeze a collection."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.release_options import add_release_options, release_options
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.releases.services import build_release
from datasets_app.releases.signing import read_signing_key


class Command(StageCommand):
    """Write a release folder and its record."""

    help = "Freeze a collection's latest split into a verified release folder."

    def create_parser(self, *args: Any, **options: Any) -> Any:
        """Leave ``--version`` to the release; Django's own shows Django's version."""
        return super().create_parser(*args, conflict_handler="resolve", **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection, the version, the place, and the options of the release."""
        add_collection_argument(parser)
        parser.add_argument("--version", required=True, metavar="V")
        parser.add_argument("--out", required=True, type=Path, metavar="DIR")
        add_release_options(parser)

    def run(self, *, collection: str, version: str, out: Path, **chosen: Any) -> None:
        """Build, then say what it holds."""
        key = read_signing_key(chosen["sign"]) if chosen["sign"] else None
        bar = ProgressBar("building", "step")
        release = build_release(
            collection=get_collection(collection),
            version=version,
            out=out,
            options=release_options(chosen),
            key=key,
            n_processes=max(1, chosen["processes"]),
            on_progress=bar.show,
        )
        bar.close()
        counts = ", ".join(f"{n} {part}" for part, n in sorted(release.summary["n_clips"].items()))
        left_out = sum(release.summary["left_out"].values())
        self.say(
            f"Release {version}: {counts}; {left_out} clips left out; "
            f"{', '.join(release.summary['formats'])}; verified, "
            f"{'signed' if key else 'not signed'}, in {release.path}."
        )
