"""Freezes a collection into a release: files first, out of sight; then the record."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.people.models import User
from datasets_app.releases.building_place import building_folder, check_place_is_free
from datasets_app.releases.card import write_card
from datasets_app.releases.clip_files import ClipFiles
from datasets_app.releases.manifest import write_manifest
from datasets_app.releases.metadata import DECISION_RULE, PROPAGATION_RULE, write_metadata
from datasets_app.releases.models import Release
from datasets_app.releases.plan import ReleasePlan, clip_records, plan_release
from datasets_app.releases.tally import ReleaseTally
from datasets_app.releases.verification import check_release, verify_release
from datasets_app.splits.models import Split

__all__ = ["ReleaseNotSound", "build_release", "rebuild_release", "verify_release"]
OnProgress = Callable[[int, int], None]


class ReleaseNotSound(ValueError):
    """What was built did not pass its own verification; nothing of it was kept."""


def build_release(
    *,
    collection: Collection,
    version: str,
    out: Path,
    split: Split | None = None,
    parent: Release | None = None,
    actor: User | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> Release:
    """Build a release into the folder ``out``, verify it, and put it on record.

    The folder appears complete, at once, or not at all. The same records give the same bytes in
    every file, on any database: no dates, no ids of the database, no paths of the machine.

    Parameters
    ----------
    collection, version
        What to release, under which name; a version is given once.
    out
        A new or empty folder.
    split
        The collection's latest if not given; only its clips are released, without those withdrawn.
    parent
        The release this one follows: the collection's latest if not given.
    on_progress
        Told (done, total): each clip counts when written, when hashed and when verified.

    Raises
    ------
    ValueError
        The version is malformed or taken, ``out`` is not free, there is nothing to release, or a
        recording is missing from the media folder.
    ReleaseNotSound
        The files failed verification, for example because a recording in the media folder is no
        longer the one that was taken in.

    Notes
    -----
    Cost: three queries per thousand clips; memory grows with the index of clips only.
    """
    out = out.resolve()
    check_place_is_free(out)
    _check_version_is_free(collection, version)
    parent = parent or collection.releases.order_by("-pk").first()
    plan = plan_release(collection=collection, version=version, split=split, parent=parent)
    with building_folder(out) as folder:
        manifest_sha256, summary = write_release(folder, plan, on_progress=on_progress)
        return _put_on_record(plan, folder, out, manifest_sha256, summary, actor)


def rebuild_release(
    *, release: Release, out: Path, on_progress: OnProgress = lambda done, total: None
) -> str:
    """Build a release again from today's records into ``out``; return its manifest's sha256.

    It equals ``release.manifest_sha256`` exactly when the records have not changed since. Nothing
    is put on record.

    Raises
    ------
    ValueError
        As ``build_release``.
    """
    out = out.resolve()
    check_place_is_free(out)
    plan = plan_release(
        collection=release.collection,
        version=release.version,
        split=release.split,
        parent=release.parent,
    )
    with building_folder(out) as folder:
        manifest_sha256, _ = write_release(folder, plan, on_progress=on_progress)
        folder.rename(out)
    return manifest_sha256


def write_release(
    folder: Path, plan: ReleasePlan, *, on_progress: OnProgress
) -> tuple[str, dict[str, Any]]:
    """Write and verify all files of a release; return its manifest's sha256 and its counts.

    Raises
    ------
    ReleaseNotSound
        Verification found something wrong.
    """
    n_clips = len(plan.index)
    tally = ReleaseTally()

    def report(phase: int) -> OnProgress:
        return lambda done, _: on_progress(phase * n_clips + min(done, n_clips), 3 * n_clips)

    with ClipFiles(folder, plan) as files:
        for done, record in enumerate(clip_records(plan), start=1):
            tally.add(record, files.add(record))
            report(0)(done, n_clips)
    write_metadata(folder, plan, tally)
    write_card(folder, plan, tally, (DECISION_RULE, PROPAGATION_RULE))
    manifest_sha256 = write_manifest(
        folder, collection=plan.collection.name, version=plan.version, on_file=report(1)
    )
    checked = check_release(folder, on_file=report(2))
    if checked.problems:
        raise ReleaseNotSound(
            f"Release {plan.version} was not built, for it would not be sound: "
            + " ".join(checked.problems)
        )
    on_progress(3 * n_clips, 3 * n_clips)
    summary = {**tally.summary(), "n_classes": len(plan.vocabulary)}
    return manifest_sha256, summary | {"n_files": checked.n_files, "n_bytes": checked.n_bytes}


def _check_version_is_free(collection: Collection, version: str) -> None:
    if collection.releases.filter(version=version).exists():
        raise ValueError(
            f"Collection {collection.name} has a release {version} already, and releases never "
            "change; give the new one another version."
        )


def _put_on_record(
    plan: ReleasePlan,
    folder: Path,
    out: Path,
    manifest_sha256: str,
    summary: dict[str, Any],
    actor: User | None,
) -> Release:
    """Write record and event and, last, let the folder appear; all of it or nothing."""
    try:
        with transaction.atomic():
            release = Release.objects.create(
                collection=plan.collection,
                version=plan.version,
                parent=plan.parent,
                split=plan.split,
                path=str(out),
                manifest_sha256=manifest_sha256,
                summary=summary,
            )
            after = {"version": plan.version, "manifest_sha256": manifest_sha256}
            record_event(actor=actor, verb="build_release", record=release, after=after)
            folder.rename(out)
    except IntegrityError as error:
        _check_version_is_free(plan.collection, plan.version)
        raise ValueError(f"Release {plan.version} could not be recorded: {error}") from error
    return release
