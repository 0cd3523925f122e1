"""Decode a recording without believing what its header says.

A file is read to its end in blocks and its frames are counted; whatever does not agree with the
header, or cannot be a recording, is refused with one sentence that names what is wrong.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

FORMATS_OF_SUFFIX: dict[str, frozenset[str]] = {
    ".wav": frozenset({"WAV", "WAVEX", "RF64"}),
    ".flac": frozenset({"FLAC"}),
    ".ogg": frozenset({"OGG"}),
    ".mp3": frozenset({"MP3"}),
}
MAX_DURATION_S = 3600.0
MAX_CHANNELS = 8
MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ = 4_000, 384_000
MAX_SAMPLES = 3600 * 48_000 * 2
"""Frames times channels: an hour of stereo at 48 kHz, 1.4 GB as float32."""
MAX_PEAK = 64.0
"""Samples above 36 dB over full scale are integers stored as floats, or noise."""
BLOCK_FRAMES = 65_536
MP3_SLACK_FRAMES = 2 * 1152
"""An MP3 may lose a frame at each end without being broken."""


class AudioRefused(ValueError):
    """The file is not a recording we can use; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Decoded audio.

    ``samples`` has shape (n_frames, n_channels), float32, full scale 1.0. ``format`` is
    libsndfile's name of the container ("WAV", "FLAC", "OGG", "MP3").
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int
    format: str

    @property
    def n_frames(self) -> int:
        """Number of frames that were decoded."""
        return self.samples.shape[0]

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.samples.shape[1]

    @property
    def duration_s(self) -> float:
        """Duration of the decoded frames in seconds."""
        return self.n_frames / self.sample_rate_hz

    def mono(self) -> NDArray[np.float32]:
        """Return the mean of the channels, shape (n_frames,)."""
        if self.n_channels == 1:
            return self.samples[:, 0]
        return self.samples.mean(axis=1, dtype=np.float32)


def decode(path: Path, *, max_duration_s: float = MAX_DURATION_S) -> Recording:
    """Decode the whole of a wav, flac, ogg or mp3 file.

    A duration of exactly ``max_duration_s`` is allowed.

    Raises
    ------
    AudioRefused
        The file is empty, broken, cut off, not what its name says, too long, or holds no audio.
    """
    suffix = _check_suffix(path)
    if not path.is_file():
        raise AudioRefused(f"{path.name} is not a file.")
    if path.stat().st_size == 0:
        raise AudioRefused(f"{path.name} is an empty file; upload it again.")
    try:
        with soundfile.SoundFile(path) as file:
            _check_header(path, suffix, file)
            promised = _promised_frames(path, file)
            samples = _read_frames(path, file, max_duration_s)
            recording = Recording(samples, file.samplerate, file.format)
    except soundfile.LibsndfileError as error:
        reason = error.error_string.strip().rstrip(".")
        if "regular file" in reason:
            reason = "its content is of no known audio format"
        raise AudioRefused(
            f"{path.name} cannot be decoded ({reason}); re-export it as wav, flac, ogg or mp3."
        ) from error
    _check_samples(path, recording, promised)
    return recording


def _check_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in FORMATS_OF_SUFFIX:
        allowed = ", ".join(FORMATS_OF_SUFFIX)
        raise AudioRefused(f"{path.name} ends in {suffix or 'nothing'}; allowed are {allowed}.")
    return suffix


def _check_header(path: Path, suffix: str, file: soundfile.SoundFile) -> None:
    if file.format not in FORMATS_OF_SUFFIX[suffix]:
        raise AudioRefused(
            f"{path.name} is named {suffix} but holds {file.format} audio; rename or re-export it."
        )
    if not MIN_SAMPLE_RATE_HZ <= file.samplerate <= MAX_SAMPLE_RATE_HZ:
        raise AudioRefused(
            f"{path.name} has a sample rate of {file.samplerate} Hz; allowed are "
            f"{MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz, resample it."
        )
    if not 1 <= file.channels <= MAX_CHANNELS:
        raise AudioRefused(
            f"{path.name} has {file.channels} channels; allowed are 1 to {MAX_CHANNELS}, "
            "mix it down."
        )


