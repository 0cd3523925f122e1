"""Saves the database and every file that belongs to it, of one moment, while the site works."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings

from datasets_app.clips.models import Collection
from datasets_app.operations.database_snapshot import (
    Snapshot,
    applied_migrations,
    check_database_file,
    count_rows,
    take_snapshot,
)
from datasets_app.operations.file_list import FileList
from datasets_app.operations.keeping import Keeper
from datasets_app.operations.layout import (
    FILE_LIST,
    JOBS,
    MEDIA,
    BackupError,
    Description,
    ReleaseKept,
    backups_in,
    object_path,
    read_description,
    write_description,
)
from datasets_app.releases.manifest import hash_file
from datasets_app.releases.models import Release

OnProgress = Callable[[int, int], None]
_SHOWN_PROBLEMS = 20


def back_up(
    *, folder: Path, on_progress: OnProgress = lambda done, total: None
) -> tuple[Path, Description]:
    """Save database, media, jobs and releases into a folder of backups; return the new backup.

    The database is copied first, in one snapshot; then the files. A record is only ever written
    after its files, and no recording is deleted, so that whatever the snapshot speaks of is saved.
    Files are kept by content: what an earlier backup holds is not copied again. The backup appears
    complete, at once, or not at all; an interrupted one leaves objects that the next one uses.

    Raises
    ------
    BackupError
        Another backup runs into the same folder, or a programme of PostgreSQL is missing or failed.
    OSError
        The folder cannot be written.

    Notes
    -----
    What is damaged or missing does not stop it; it stands in the description's ``problems``.
    Cost: one look at each file; memory is flat.
    """
    with hold_folder(folder):
        stamp = _free_stamp(folder)
        making = folder / "backups" / f".{stamp}"
        _clear_unfinished(folder)
        making.mkdir()
        with take_snapshot(making) as snapshot:
            description = _describe(snapshot, stamp)
            _keep_files(folder, making, snapshot, description, on_progress)
        description.database_sha256 = hash_file(making / description.database_file)
        description.file_list_sha256 = hash_file(making / FILE_LIST)
        write_description(making, description)
        os.sync()  # on the disk, before it gets its name
        place = folder / "backups" / stamp
        making.rename(place)
    return place, description


def verify_backup(
    *, folder: Path, place: Path, on_progress: OnProgress = lambda done, total: None
) -> list[str]:
    """Read a whole backup and return what is wrong with it, one sentence each.

    Raises
    ------
    BackupError
        Its description cannot be read, or pg_restore is missing or cannot read the dump.
    """
    description = read_description(place)
    expected = {
        description.database_file: description.database_sha256,
        FILE_LIST: description.file_list_sha256,
    }
    for name, sha256 in expected.items():
        if not (place / name).is_file() or hash_file(place / name) != sha256:
            return [f"{place / name} is missing or has changed since it was written."]
    problem = check_database_file(place / description.database_file, description.vendor)
    problems = [problem] if problem else []
    with FileList(place / FILE_LIST) as files:
        for done, file in enumerate(files, start=1):
            kept = object_path(folder, file.sha256)
            if not kept.is_file():
                problems.append(f"{file.root}/{file.path} is missing: {kept}.")
            elif kept.stat().st_size != file.n_bytes or hash_file(kept) != file.sha256:
                problems.append(f"{file.root}/{file.path} has changed: {kept}.")
            on_progress(done, description.n_files)
    return problems


def first_problems(problems: list[str]) -> str:
    """Return the first problems, a line each, and how many more there are."""
    shown = [f"  {problem}" for problem in problems[:_SHOWN_PROBLEMS]]
    n_more = len(problems) - len(shown)
    return "\n".join([*shown, f"  … and {n_more} more."] if n_more else shown)


def _describe(snapshot: Snapshot, stamp: str) -> Description:
    return Description(
        harken_version=version("harken"),
        made_at=stamp,
        vendor=snapshot.vendor,
        server_version=snapshot.server_version,
        database_file=snapshot.file.name,
        migrations=applied_migrations(snapshot),
        counts=count_rows(snapshot),
    )


def _keep_files(
    folder: Path,
    making: Path,
    snapshot: Snapshot,
    description: Description,
    on_progress: OnProgress,
) -> None:
    earlier = backups_in(folder)
    n_before = read_description(earlier[-1]).n_files if earlier else 0
    before = FileList(earlier[-1] / FILE_LIST) if earlier else nullcontext()
    with FileList(making / FILE_LIST) as files, before as known:
        keeper = Keeper(folder, files, known)
        for done, _ in enumerate(_all_files(keeper, snapshot, description), start=1):
            on_progress(done, max(done, n_before))
        description.n_files, description.n_bytes = files.totals()
        description.problems = keeper.problems + _missing_recordings(snapshot, files)


def _all_files(keeper: Keeper, snapshot: Snapshot, description: Description) -> Iterator[None]:
    yield from keeper.keep_folder(MEDIA, Path(settings.MEDIA_ROOT))
    yield from keeper.keep_folder(JOBS, Path(settings.JOBS_DIR))
    for release in _releases(snapshot):
        folder = f"{release.collection.name}/{release.version}"
        description.releases.append(ReleaseKept(release.pk, folder))
        yield from keeper.keep_release(folder, release)


def _releases(snapshot: Snapshot) -> Iterator[Release]:
    """Yield the releases of the snapshot's moment, as records that are never saved."""
    query = (
        "SELECT r.id, c.name, r.version, r.path, r.manifest_sha256 FROM datasets_app_release r "
        "JOIN datasets_app_collection c ON c.id = r.collection_id ORDER BY r.id"
    )
    for pk, name, version_, path, sha256 in snapshot.rows(query):
        collection = Collection(name=name)
        yield Release(
            pk=pk, collection=collection, version=version_, path=path, manifest_sha256=sha256
        )


def _missing_recordings(snapshot: Snapshot, files: FileList) -> list[str]:
    """Say how many clips have no recording in the media folder, where there is any to expect."""
    query = "SELECT sha256, suffix FROM datasets_app_clip"
    n_clips = n_missing = 0
    for sha256, suffix in snapshot.rows(query):
        n_clips += 1
        name = f"clips/{sha256[:2]}/{sha256}/original{suffix}"
        n_missing += files.find(MEDIA, name) is None
    if not n_missing:
        return []
    return [f"{n_missing} of {n_clips} clips have no recording in the media folder."]


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Hold the folder of backups, which is made where it is missing, for its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("backups", "objects"):
        (folder / name).mkdir(exist_ok=True, mode=0o700)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BackupError(
            f"Another backup is being written into {folder}; wait for it to end."
        ) from error
    finally:
        os.close(handle)


def _clear_unfinished(folder: Path) -> None:
    """Remove what an interrupted backup left; its objects stay, for they are whole."""
    for entry in (folder / "backups").glob(".*"):
        shutil.rmtree(entry)
    for entry in (folder / "objects").glob(".*"):
        entry.unlink()


def _free_stamp(folder: Path) -> str:
    """Return the time as a name that no backup has yet; later names sort behind earlier ones."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = {place.name for place in backups_in(folder)}
    numbered = (f"{stamp}-{number}" for number in range(1, 100))
    return next(name for name in (stamp, *numbered) if name not in taken)
