"""Brings a whole release into object storage; it appears there complete or not at all."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.people.models import User
from datasets_app.releases.layout import MANIFEST
from datasets_app.releases.manifest import ListedFile
from datasets_app.releases.models import Release
from datasets_app.releases.storage.bucket import Bucket, open_bucket
from datasets_app.releases.storage.file_index import FileIndex, open_index
from datasets_app.releases.storage.objects import (
    find_object,
    store_file,
    stored_hash,
)

N_AT_ONCE = 4
_BATCH = 32
OnProgress = Callable[[int, int], None]
NamedFile = tuple[str, ListedFile]


def push_release(
    *,
    release: Release,
    actor: User | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> str:
    """Upload a release, reading back every file; return its address in the storage.

    MANIFEST.json goes last: where it is, everything is. An interrupted run is taken up by the next:
    files that were read back are not touched again. From the end on, downloads are sent there.

    Raises
    ------
    ValueError
        ``STORAGE_URL`` is not set, or another release lies at this one's place.
    StorageFailed
        The storage refused, did not answer, or changed the bytes.
    ReleaseDamaged
        The local files are not those that were released.

    Notes
    -----
    Cost: each byte goes out and comes back once; memory is four parts of 16 MiB.
    """
    bucket = _bucket(release)
    index = open_index(release)
    _check_place_is_free(bucket, release)
    with _journal(release, bucket) as journal:
        _store_all(release, bucket, index, journal, on_progress)
        store_file(bucket, Path(release.path), MANIFEST, index.manifest())
        _put_on_record(release, bucket.place, actor)
    return bucket.place


def verify_stored_release(
    *, release: Release, on_progress: OnProgress = lambda done, total: None
) -> list[str]:
    """Read a stored release back and return what is wrong with it, one sentence each.

    Raises
    ------
    ValueError
        ``STORAGE_URL`` is not set.
    StorageFailed
        The storage refused or did not answer.
    """
    bucket = _bucket(release)
    index = open_index(release)
    total = sum(1 for _ in index.files())
    problems: list[str] = []
    with ThreadPoolExecutor(N_AT_ONCE) as threads:
        done = 0
        for batch in _batches(index.files()):
            found = threads.map(lambda named: _problem(bucket, *named), batch)
            problems += [problem for problem in found if problem]
            done += len(batch)
            on_progress(done, total)
    return problems


def _problem(bucket: Bucket, path: str, listed: ListedFile) -> str | None:
    found = find_object(bucket, path)
    if found is None:
        return f"{path} is missing in {bucket.place}."
    if found.n_bytes != listed.n_bytes:
        return f"{path} has {found.n_bytes} bytes in {bucket.place}, not {listed.n_bytes}."
    if stored_hash(bucket, path) != listed.sha256:
        return f"{path} has changed in {bucket.place}: its sha256 is not that of {MANIFEST}."
    return None


def _bucket(release: Release) -> Bucket:
    bucket = open_bucket(release.collection.name, release.version)
    if bucket is None:
        raise ValueError(
            "STORAGE_URL is not set, so there is no object storage to send a release to; "
            "set it to s3://BUCKET/PREFIX (docs/operators.md)."
        )
    return bucket


def _check_place_is_free(bucket: Bucket, release: Release) -> None:
    found = find_object(bucket, MANIFEST)
    if found is not None and found.sha256 != release.manifest_sha256:
        raise ValueError(
            f"Another release lies at {bucket.place} already, and releases are never written over; "
            "give this site a prefix of its own in STORAGE_URL."
        )


def _store_all(
    release: Release,
    bucket: Bucket,
    index: FileIndex,
    journal: sqlite3.Connection,
    on_progress: OnProgress,
) -> None:
    """Store every file but the manifest, a few at once, writing down those that were read back."""
    root = Path(release.path)
    total = sum(1 for _ in index.files())
    done = 1  # the manifest
    with ThreadPoolExecutor(N_AT_ONCE) as threads:
        for batch in _batches(index.files()):
            wanted = [named for named in batch if not _is_stored(journal, named[0])]
            for _ in threads.map(lambda named: store_file(bucket, root, *named), wanted):
                pass
            rows = ((path,) for path, _ in wanted)
            journal.executemany("INSERT OR IGNORE INTO stored VALUES (?)", rows)
            journal.commit()
            done += len(batch)
            on_progress(min(done, total), total)


def _batches(files: Iterator[NamedFile]) -> Iterator[list[NamedFile]]:
    without_manifest = (named for named in files if named[0] != MANIFEST)
    while batch := list(islice(without_manifest, _BATCH)):
        yield batch


@contextmanager
def _journal(release: Release, bucket: Bucket) -> Iterator[sqlite3.Connection]:
    """Open the list of files that were read back; it is deleted when all of them were."""
    folder = Path(settings.VAR_DIR) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{release.manifest_sha256}.sqlite3"
    with closing(sqlite3.connect(place)) as journal:
        journal.execute("CREATE TABLE IF NOT EXISTS place (name TEXT PRIMARY KEY)")
        journal.execute("CREATE TABLE IF NOT EXISTS stored (path TEXT PRIMARY KEY)")
        if journal.execute("SELECT name FROM place").fetchall() != [(bucket.place,)]:
            journal.execute("DELETE FROM stored")
            journal.execute("DELETE FROM place")
            journal.execute("INSERT INTO place VALUES (?)", (bucket.place,))
        journal.commit()
        yield journal
    place.unlink()


def _is_stored(journal: sqlite3.Connection, path: str) -> bool:
    return journal.execute("SELECT 1 FROM stored WHERE path = ?", (path,)).fetchone() is not None


@transaction.atomic
def _put_on_record(release: Release, place: str, actor: User | None) -> None:
    found = Release.objects.select_for_update().get(pk=release.pk)
    if found.stored_under != place:
        before = {"stored_under": found.stored_under}
        found.stored_under = place
        found.save(update_fields=["stored_under"])
        after = {"stored_under": place}
        record_event(actor=actor, verb="push_release", record=found, before=before, after=after)
    release.stored_under = place