def _read_frames(
    path: Path, file: soundfile.SoundFile, max_duration_s: float
) -> NDArray[np.float32]:
    most_frames = int(max_duration_s * file.samplerate)
    blocks: list[NDArray[np.float32]] = []
    n_frames = 0
    while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
        n_frames += len(block)
        if n_frames > most_frames:
            raise AudioRefused(
                f"{path.name} is longer than {max_duration_s:g} s, the longest allowed; cut it."
            )
        if n_frames * file.channels > MAX_SAMPLES:
            raise AudioRefused(
                f"{path.name} holds more than {MAX_SAMPLES:,} samples over all channels, the most "
                "allowed; cut it, resample it or mix it down."
            )
        blocks.append(block)
    if not blocks:
        raise AudioRefused(f"{path.name} holds no audio (zero frames); upload it again.")
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _check_samples(path: Path, recording: Recording, promised: int) -> None:
    slack = MP3_SLACK_FRAMES if recording.format == "MP3" else 0
    if recording.n_frames < promised - slack:
        raise AudioRefused(
            f"{path.name} is cut off: it promises {promised} frames and holds "
            f"{recording.n_frames}; upload it again."
        )
    peak = float(np.abs(recording.samples).max())
    if not np.isfinite(peak):
        raise AudioRefused(f"{path.name} holds samples that are no numbers (NaN or infinite).")
    if peak > MAX_PEAK:
        raise AudioRefused(
            f"{path.name} has samples of {peak:.3g} where full scale is 1; "
            f"the most allowed is {MAX_PEAK:g}, scale it down."
        )


def _promised_frames(path: Path, file: soundfile.SoundFile) -> int:
    """Return how many frames the file says it has, as far as it can be known.

    libsndfile corrects a WAV header to the bytes that are there and an Ogg stream to its last whole
    page, so those two are read here.
    """
    if file.format == "OGG":
        return max(file.frames, _promised_by_ogg(path, is_vorbis=file.subtype == "VORBIS"))
    if file.format in ("WAV", "WAVEX"):
        return max(file.frames, _promised_by_wav(path))
    # Formats that do not know their length say "as many as there can be".
    return file.frames if file.frames < 2**62 else 0


def _promised_by_wav(path: Path) -> int:
    """Return the frames of the ``data`` chunk's header; 0 where it is left open (a stream)."""
    bytes_per_frame = 0
    with path.open("rb") as handle:
        if handle.read(4) != b"RIFF":
            return 0
        handle.seek(12)
        while len(header := handle.read(8)) == 8:
            name, size = struct.unpack("<4sI", header)
            if name == b"data":
                is_open = size >= 0xFFFF_FFFF - 0xFF or not bytes_per_frame
                return 0 if is_open else size // bytes_per_frame
            if name == b"fmt " and len(body := handle.read(min(size, 14))) == 14:
                bytes_per_frame = struct.unpack("<H", body[12:])[0]
                size -= 14
            handle.seek(size + size % 2, os.SEEK_CUR)
    return 0


def _promised_by_ogg(path: Path, *, is_vorbis: bool) -> int:
    """Return the position that the last page gives; refuse a stream without its last page."""
    with path.open("rb") as handle:
        handle.seek(max(0, path.stat().st_size - 2**17))
        tail = handle.read()
    start = tail.rfind(b"OggS")
    page = tail[start : start + 14] if start >= 0 else b""
    if len(page) < 14 or not page[5] & 0x04:
        raise AudioRefused(
            f"{path.name} is cut off: the last page of its Ogg stream is missing; upload it again."
        )
    position = int(struct.unpack("<q", page[6:14])[0])
    return position if is_vorbis and position > 0 else 0
