"""A release's list of files, ready to be asked: made once from its manifest, kept in var.

Reading a manifest of 200,000 files at every request would cost a second and a hundred megabytes.
The index holds the same lines in SQLite, so that one file is one look-up and memory stays flat. It
is named after the manifest's sha256, can be deleted at any time and is made again when needed.
"""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from datasets_app.releases.layout import MANIFEST, SIGNATURE
from datasets_app.releases.manifest import ListedFile, ManifestError, hash_file, read_manifest
from datasets_app.releases.models import Release
from datasets_app.releases.storage.archives import ArchivePlan

SUMS = "SHA256SUMS"
_FORM = "2"
"""Raised when the tables change, so that an index of an older Harken is made anew."""
_PAGE_ROWS = 500
_TABLES = """
CREATE TABLE files (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE members (part TEXT, offset INTEGER, path TEXT NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (part, offset)) WITHOUT ROWID;
CREATE TABLE archives (part TEXT PRIMARY KEY, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL)
    WITHOUT ROWID;
"""


class ReleaseDamaged(ValueError):
    """The files on disk are not those that were released."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file within an archive: its header begins at ``offset``."""

    offset: int
    path: str
    n_bytes: int


class FileIndex:
    """The files of one release, by path, and the archives made of them."""

    def __init__(self, folder: Path) -> None:
        self.sums_path = folder / SUMS
        self._uri = f"{(folder / 'index.sqlite3').as_uri()}?mode=ro&immutable=1"

    def find(self, path: str) -> ListedFile | None:
        """Return what the manifest says of a file; None when it lists no such path."""
        return self._one("SELECT sha256, bytes FROM files WHERE path = ?", path)

    def manifest(self) -> ListedFile:
        """Return the hash and size of MANIFEST.json, which the index lists with the others."""
        return ListedFile(*self._all("SELECT sha256, bytes FROM files WHERE path = ?", MANIFEST)[0])

    def sums(self) -> ListedFile:
        """Return the hash and size of SHA256SUMS."""
        return ListedFile(*self._all("SELECT sha256, bytes FROM archives WHERE part = ''")[0])

    def archive(self, part: str) -> ListedFile | None:
        """Return the size of a part's archive and the hash that stands for its contents."""
        return self._one("SELECT sha256, bytes FROM archives WHERE part = ? AND part <> ''", part)

    def parts(self) -> list[str]:
        """Return the parts that have an archive: the folders at the top of the release."""
        with self._reader() as reader:
            rows = reader.execute("SELECT part FROM archives WHERE part <> '' ORDER BY part")
            return [part for (part,) in rows]

    def files(self, after: str = "") -> Iterator[tuple[str, ListedFile]]:
        """Yield every file, in order of path, a page of rows at a time."""
        query = "SELECT path, sha256, bytes FROM files WHERE path > ? ORDER BY path LIMIT ?"
        while rows := self._all(query, after, _PAGE_ROWS):
            for path, sha256, n_bytes in rows:
                yield path, ListedFile(sha256, n_bytes)
            after = rows[-1][0]

    def members(self, part: str, offset: int) -> Iterator[Member]:
        """Yield an archive's files from the one that ``offset`` lies in, in order."""
        first = self._all(
            "SELECT max(offset) FROM members WHERE part = ? AND offset <= ?", part, offset
        )[0][0]
        query = (
            "SELECT offset, path, bytes FROM members WHERE part = ? AND offset >= ? "
            "ORDER BY offset LIMIT ?"
        )
        while rows := self._all(query, part, first, _PAGE_ROWS):
            yield from (Member(*row) for row in rows)
            first = rows[-1][0] + 1

    def _one(self, query: str, *values: object) -> ListedFile | None:
        rows = self._all(query, *values)
        return ListedFile(*rows[0]) if rows else None

    def _all(self, query: str, *values: object) -> list[tuple]:
        with self._reader() as reader:
            return reader.execute(query, values).fetchall()

    def _reader(self) -> "closing[sqlite3.Connection]":
        return closing(sqlite3.connect(self._uri, uri=True))


def open_index(release: Release) -> FileIndex:
    """Return the index of a release; the first call makes it.

    Raises
    ------
    ReleaseDamaged
        The manifest is missing or is not the one on record.
    """
    place = Path(settings.VAR_DIR) / "release-index" / _FORM / release.manifest_sha256
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=place.parent, prefix=".making-"))
        try:
            _make_index(Path(release.path), release.manifest_sha256, made)
            _put_in_place(made, place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return FileIndex(place)


def _put_in_place(made: Path, place: Path) -> None:
    try:
        made.rename(place)
    except OSError:
        if not place.is_dir():  # else another process was quicker, with the same content
            raise


def _make_index(root: Path, manifest_sha256: str, made: Path) -> None:
    try:
        manifest = read_manifest(root)
        is_recorded = hash_file(root / MANIFEST) == manifest_sha256
    except (ManifestError, OSError) as error:
        raise ReleaseDamaged(f"The release in {root} cannot be read: {error}") from error
    if not is_recorded or manifest.problems:
        raise ReleaseDamaged(
            f"{MANIFEST} in {root} is not the one on record; restore the release from a backup."
        )
    listed = sorted({**manifest.files, **_own_files(root, manifest_sha256)}.items())
    with closing(sqlite3.connect(made / "index.sqlite3")) as writer, writer:
        writer.executescript(_TABLES)
        rows = ((path, file.sha256, file.n_bytes) for path, file in listed)
        writer.executemany("INSERT INTO files VALUES (?, ?, ?)", rows)
        _write_archives(writer, listed)
        sums = _write_sums(made / SUMS, listed)
        writer.execute("INSERT INTO archives VALUES ('', ?, ?)", (sums.sha256, sums.n_bytes))


def _own_files(root: Path, manifest_sha256: str) -> dict[str, ListedFile]:
    """Return the manifest and, where the release is signed, its signature: neither lists itself."""
    found = {MANIFEST: ListedFile(manifest_sha256, (root / MANIFEST).stat().st_size)}
    signature = root / SIGNATURE
    if signature.is_file():
        found[SIGNATURE] = ListedFile(hash_file(signature), signature.stat().st_size)
    return found


def _write_archives(writer: sqlite3.Connection, listed: list[tuple[str, ListedFile]]) -> None:
    plans: dict[str, ArchivePlan] = {}
    for path, file in listed:
        part, is_in_folder, _ = path.partition("/")
        if is_in_folder:
            plan = plans.setdefault(part, ArchivePlan())
            row = (part, plan.add(path, file.sha256, file.n_bytes), path, file.n_bytes)
            writer.execute("INSERT INTO members VALUES (?, ?, ?, ?)", row)
    for part, plan in plans.items():
        writer.execute("INSERT INTO archives VALUES (?, ?, ?)", (part, *plan.end()))


def _write_sums(path: Path, listed: list[tuple[str, ListedFile]]) -> ListedFile:
    """Write the list that ``sha256sum -c`` takes; a manifest's paths need no escapes in it."""
    digest = hashlib.sha256()
    with path.open("wb") as handle:
        for name, file in listed:
            line = f"{file.sha256}  {name}\n".encode()
            digest.update(line)
            handle.write(line)
    return ListedFile(digest.hexdigest(), path.stat().st_size)
