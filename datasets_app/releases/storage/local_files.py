"""Reads the files of a release from its folder, and follows no link on the way."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from datasets_app.releases.storage.file_index import ReleaseDamaged

_BLOCK_BYTES = 1 << 18


def open_listed(root: Path, name: str, n_bytes: int) -> int:
    """Return a file descriptor of a listed file; the caller closes it.

    Every folder on the way is opened from the one before, so that a link put in its place in
    between leads nowhere.

    Raises
    ------
    ReleaseDamaged
        The file is gone, is a link, is no plain file, or has another size than was released.
    """
    *folders, last = PurePosixPath(name).parts
    try:
        place = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        for folder in folders:
            place = _step(place, folder, os.O_DIRECTORY)
        handle = _step(place, last, os.O_NONBLOCK)
    except OSError as error:
        raise ReleaseDamaged(f"{root / name} cannot be read: {error.strerror}.") from error
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_size != n_bytes:
        os.close(handle)
        raise ReleaseDamaged(f"{root / name} is no plain file of {n_bytes} bytes.")
    return handle


def _step(place: int, name: str, flags: int) -> int:
    """Open an entry of the folder ``place``, which is closed."""
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=place)
    finally:
        os.close(place)


class FilePart:
    """Some bytes of an open file, a block at a time; ``close`` may come before the first."""

    def __init__(self, handle: int, name: str, first: int, n_bytes: int) -> None:
        self._file = os.fdopen(handle, "rb", buffering=0)
        self._file.seek(first)
        self._name = name
        self._left = n_bytes

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Return the next block.

        Raises
        ------
        ReleaseDamaged
            The file ends early.
        """
        if self._left <= 0:
            self.close()
            raise StopIteration
        block = self._file.read(min(_BLOCK_BYTES, self._left))
        if not block:
            self.close()
            raise ReleaseDamaged(f"{self._name} ended while it was read.")
        self._left -= len(block)
        return block

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def read_listed(
    root: Path, name: str, n_bytes: int, first: int = 0, n_wanted: int | None = None
) -> FilePart:
    """Return a listed file's blocks, or ``n_wanted`` bytes of it from ``first``.

    Raises
    ------
    ReleaseDamaged
        See ``open_listed``; nothing was read then.
    """
    handle = open_listed(root, name, n_bytes)
    return FilePart(handle, name, first, n_bytes - first if n_wanted is None else n_wanted)
