"""A store of log-mel frames by the content of recordings: one data file and one index.

::

    <folder>/<front-end>/frames.f16    float16 rows of n_bands, one recording after the other
    <folder>/<front-end>/index.bin     one fixed record for each: see ``_RECORD``
    <folder>/<front-end>/checked.json  what the data file looked like when all of it was whole
    <folder>/<front-end>/lock          held by whoever writes

Both files only grow: recordings are appended under the lock, data first and the index record last,
so whatever a killed worker leaves behind no record names. Two workers may fill one store at once.

An entry carries the sha256 of its rows. As long as the data file is as the last writer left it
(size, inode and times agree with ``checked.json``) it is trusted; else every entry is read and
compared, and those that are corrupt are forgotten, to be made again. The file is mapped once,
however many recordings it holds: a kernel allows a process some 65,000 mappings.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import mmap
import os
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ml_worker.contract import write_json_atomically
from ml_worker.features.front_end import FrontEnd

Frames = NDArray[np.float16]

_RECORD = np.dtype(
    [
        ("recording", "S64"),  # the recording's sha256
        ("start", "<i8"),  # first row
        ("n_frames", "<i8"),  # 0: the entry before was corrupt and is forgotten
        ("digest", "S64"),  # sha256 of the rows' bytes
        ("check", "<u8"),  # crc32 of the fields before
    ]
)
_CLOCK_TICK_S = 0.02
"""Longer than the steps in which file systems count time."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a recording's rows are."""

    start: int
    n_frames: int
    digest: str


class MappedFrames(Sequence[Frames]):
    """The frames of some recordings, each (n_frames, n_bands), cut from one map when asked for."""

    def __init__(self, rows: Frames, entries: Sequence[_Entry]) -> None:
        """Cut each entry from ``rows``, those of the whole store."""
        self._rows = rows
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Frames: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frames]: ...
    def __getitem__(self, index: int | slice) -> Frames | list[Frames]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        entry = self._entries[index]
        return self._rows[entry.start : entry.start + entry.n_frames]


