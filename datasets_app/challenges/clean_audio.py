"""Copies a recording's sound and nothing else: no tags, no comments, no trace of its name."""

from pathlib import Path

import soundfile

SUFFIX = ".flac"
_BLOCK_FRAMES = 1 << 16
_DEEP = ("PCM_24", "PCM_32", "FLOAT", "DOUBLE")
_MOST_FLAC_CHANNELS = 8


class RecordingUnreadable(ValueError):
    """A recording of the release cannot be decoded."""


def write_clean_copy(source: Path, target: Path, *, name: str) -> None:
    """Decode ``source`` and write it as FLAC, block by block.

    16 bits, or 24 where the source has more; samples beyond full scale are clipped. A file's own
    metadata (titles, tags, pictures, encoder, dates) stays behind, and its bytes and checksum are
    no longer those of the original.

    Raises
    ------
    RecordingUnreadable
        It cannot be decoded, or has more than the 8 channels that FLAC takes; ``name`` is named.
    """
    try:
        with soundfile.SoundFile(source) as reader:
            if reader.channels > _MOST_FLAC_CHANNELS:
                raise RecordingUnreadable(
                    f"Eval clip {name} has {reader.channels} channels; FLAC takes 8 at most."
                )
            subtype = "PCM_24" if reader.subtype in _DEEP else "PCM_16"
            with soundfile.SoundFile(
                target, "w", reader.samplerate, reader.channels, subtype, format="FLAC"
            ) as writer:
                for block in reader.blocks(_BLOCK_FRAMES, dtype="float64", always_2d=True):
                    writer.write(block)
    except soundfile.SoundFileError as error:
        raise RecordingUnreadable(f"Eval clip {name} cannot be decoded: {error}") from error


def spoken_tags(path: Path) -> dict[str, str]:
    """Return what a file says beyond its sound; empty after ``write_clean_copy``."""
    with soundfile.SoundFile(path) as reader:
        return {key: value for key, value in reader.copy_metadata().items() if value}
