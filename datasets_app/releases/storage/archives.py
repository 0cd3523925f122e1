"""A part of a release as one tar, never written anywhere: where each byte lies is known before.

The files are stored as they are, headers hold no times, owners or modes of the machine, so that the
archive is the same bytes wherever and whenever it is made, and any range of it can be made alone.
"""

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

_BLOCK = tarfile.BLOCKSIZE
_END = bytes(2 * _BLOCK)
_FORM = b"harken tar 1\n"


class Placed(Protocol):
    """A file and where its header begins in the archive, in bytes."""

    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def n_bytes(self) -> int: ...  # noqa: D102


ReadRange = Callable[[Placed, int, int], Iterator[bytes]]
"""Takes a file, its first wanted byte and the number of bytes; yields them."""


def header(path: str, n_bytes: int) -> bytes:
    """Return a file's header: POSIX.1-2001 (pax) where a name is long or not ASCII, else ustar.

    >>> len(header("dev_audio/1.wav", 10)), len(header("dev_audio/ñ.wav", 10))
    (512, 1536)
    """
    member = tarfile.TarInfo(path)
    member.size = n_bytes
    return member.tobuf(format=tarfile.PAX_FORMAT)


def header_length(path: str, n_bytes: int) -> int:
    """Return ``len(header(path, n_bytes))``, in most cases without making it.

    >>> all(header_length(p, 1) == len(header(p, 1)) for p in ("a/b", "a" * 100, "a" * 101, "ñ"))
    True
    """
    is_plain = path.isascii() and len(path) <= tarfile.LENGTH_NAME and n_bytes < 8**11
    return _BLOCK if is_plain else len(header(path, n_bytes))


class ArchivePlan:
    """Gives each file its place and, in the end, the archive its size and name."""

    def __init__(self) -> None:
        self._size = 0
        self._digest = hashlib.sha256(_FORM)

    def add(self, path: str, sha256: str, n_bytes: int) -> int:
        """Return the offset of a file's header, in bytes."""
        offset = self._size
        self._digest.update(f"{sha256} {n_bytes} {path}\n".encode())
        self._size += header_length(path, n_bytes) + n_bytes + _padding(n_bytes)
        return offset

    def end(self) -> tuple[str, int]:
        """Return a hash that stands for the archive's bytes, and their number."""
        return self._digest.hexdigest(), self._size + len(_END)


def archive_bytes(
    members: Iterable[Placed], read: ReadRange, first: int, last: int
) -> Iterator[bytes]:
    """Yield the bytes ``first`` to ``last`` (inclusive) of an archive.

    Parameters
    ----------
    members
        From the one that ``first`` lies in, to the last of the archive.
    read
        Reads a stored file. Memory is that of one block.
    """
    end = 0
    for member in members:
        if member.offset > last:
            return
        head = header(member.path, member.n_bytes)
        end = member.offset + len(head)
        yield from _cut(head, member.offset, first, last)
        start, stop = max(first, end), min(last + 1, end + member.n_bytes)
        if start < stop:
            yield from read(member, start - end, stop - start)
        end += member.n_bytes
        yield from _cut(bytes(_padding(member.n_bytes)), end, first, last)
        end += _padding(member.n_bytes)
    yield from _cut(_END, end, first, last)


def _cut(piece: bytes, offset: int, first: int, last: int) -> Iterator[bytes]:
    """Yield what of a piece that begins at ``offset`` lies in the range, if any does."""
    wanted = piece[max(0, first - offset) : max(0, last + 1 - offset)]
    if wanted:
        yield wanted


def _padding(n_bytes: int) -> int:
    return -n_bytes % _BLOCK
