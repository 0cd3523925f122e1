"""Looks at the var folder: writable, with room, its recordings whole, a backup made."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Max, Min

from datasets_app.clips.media import clip_folder
from datasets_app.clips.models import Clip
from datasets_app.operations.doctor.findings import Finding, failure, warning, well
from datasets_app.operations.layout import backups_in

LEAST_FREE = 0.10
LEAST_FREE_BYTES = 1 << 30
SAMPLE = 20
MOST_BYTES = 200 << 20
"""Of a sample, read to compare hashes."""
OLDEST_BACKUP_S = 2 * 24 * 3600


def var_folder(about: str) -> Iterator[Finding]:
    """Can be written, and has room."""
    folder = settings.VAR_DIR
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            pass
    except OSError as error:
        says = f"{folder} cannot be written: {error.strerror}."
        mend = f"Give it to the site's user: chown -R harken:harken {folder}"
        yield failure(about, says, mend)
        return
    disk = shutil.disk_usage(folder)
    free = f"{disk.free / 2**30:,.1f} GiB of {disk.total / 2**30:,.1f} are free below {folder}"
    mend = "Move releases to object storage or the var folder to a larger disk."
    if disk.free < LEAST_FREE_BYTES:
        yield failure(about, f"Only {free}; a job needs room for its result.", mend)
    elif disk.free < LEAST_FREE * disk.total:
        yield warning(about, f"Only {free}.", mend)
    else:
        yield well(about, f"{free}.")


def recordings(about: str) -> Iterator[Finding]:
    """A sample of recordings lies there and has its hash: some twenty, spread over all clips."""
    available = Clip.objects.filter(state=Clip.State.AVAILABLE).exclude(sha256="")
    ends = available.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    step = max(1, (ends["last"] - ends["first"]) // SAMPLE)
    starts = range(ends["first"], ends["last"] + 1, step)
    clips = [available.filter(pk__gte=pk).order_by("pk").first() for pk in starts]
    sample = {clip.sha256: clip for clip in clips if clip is not None}
    gone, changed, budget = [], [], MOST_BYTES
    for sha256, clip in sample.items():
        original = next(iter(sorted(clip_folder(sha256).glob("original*"))), None)
        if original is None:
            gone.append(clip.external_id)
        elif (budget := budget - original.stat().st_size) >= 0 and _sha256(original) != sha256:
            changed.append(clip.external_id)
    mend = "Restore the media folder from a backup, or take the recordings in again."
    if gone:
        says = f"Of {len(sample)} recordings looked for, {len(gone)} are gone: {_few(gone)}."
        yield failure(about, says, mend)
    if changed:
        says = f"{len(changed)} of {len(sample)} recordings have changed: {_few(changed)}."
        yield failure(about, says, mend)
    if not gone and not changed:
        yield well(about, f"{len(sample)} recordings, spread over all, are there and whole.")


def _few(names: list[str]) -> str:
    return ", ".join(names[:5])


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def static_files(about: str) -> Iterator[Finding]:
    """Collected, where the site serves them by their hashes."""
    backend = settings.STORAGES["staticfiles"]["BACKEND"]
    if "Manifest" not in backend:
        return
    if (settings.STATIC_ROOT / "staticfiles.json").is_file():
        yield well(about, "The pages' files are collected.")
    else:
        says = (
            f"The pages' files are not collected in {settings.STATIC_ROOT}: no page can be shown."
        )
        yield failure(about, says, "Run: python manage.py collectstatic --noinput")


def backups(about: str) -> Iterator[Finding]:
    """The latest backup in ``VAR/backups`` is of yesterday or today."""
    folder = settings.VAR_DIR / "backups"
    mend = f"Run: python manage.py backup {folder}; deploy/systemd has a timer for it."
    found = backups_in(folder) if folder.is_dir() else []
    if not found:
        says = f"There is no backup in {folder}. One kept elsewhere is not seen from here."
        yield warning(about, says, mend)
        return
    made_at = found[-1].stat().st_mtime
    when = datetime.fromtimestamp(made_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if time.time() - made_at > OLDEST_BACKUP_S:
        yield warning(about, f"The latest backup is of {when}.", mend)
    else:
        yield well(about, f"The latest backup is of {when}.")
