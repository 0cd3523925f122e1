"""Where a clip's files lie: below the media folder, under the sha256 of the recording."""

import hashlib
import os
import shutil
from pathlib import Path

from django.conf import settings

PREVIEW = "preview.mp3"
SPECTROGRAM = "spectrogram.png"
PEAKS = "peaks.json"
FINGERPRINT = "fingerprint.bin"
_BLOCK_BYTES = 1 << 20


class RecordingChanged(ValueError):
    """The recording is no longer the one that was analysed."""


def clip_folder(sha256: str) -> Path:
    """Return the folder of a recording's files."""
    return Path(settings.MEDIA_ROOT) / "clips" / sha256[:2] / sha256


def original_path(sha256: str, suffix: str) -> Path:
    """Return where the recording itself is kept, byte for byte as it came."""
    return clip_folder(sha256) / f"original{suffix}"


def keep_recording(*, source: Path, sha256: str, suffix: str, analysis: Path) -> None:
    """Copy a recording and move what was made of it (``analysis``) into the media folder.

    Harmless to repeat. The copy gets its name only after its hash was found right.

    Raises
    ------
    RecordingChanged
        ``source`` has other bytes than those analysed.
    """
    folder = clip_folder(sha256)
    folder.mkdir(parents=True, exist_ok=True)
    target = original_path(sha256, suffix)
    if not target.exists():
        _copy_checked(source, target, sha256)
    for made in (PREVIEW, SPECTROGRAM, PEAKS, FINGERPRINT):
        if (analysis / made).exists():
            shutil.move(analysis / made, folder / made)


def _copy_checked(source: Path, target: Path, sha256: str) -> None:
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reader, partial.open("wb") as writer:
            while block := reader.read(_BLOCK_BYTES):
                digest.update(block)
                writer.write(block)
        if digest.hexdigest() != sha256:
            raise RecordingChanged(f"{source.name} changed while it was being taken in")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
