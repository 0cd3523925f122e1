"""The files of a release as its page lists them: the few by name, the many by folder."""

from dataclasses import dataclass

from django.core.cache import cache

from datasets_app.releases.models import Release
from datasets_app.releases.storage.file_index import ReleaseDamaged, open_index

MOST_NAMED = 40
"""A folder with more files than this (exclusive) is one line."""
KEPT_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class NamedFile:
    """One file with what to check it by."""

    path: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder at the top of the release; ``files`` is empty where there are too many to name."""

    name: str
    n_files: int
    n_bytes: int
    files: tuple[NamedFile, ...]

    @property
    def is_archived(self) -> bool:
        """Say whether it can be had as one archive; files at the top cannot."""
        return bool(self.name)


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """All files: those at the top first, then folder by folder."""

    folders: tuple[Folder, ...]

    @property
    def n_files(self) -> int:
        """How many files there are."""
        return sum(folder.n_files for folder in self.folders)

    @property
    def n_bytes(self) -> int:
        """How large they are together."""
        return sum(folder.n_bytes for folder in self.folders)


def release_files(release: Release) -> ReleaseFiles | None:
    """Return the files of a release, None where its folder is damaged or gone.

    They are counted once for each release, for they never change: later calls cost a look-up.
    """
    key = f"release-files-{release.manifest_sha256}"
    found = cache.get(key)
    if found is None:
        try:
            found = _count(release)
        except ReleaseDamaged:
            return None
        cache.set(key, found, KEPT_S)
    return found


def _count(release: Release) -> ReleaseFiles:
    totals: dict[str, list[int]] = {}
    named: dict[str, list[NamedFile]] = {}
    for path, listed in open_index(release).files():
        folder = path.rpartition("/")[0].partition("/")[0]
        total = totals.setdefault(folder, [0, 0])
        total[0] += 1
        total[1] += listed.n_bytes
        if total[0] <= MOST_NAMED:
            file = NamedFile(path, listed.n_bytes, listed.sha256)
            named.setdefault(folder, []).append(file)
    return ReleaseFiles(
        tuple(
            Folder(name, n, n_bytes, tuple(named[name]) if n <= MOST_NAMED else ())
            for name, (n, n_bytes) in sorted(totals.items())
        )
    )