class FeatureStore:
    """Log-mel frames of recordings, by the sha256 of the recording."""

    def __init__(self, folder: Path, front_end: FrontEnd, device: str = "cpu") -> None:
        """Keep entries under ``folder``, apart for each front-end and kind of device.

        A GPU's frames differ from a CPU's in the last bits, and a run must not depend on which
        worker came first.
        """
        self.front_end = front_end
        self.device = device
        name = front_end.frames_id if device == "cpu" else f"{front_end.frames_id}-{device}"
        self.folder = folder / name
        self.data_path = self.folder / "frames.f16"
        self._index_path = self.folder / "index.bin"
        self._checked_path = self.folder / "checked.json"
        self._row_bytes = 2 * front_end.n_bands
        self._known: dict[str, _Entry] = {}
        self._n_index_bytes = 0

    def missing(self, recordings: Sequence[str]) -> list[str]:
        """Return those recordings, each once, that the store lacks or holds corrupt."""
        self._forget_corrupt()
        entries = self._entries()
        return [name for name in dict.fromkeys(recordings) if name not in entries]

    def add(self, frames_of: Mapping[str, Frames]) -> None:
        """Append frames, shape (n_frames, n_bands); what another worker has added meanwhile stays.

        Raises
        ------
        OSError
            The disk is full or cannot be written; the store is as before.
        """
        with self._locked():
            known = self._entries()
            new = {name: f for name, f in frames_of.items() if name not in known}
            if not new:
                return
            was_checked = self._is_checked()
            records = self._append_rows(new)
            self._append_records(records)
            if was_checked:
                self._mark_checked()

    def mapped(self, recordings: Sequence[str]) -> MappedFrames:
        """Return the frames of recordings that are all in the store, in their order.

        Raises
        ------
        KeyError
            The store lacks one of them.
        """
        entries = self._entries()
        return MappedFrames(self._map(), [entries[name] for name in recordings])

    def _map(self) -> Frames:
        if not self.data_path.exists() or not self.data_path.stat().st_size:
            return np.empty((0, self.front_end.n_bands), np.float16)
        with self.data_path.open("rb") as handle:
            mapped = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        n_rows = len(mapped) // self._row_bytes
        values = np.frombuffer(mapped, np.float16, n_rows * self.front_end.n_bands)
        return values.reshape(n_rows, self.front_end.n_bands)

    def _entries(self) -> dict[str, _Entry]:
        """Return the last whole record of each recording, reading what the index has gained."""
        size = self._index_path.stat().st_size if self._index_path.exists() else 0
        if size < self._n_index_bytes:
            self._known, self._n_index_bytes = {}, 0
        n_new = (size - self._n_index_bytes) // _RECORD.itemsize
        if n_new <= 0:
            return self._known
        with self._index_path.open("rb") as handle:
            handle.seek(self._n_index_bytes)
            content = handle.read(n_new * _RECORD.itemsize)
        for name, entry in _whole_records(content):
            self._known.pop(name, None)
            if entry.n_frames > 0:
                self._known[name] = entry
        self._n_index_bytes += len(content) - len(content) % _RECORD.itemsize
        return self._known

    def _append_rows(self, new: Mapping[str, Frames]) -> list[np.void]:
        records = []
        with self.data_path.open("ab") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.write(b"\0" * (-size % self._row_bytes))  # after a writer that was killed
            for name, frames in new.items():
                start = handle.tell() // self._row_bytes
                content = np.ascontiguousarray(frames, dtype=np.float16).tobytes()
                handle.write(content)
                records.append(_record(name, start, len(frames), content))
            handle.flush()
            os.fsync(handle.fileno())
        return records

    def _append_records(self, records: Sequence[np.void]) -> None:
        with self._index_path.open("ab") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.truncate(size - size % _RECORD.itemsize)
            handle.write(np.array(records, dtype=_RECORD).tobytes())

    def _forget_corrupt(self) -> None:
        """Compare every entry with its sha256, unless the data file is as its writer left it."""
        if not self.data_path.exists() and not self._index_path.exists():
            return
        with self._locked():
            if self._is_checked():
                return
            rows = self._map()
            corrupt = [
                _record(name, 0, 0, b"")
                for name, entry in self._entries().items()
                if not _is_whole(rows, entry)
            ]
            self.data_path.touch()
            self._append_records(corrupt)
            self._mark_checked()

    def _is_checked(self) -> bool:
        if not self.data_path.exists():
            return not self._index_path.exists()
        try:
            checked = json.loads(self._checked_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(checked == self._state())

    def _mark_checked(self) -> None:
        # A change within the same tick of the clock would leave the times as they are.
        age_s = time.time() - self.data_path.stat().st_mtime
        time.sleep(min(_CLOCK_TICK_S, max(0.0, _CLOCK_TICK_S - age_s)))
        write_json_atomically(self._checked_path, self._state())

    def _state(self) -> dict[str, int]:
        found = self.data_path.stat()
        names = ("st_size", "st_ino", "st_mtime_ns", "st_ctime_ns")
        return {name: getattr(found, name) for name in names}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as handle:
            fcntl.flock(handle.fileno(), fcntl.LOCK_EX)
            yield


def _record(name: str, start: int, n_frames: int, content: bytes) -> np.void:
    digest = hashlib.sha256(content).hexdigest()
    record = np.array((name, start, n_frames, digest, 0), dtype=_RECORD)
    body = _RECORD.itemsize - _RECORD["check"].itemsize
    record["check"] = zlib.crc32(record.tobytes()[:body])
    return record[()]


def _whole_records(content: bytes) -> Iterator[tuple[str, _Entry]]:
    body = _RECORD.itemsize - _RECORD["check"].itemsize
    for at, record in enumerate(np.frombuffer(content, _RECORD).tolist()):
        offset = at * _RECORD.itemsize
        name, start, n_frames, digest, check = record
        if zlib.crc32(content[offset : offset + body]) == check:
            yield name.decode(), _Entry(start, n_frames, digest.decode())


def _is_whole(rows: Frames, entry: _Entry) -> bool:
    stop = entry.start + entry.n_frames
    if stop > len(rows):
        return False
    return hashlib.sha256(rows[entry.start : stop].data).hexdigest() == entry.digest
