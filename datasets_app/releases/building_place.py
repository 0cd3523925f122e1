"""A folder that is filled out of sight and appears complete or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_place_is_free(out: Path) -> None:
    """Raise unless a release can appear at ``out``.

    Raises
    ------
    ValueError
        There is a file or a folder with something in it, or no folder to put it in.
    """
    if not out.parent.is_dir():
        raise ValueError(f"The folder {out.parent} does not exist; make it first.")
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise ValueError(f"{out} is no folder; name one that is new or empty.")
    if out.is_dir() and any(out.iterdir()):
        raise ValueError(
            f"{out} is not empty and releases are never written over; name a new folder."
        )


@contextmanager
def building_folder(out: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``out`` to fill; the caller renames it to ``out``.

    What is left of an interrupted build into the same place is cleared first, and what the block
    leaves behind is cleared after. One build at a time holds the place.

    Raises
    ------
    ValueError
        Another process is building into the same place.
    """
    folder = out.with_name(f".{out.name}.building")
    folder.mkdir(exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _hold(handle, folder, out)
        _clear(folder)
        try:
            yield folder
        finally:
            if _is_same(handle, folder):
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _hold(handle: int, folder: Path, out: Path) -> None:
    busy = f"Another process is building {out} at this moment; wait for it to end."
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ValueError(busy) from error
    if not _is_same(handle, folder):  # it was renamed to its place since it was opened
        raise ValueError(busy)


def _is_same(handle: int, folder: Path) -> bool:
    try:
        return folder.lstat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False


def _clear(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
