"""What a format needs to know of a release beside its clips."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets_app.releases.layout import DEV_PARTS, SETTINGS
from datasets_app.releases.options import FIRST_LAYOUT, ReleaseOptions
from datasets_app.releases.published import PublishedClip
from datasets_app.releases.reading import ReleaseFileError, read_json, read_vocabulary

PARTS = (*DEV_PARTS, "eval")


@dataclass(slots=True)
class ReleaseCounts:
    """Counts over the clips that passed by."""

    n_clips: Counter[str] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    n_states: Counter[str] = field(default_factory=Counter)
    n_certified: int = 0
    duration_ms: int = 0

    def add(self, clips: Sequence[PublishedClip]) -> None:
        """Count some clips."""
        for clip in clips:
            self.n_clips[clip.part] += 1
            self.licenses[str(clip.info.get("license"))] += 1
            self.n_certified += bool(clip.info.get("n_certified"))
            self.duration_ms += round(float(clip.info.get("duration_s") or 0.0) * 1000)
            for state, _ in clip.states.values():
                self.n_states[state.value] += 1


@dataclass(frozen=True, slots=True)
class ReleaseFrame:
    """A release without its clips; ``vocabulary`` gives the released name of each mid."""

    collection: str
    version: str
    vocabulary: Mapping[str, str]
    options: ReleaseOptions
    settings: Mapping[str, Any]

    @property
    def has_audio(self) -> bool:
        """Whether the release has recordings."""
        return not self.options.audio.is_absent


def read_frame(folder: Path) -> ReleaseFrame:
    """Read what a release says of itself.

    Raises
    ------
    ReleaseFileError
        Vocabulary or settings are missing or malformed.
    """
    settings = read_json(folder, SETTINGS)
    if not isinstance(settings, dict):
        raise ReleaseFileError(f"{SETTINGS} must hold an object.")
    try:
        known = "formats" in settings
        options = ReleaseOptions.from_json(settings) if known else FIRST_LAYOUT
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseFileError(f"{SETTINGS} names no options of a release: {error}") from error
    names = str(settings.get("collection")), str(settings.get("version"))
    return ReleaseFrame(*names, read_vocabulary(folder), options, settings)
