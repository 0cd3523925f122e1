"""``build_release --collection NAME --version V --out DIR``: freeze a collection."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.releases.options import FORMATS, ReleaseOptions, named_formats, split_list
from datasets_app.releases.recordings import FORMS, AudioForm
from datasets_app.releases.services import build_release
from datasets_app.releases.signing import read_signing_key

DEFAULT_RATE_HZ = 44_100


class Command(StageCommand):
    """Write a release folder and its record."""

    help = "Freeze a collection's latest split into a verified release folder."

    def create_parser(self, *args: Any, **options: Any) -> Any:
        """Leave ``--version`` to the release; Django's own shows Django's version."""
        return super().create_parser(*args, conflict_handler="resolve", **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection, the version, the place, and the options of the release."""
        add_collection_argument(parser)
        add = parser.add_argument
        add("--version", required=True, metavar="V")
        add("--out", required=True, type=Path, metavar="DIR")
        add("--formats", default="all", metavar="A,B", help=f"all, none, or: {', '.join(FORMATS)}")
        add("--licenses", default="", metavar="A,B", help="only these, as CC0,CC-BY; default all")
        add("--audio", default="published", choices=FORMS, help="as published, or normalised")
        add("--rate", type=int, metavar="HZ", help="of normalised audio; default 44100")
        add("--keep-channels", action="store_true", help="normalised audio is mono without this")
        add("--parquet-audio", action="store_true", help="recordings inside Parquet files too")
        add("--sign", type=Path, metavar="KEYFILE", help="an Ed25519 private key")
        add("--processes", type=int, default=os.cpu_count() or 1, metavar="N")

    def run(self, *, collection: str, version: str, out: Path, **chosen: Any) -> None:
        """Build, then say what it holds."""
        key = read_signing_key(chosen["sign"]) if chosen["sign"] else None
        bar = ProgressBar("building", "step")
        release = build_release(
            collection=get_collection(collection),
            version=version,
            out=out,
            options=_options(chosen),
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


def _options(chosen: dict[str, Any]) -> ReleaseOptions:
    is_normalised = chosen["audio"] in ("flac", "wav")
    rate_hz = chosen["rate"] or (DEFAULT_RATE_HZ if is_normalised else None)
    is_mono = is_normalised and not chosen["keep_channels"]
    return ReleaseOptions(
        formats=named_formats(chosen["formats"]),
        audio=AudioForm(chosen["audio"], rate_hz, is_mono),
        licenses=tuple(sorted(split_list(chosen["licenses"]))),
        has_audio_in_parquet=chosen["parquet_audio"],
    )
