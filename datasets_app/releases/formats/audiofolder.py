"""Hugging Face's audiofolder: a table of rows for each part, and the header of the card.

``audiofolder-{part}.jsonl`` lies at the root, because ``file_name`` may not lead upwards; the
header in ``README.md`` tells ``datasets.load_dataset`` which rows make which split. Every cell is a
text or a number, lists joined by commas as in dev.csv: so the readers that guess types from the
first rows guess the same for every part.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from datasets_app.domain.clips.licenses import attribution_line, license_address
from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.domain.releases.license_subset import license_family
from datasets_app.releases.formats.frame import PARTS, ReleaseCounts, ReleaseFrame
from datasets_app.releases.formats.targets import Target
from datasets_app.releases.layout import CARD, side_of
from datasets_app.releases.published import PublishedClip
from datasets_app.releases.reading import ReleaseFileError

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))


def rows_file(part: str) -> str:
    """Return the rows of a part."""
    return f"audiofolder-{part}.jsonl"


class Audiofolder:
    """The rows of each part."""

    def __init__(self, frame: ReleaseFrame, target: Target) -> None:
        """Open the tables."""
        self._frame, self._target = frame, target
        self._rows = {part: target.text(rows_file(part)) for part in PARTS}

    def add(self, clips: Sequence[PublishedClip]) -> None:
        """Add some clips."""
        for part, sink in self._rows.items():
            lines = [
                json.dumps(_cells(clip, self._frame), ensure_ascii=False)
                for clip in clips
                if clip.part == part
            ]
            if lines:
                sink.write("\n".join(lines) + "\n")

    def finish(self, counts: ReleaseCounts) -> None:
        """Put the header above the card, or compare it."""
        path, header = self._target.folder / CARD, card_header(self._frame, counts)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ReleaseFileError(f"{CARD} cannot be read as text.") from error
        if not self._target.is_checking:
            path.write_text(header + text, encoding="utf-8", newline="\n")
        elif not text.startswith(header):
            self._target.say(f"{CARD} does not begin with the header that audiofolder needs.")


def _cells(clip: PublishedClip, frame: ReleaseFrame) -> dict[str, Any]:
    info = clip.info
    place = {"file_name": info.get("file")} if frame.has_audio else {}
    return place | {
        "fname": clip.fname,
        "labels": ",".join(clip.labels),
        "mids": ",".join(clip.mids),
        "negative_mids": ",".join(clip.in_state(TrainingState.NEGATIVE)),
        "undecided_mids": ",".join(clip.in_state(TrainingState.UNDECIDED)),
        "title": str(info.get("title") or ""),
        "tags": ",".join(map(str, info.get("tags") or ())),
        "uploader": str(info.get("uploader")),
        "license": str(info.get("license")),
        "attribution": attribution(clip),
        "duration_s": float(info.get("duration_s") or 0.0),
        "sample_rate_hz": int(info.get("sample_rate_hz") or 0),
        "n_channels": int(info.get("n_channels") or 0),
        "n_certified": int(info.get("n_certified") or 0),
    }


def attribution(clip: PublishedClip) -> str:
    """Return the line that credits a clip's maker."""
    info = clip.info
    return attribution_line(
        title=" ".join(str(info.get("title") or "").split()),
        uploader=str(info.get("uploader")),
        license_text=str(info.get("license")),
        source_url=str(info.get("source_url") or ""),
    )


def card_header(frame: ReleaseFrame, counts: ReleaseCounts) -> str:
    """Return the YAML above the card.

    Source: the Hub's documentation of dataset cards and of ``configs``. Texts are JSON strings,
    which YAML reads as such.
    """
    lines = ["---", f"pretty_name: {json.dumps(f'{frame.collection} {frame.version}')}"]
    lines += ["license:", *(f"- {name}" for name in _hub_licenses(counts.licenses))]
    lines += ["task_categories:", "- audio-classification", "tags:", "- sound-event-detection"]
    n_clips = counts.n_clips.total()
    size = next((name for most, name in _SIZES if n_clips < most), "n>1M")
    lines += ["size_categories:", f"- {json.dumps(size)}"]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    parts = [part for part in PARTS if counts.n_clips[part]]
    for part in parts:
        lines += [f"  - split: {part}", "    path:", f"    - {rows_file(part)}"]
        if frame.has_audio:
            lines.append(f'    - "{side_of(part)}_audio/*"')
    if frame.has_audio:
        lines += ["  metadata_filenames:", *(f"  - {rows_file(part)}" for part in parts)]
    return "\n".join([*lines, "---", "", ""])


def _hub_licenses(licenses: Counter[str]) -> list[str]:
    """Return the Hub's words for the licences: ``cc-by-4.0``; ``other`` for what it has no word."""
    found = set()
    for text in licenses:
        address, family = license_address(text), license_family(text).lower()
        version = address.rstrip("/").rsplit("/", 1)[-1] if address else ""
        found.add(f"{family}-{version}" if version else "other")
    return sorted(found)
