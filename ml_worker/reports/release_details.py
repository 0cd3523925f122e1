"""What a release's metadata add for a reader: full class names, titles, uploaders, licences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_worker.evaluation.protocol import read_object
from ml_worker.release import Release


@dataclass(frozen=True, slots=True)
class ClipDetails:
    """A clip as it is to be credited; empty strings where the release does not say."""

    title: str
    uploader: str
    license: str
    path: Path


@dataclass(frozen=True, slots=True)
class ReleaseDetails:
    """``names`` are of classes by mid; ``clips`` are by fname."""

    names: dict[str, str]
    clips: dict[str, ClipDetails]
    is_simulated: bool

    def name(self, mid: str, otherwise: str) -> str:
        """Return a class's full name, or the released one with its spaces back."""
        return self.names.get(mid) or otherwise.replace("_", " ")


def read_release_details(release: Release) -> ReleaseDetails:
    """Read the optional files ``metadata/class_info.json``, ``settings.json`` and clips_info."""
    metadata = release.folder / "metadata"
    classes = read_object(metadata / "class_info.json")
    infos: dict[str, Any] = {}
    for side in ("dev", "eval"):
        infos |= read_object(metadata / f"{side}_clips_info.json")
    return ReleaseDetails(
        names={mid: _text(info, "name") for mid, info in classes.items()},
        clips={
            clip.fname: ClipDetails(
                _text(infos.get(clip.fname), "title"),
                _text(infos.get(clip.fname), "uploader"),
                _text(infos.get(clip.fname), "license"),
                clip.path,
            )
            for clip in release.clips
        },
        is_simulated=read_object(metadata / "settings.json").get("is_simulated") is True,
    )


def _text(info: Any, key: str) -> str:
    value = info.get(key) if isinstance(info, dict) else None
    return value if isinstance(value, str) else ""
