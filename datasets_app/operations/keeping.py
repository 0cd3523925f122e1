"""Copies files into a backup by their content: what is there already is not copied again."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from datasets_app.operations.file_list import FileList, KeptFile
from datasets_app.operations.layout import RELEASES, object_path
from datasets_app.releases.models import Release
from datasets_app.releases.storage.file_index import ReleaseDamaged, open_index
from datasets_app.releases.storage.local_files import read_listed

_BLOCK_BYTES = 1 << 20
_ORIGINAL = re.compile(r"clips/[0-9a-f]{2}/([0-9a-f]{64})/original\.[^/]+")


@dataclass(slots=True)
class Keeper:
    """Keeps files for one backup.

    ``before`` is the list of the backup before this one, whose files need not be read again while
    their size and time of change are the same. ``problems`` grows where a file is not what it says.
    """

    folder: Path
    files: FileList
    before: FileList | None = None
    n_copied: int = 0
    n_vanished: int = 0
    problems: list[str] = field(default_factory=list)

    def keep_folder(self, root: str, folder: Path) -> Iterator[None]:
        """Keep every plain file below a folder; yield after each.

        Left out are links and names that begin with a dot: those are files still being written.
        """
        for path in _plain_files(folder):
            try:
                self._keep_file(root, path.relative_to(folder).as_posix(), path)
            except FileNotFoundError:  # the site goes on working, and a job may end meanwhile
                self.n_vanished += 1
            yield

    def keep_release(self, folder: str, release: Release) -> Iterator[None]:
        """Keep the files that a release's manifest lists; yield after each."""
        try:
            index = open_index(release)
            for path, listed in index.files():
                sha256 = listed.sha256
                if not object_path(self.folder, sha256).exists():
                    sha256 = self._copy(read_listed(Path(release.path), path, listed.n_bytes))
                    self._check(sha256, listed.sha256, Path(release.path) / path)
                self.files.add(KeptFile(RELEASES, f"{folder}/{path}", sha256, listed.n_bytes, 0))
                yield
        except ReleaseDamaged as error:
            self.problems.append(f"Release {folder} is not wholly in this backup: {error}")

    def _keep_file(self, root: str, name: str, path: Path) -> None:
        found = path.stat()
        known = self.before.find(root, name) if self.before else None
        is_same = known and (known.n_bytes, known.mtime_ns) == (found.st_size, found.st_mtime_ns)
        original = _ORIGINAL.fullmatch(name)
        sha256 = known.sha256 if known and is_same else original[1] if original else None
        if sha256 is None or not object_path(self.folder, sha256).exists():
            with path.open("rb") as handle:
                sha256 = self._copy(iter(lambda: handle.read(_BLOCK_BYTES), b""))
            if original:
                self._check(sha256, original[1], path)
        n_bytes = object_path(self.folder, sha256).stat().st_size
        self.files.add(KeptFile(root, name, sha256, n_bytes, found.st_mtime_ns))

    def _copy(self, blocks: Iterator[bytes]) -> str:
        """Write an object under its hash; it gets its name when it is whole."""
        partial = self.folder / "objects" / f".{os.getpid()}"
        digest = hashlib.sha256()
        with partial.open("wb") as writer:
            for block in blocks:
                digest.update(block)
                writer.write(block)
        place = object_path(self.folder, digest.hexdigest())
        place.parent.mkdir(exist_ok=True)
        partial.replace(place)
        self.n_copied += 1
        return digest.hexdigest()

    def _check(self, found: str, expected: str, path: Path) -> None:
        if found != expected:
            self.problems.append(
                f"{path} is not the file that was taken in (its sha256); it was kept as it is now."
            )


def _plain_files(folder: Path) -> Iterator[Path]:
    waiting = [folder] if folder.is_dir() else []
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name)
        except FileNotFoundError:
            continue  # a finished job's folder may be cleared at any moment
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                yield Path(entry.path)
