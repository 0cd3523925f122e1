"""Recordings as a release holds them: as published, or normalised. Knows no database.

Processes of a pool import this module alone, so it imports neither Django nor the records.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

PUBLISHED, ABSENT, FLAC, WAV = "published", "none", "flac", "wav"
FORMS = (PUBLISHED, FLAC, WAV, ABSENT)
RATES_HZ = (8_000, 192_000)
BLOCK_FRAMES = 1 << 18
_BLOCK_BYTES = 1 << 20
_FULL_SCALE = 32767
_HALF_WIDTH = 10
"""Zero crossings of the filter on either side, as scipy's ``resample_poly`` takes by default."""


@dataclass(frozen=True, slots=True)
class AudioForm:
    """How the recordings of a release are kept.

    ``form``: ``published`` (the very bytes that came), ``flac`` or ``wav`` (normalised: 16 bit,
    ``rate_hz``, channels averaged into one if ``is_mono``), or ``none`` (no recordings at all).
    """

    form: str = PUBLISHED
    rate_hz: int | None = None
    is_mono: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if self.form not in FORMS:
            raise ValueError(f"Received audio {self.form!r}; allowed are {', '.join(FORMS)}.")
        if self.is_normalised == (self.rate_hz is None):
            raise ValueError("A rate in Hz belongs to audio flac or wav, and to these only.")
        low, high = RATES_HZ
        if self.rate_hz is not None and not low <= self.rate_hz <= high:
            raise ValueError(f"Received {self.rate_hz} Hz; allowed are {low:,} to {high:,} Hz.")

    @property
    def is_normalised(self) -> bool:
        """Whether recordings are decoded and written anew."""
        return self.form in (FLAC, WAV)

    @property
    def is_absent(self) -> bool:
        """Whether the release has no recordings."""
        return self.form == ABSENT


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of a release: its digests in hexadecimal, its size, and what it holds."""

    sha256: str
    md5: str
    n_bytes: int
    suffix: str
    duration_s: float
    sample_rate_hz: int
    n_channels: int


def digest_file(path: Path) -> tuple[str, str, int]:
    """Return sha256, md5 and size of a file, read once.

    The md5 is for soundata's index, which knows no other; nothing here trusts it.
    """
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    n_bytes = 0
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK_BYTES):
            sha256.update(block)
            md5.update(block)
            n_bytes += len(block)
    return sha256.hexdigest(), md5.hexdigest(), n_bytes


def normalise_recording(source: Path, target: Path, form: AudioForm) -> Recording:
    """Write a recording anew in another form; return what was written.

    16-bit samples without dither, so that the same recording gives the same bytes; what exceeds
    full scale is clipped. Memory is bounded by ``BLOCK_FRAMES`` frames, however long it is.

    Raises
    ------
    ValueError
        The recording cannot be decoded.
    """
    if form.rate_hz is None:
        raise ValueError(f"Received audio {form.form!r}; allowed are {FLAC} and {WAV}.")
    try:
        with soundfile.SoundFile(source) as reader:
            n_channels = 1 if form.is_mono else reader.channels
            blocks = _resampled(_blocks(reader, form.is_mono), reader.samplerate, form.rate_hz)
            n_frames = _write(target, blocks, form, n_channels)
    except soundfile.SoundFileError as error:
        raise ValueError(f"cannot be decoded ({str(error).split(':')[-1].strip()})") from error
    sha256, md5, n_bytes = digest_file(target)
    seconds = n_frames / form.rate_hz
    return Recording(sha256, md5, n_bytes, f".{form.form}", seconds, form.rate_hz, n_channels)


def keep_normalised(source: Path, folder: Path, form: AudioForm) -> tuple[Path, Recording] | str:
    """Normalise a recording into a folder of its own, unless that was done before.

    The file's name is its own sha256, given to it once it is whole: one that is there under its
    right name need not be made again. Several forms may lie in one folder.

    Returns
    -------
    tuple or str
        The file and what it is; or, in words, why it cannot be made.
    """
    wanted = f"{form.form}-{form.rate_hz}-{'mono' if form.is_mono else 'all'}"
    place = folder / wanted
    place.mkdir(parents=True, exist_ok=True)
    for path in sorted(place.iterdir()):
        if path.suffix == f".{form.form}":
            found = _describe(path)
            if found.sha256 == path.stem:
                return path, found
        path.unlink()
    partial = place / "unfinished"
    try:
        made = normalise_recording(source, partial, form)
    except ValueError as error:
        return str(error)
    return partial.rename(place / f"{made.sha256}{made.suffix}"), made


def _describe(path: Path) -> Recording:
    sha256, md5, n_bytes = digest_file(path)
    try:
        info = soundfile.info(path)
    except soundfile.SoundFileError:
        return Recording("", md5, n_bytes, path.suffix, 0.0, 0, 0)
    seconds = info.frames / info.samplerate
    return Recording(sha256, md5, n_bytes, path.suffix, seconds, info.samplerate, info.channels)


def _write(
    target: Path, blocks: Iterator[NDArray[np.float64]], form: AudioForm, n_channels: int
) -> int:
    n_frames = 0
    handle: BinaryIO
    with target.open("w+b") as handle:
        kind = form.form.upper()
        with soundfile.SoundFile(
            handle, "w", form.rate_hz, n_channels, subtype="PCM_16", format=kind
        ) as writer:
            for block in blocks:
                whole = np.rint(np.clip(np.nan_to_num(block), -1.0, 1.0) * _FULL_SCALE)
                writer.write(whole.astype(np.int16))
                n_frames += len(block)
    return n_frames


def _blocks(reader: soundfile.SoundFile, is_mono: bool) -> Iterator[NDArray[np.float64]]:
    for block in reader.blocks(BLOCK_FRAMES, dtype="float64", always_2d=True):
        yield block.mean(axis=1, keepdims=True) if is_mono else block


def _resampled(
    blocks: Iterator[NDArray[np.float64]], from_hz: int, to_hz: int
) -> Iterator[NDArray[np.float64]]:
    """Yield what ``resample_poly`` gives of the whole signal, block by block.

    Each block is resampled with enough of its neighbours that the filter sees all it would in one
    go; the borders are multiples of ``down``, where input and output samples coincide.
    """
    common = gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    if up == down:
        yield from blocks
        return
    # Here and not above: it takes 50 MB, and most releases resample nothing.
    from scipy.signal import firwin, resample_poly

    most = max(up, down)
    window = firwin(2 * _HALF_WIDTH * most + 1, 1 / most, window=("kaiser", 5.0))
    context = down * (_HALF_WIDTH * most // (up * down) + 2)
    held: NDArray[np.float64] | None = None
    before = 0
    for block in blocks:
        held = block if held is None else np.concatenate([held, block])
        ready = (len(held) - before - context) // down * down
        if ready > 0:
            yield resample_poly(held, up, down, window=window)[
                before * up // down : (before + ready) * up // down
            ]
            kept = max(before + ready - context, 0)
            before, held = before + ready - kept, held[kept:]
    if held is not None:
        yield resample_poly(held, up, down, window=window)[before * up // down :]
