"""What a curator chooses of a release: its formats, its audio, its licences. Needs no database."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from datasets_app.releases.recordings import AudioForm

FORMATS = ("audiofolder", "audioset", "croissant", "dcase", "parquet", "soundata")
"""What may be written beside FSD50K's layout, which every release has."""


@dataclass(frozen=True, slots=True)
class ReleaseOptions:
    """The choices of one release, all of them recorded in ``metadata/settings.json``.

    ``licenses`` empty means every licence; see ``domain.releases.license_subset``.
    ``has_audio_in_parquet`` puts the recordings' bytes into the Parquet files too.
    """

    formats: tuple[str, ...] = FORMATS
    audio: AudioForm = field(default_factory=AudioForm)
    licenses: tuple[str, ...] = ()
    has_audio_in_parquet: bool = False

    def __post_init__(self) -> None:
        """Refuse formats that are not known and choices that contradict each other."""
        if unknown := sorted(set(self.formats) - set(FORMATS)):
            raise ValueError(
                f"Received format {unknown[0]!r}; allowed are {', '.join(FORMATS)} and none."
            )
        if "croissant" in self.formats and "parquet" not in self.formats:
            raise ValueError("Croissant describes the Parquet tables; choose parquet too.")
        if self.has_audio_in_parquet and ("parquet" not in self.formats or self.audio.is_absent):
            raise ValueError("Audio in Parquet needs the format parquet and a release with audio.")

    def as_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        return {
            "formats": sorted(self.formats),
            "audio": asdict(self.audio),
            "licenses": sorted(self.licenses),
            "has_audio_in_parquet": self.has_audio_in_parquet,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Return the options of a release's record."""
        return cls(
            formats=tuple(found["formats"]),
            audio=AudioForm(**found["audio"]),
            licenses=tuple(found["licenses"]),
            has_audio_in_parquet=found["has_audio_in_parquet"],
        )


FIRST_LAYOUT = ReleaseOptions(formats=())
"""The options of releases from before there were any."""


def named_formats(text: str) -> tuple[str, ...]:
    """Return the formats of a comma-separated list; ``all`` and ``none`` are words for it.

    Examples
    --------
    >>> named_formats("dcase, audioset"), named_formats("none")
    (('audioset', 'dcase'), ())
    """
    names = split_list(text)
    if names == ["all"]:
        return FORMATS
    return () if names == ["none"] else tuple(sorted(set(names)))


def split_list(text: str) -> list[str]:
    """Return the entries of a comma-separated list without blanks around them."""
    return [entry for part in text.split(",") if (entry := part.strip())]


def format_of(name: str) -> str:
    """Return the format that a file of a release belongs to, by its path.

    Examples
    --------
    >>> format_of("dcase/train.csv"), format_of("audiofolder-val.jsonl"), format_of("README.md")
    ('dcase', 'audiofolder', 'fsd50k')
    """
    head = name.split("/", maxsplit=1)[0].split("-", maxsplit=1)[0].removesuffix(".json")
    return head if head in FORMATS else "fsd50k"


def sum_formats(files: Iterable[tuple[str, int]]) -> dict[str, dict[str, int]]:
    """Return the number and the bytes of the files of each format from (path, bytes)."""
    found: dict[str, dict[str, int]] = {}
    for name, n_bytes in files:
        entry = found.setdefault(format_of(name), {"files": 0, "bytes": 0})
        entry["files"] += 1
        entry["bytes"] += n_bytes
    return dict(sorted(found.items()))
