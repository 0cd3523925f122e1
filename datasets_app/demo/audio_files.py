"""Writing audio files whose bytes depend on nothing but the samples.

libsndfile gives every Ogg stream a serial number from the clock, so two equal recordings
differ; ``write_audio`` sets the number to a fixed value and mends the page checksums (RFC 3533).
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import soundfile

from datasets_app.demo.waves import Signal

_SUBTYPES = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS"}
_FORMATS = {"wav": "WAV", "flac": "FLAC", "ogg": "OGG"}
_REVERSED_BYTES = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
OGG_SERIAL = 0x4861726B


def write_audio(path: Path, samples: Signal, rate_hz: int) -> None:
    """Write samples (n,) or (n, channels), within -1..1, as the file type of the suffix.

    Raises
    ------
    ValueError
        For a suffix other than .wav, .flac, .ogg.
    """
    extension = path.suffix.lstrip(".").lower()
    if extension not in _FORMATS:
        raise ValueError(f"{path.name}: cannot write {path.suffix!r}; use .wav, .flac or .ogg.")
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        np.clip(samples, -1.0, 1.0 - 2.0**-15),
        rate_hz,
        format=_FORMATS[extension],
        subtype=_SUBTYPES[extension],
    )
    content = buffer.getvalue()
    path.write_bytes(with_ogg_serial(content, OGG_SERIAL) if extension == "ogg" else content)


def with_ogg_serial(content: bytes, serial: int) -> bytes:
    """The same Ogg stream with another serial number in every page, checksums made right."""
    pages = []
    position = 0
    while position < len(content):
        n_segments = content[position + 26]
        lengths = content[position + 27 : position + 27 + n_segments]
        end = position + 27 + n_segments + sum(lengths)
        page = bytearray(content[position:end])
        page[14:18] = struct.pack("<I", serial)
        page[22:26] = b"\0\0\0\0"
        page[22:26] = struct.pack("<I", ogg_checksum(bytes(page)))
        pages.append(bytes(page))
        position = end
    return b"".join(pages)


def ogg_checksum(page: bytes) -> int:
    """CRC-32 as Ogg computes it: polynomial 04C11DB7, most significant bit first, start 0.

    It is zlib's CRC on mirrored bytes, read mirrored, without the inversions.

    Examples
    --------
    >>> hex(ogg_checksum(b"123456789"))
    '0x89a1897f'
    """
    mirrored = zlib.crc32(page.translate(_REVERSED_BYTES), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
