"""The options of a release on the command line."""

import os
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets_app.releases.options import FORMATS, ReleaseOptions, named_formats, split_list
from datasets_app.releases.recordings import FORMS, AudioForm

DEFAULT_RATE_HZ = 44_100


def add_release_options(parser: ArgumentParser) -> None:
    """Add formats, licences, audio, and how to build."""
    add = parser.add_argument
    add("--formats", default="all", metavar="A,B", help=f"all, none, or: {', '.join(FORMATS)}")
    add("--licenses", default="", metavar="A,B", help="only these, as CC0,CC-BY; default all")
    add("--audio", default="published", choices=FORMS, help="as published, or normalised")
    add("--rate", type=int, metavar="HZ", help="of normalised audio; default 44100")
    add("--keep-channels", action="store_true", help="normalised audio is mono without this")
    add("--parquet-audio", action="store_true", help="recordings inside Parquet files too")
    add("--sign", type=Path, metavar="KEYFILE", help="an Ed25519 private key")
    add("--processes", type=int, default=os.cpu_count() or 1, metavar="N")


def release_options(chosen: Mapping[str, Any]) -> ReleaseOptions:
    """Return what was chosen.

    Raises
    ------
    ValueError
        The choices contradict each other, or one is unknown.
    """
    is_normalised = chosen["audio"] in ("flac", "wav")
    rate_hz = chosen["rate"] or (DEFAULT_RATE_HZ if is_normalised else None)
    is_mono = is_normalised and not chosen["keep_channels"]
    return ReleaseOptions(
        formats=named_formats(chosen["formats"]),
        audio=AudioForm(chosen["audio"], rate_hz, is_mono),
        licenses=tuple(sorted(split_list(chosen["licenses"]))),
        has_audio_in_parquet=chosen["parquet_audio"],
    )
