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
from datasets_app.releases.clip_stream import clip_chunks
from datasets_app.releases.formats.registry import write_formats
from datasets_app.releases.left_out import write_left_out
from datasets_app.releases.manifest import write_manifest
from datasets_app.releases.metadata import PROPAGATION_RULE, decision_rule, write_metadata
from datasets_app.releases.models import Release
from datasets_app.releases.options import FIRST_LAYOUT, ReleaseOptions
from datasets_app.releases.placing import forget_recordings, recording_placer
from datasets_app.releases.plan import ReleasePlan, plan_release
from datasets_app.releases.signing import SigningKey, sign_release
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
    options: ReleaseOptions | None = None,
    key: SigningKey | None = None,
    n_processes: int = 1,
    on_progress: OnProgress = lambda done, total: None,
) -> Release:
    """Build a release into the folder ``out``, verify it, and put it on record.

    The folder appears complete, at once, or not at all. The same records and options give the same
    bytes in every file, on any database: no dates, no ids of the database, no paths of the machine.
    A build that was interrupted goes on with the recordings it had normalised when it is started
    again with the same place.

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
    options
        Formats, audio and licences; see ``ReleaseOptions``.
    key
        Signs the manifest; the signature lies beside it.
    n_processes
        How many processes normalise recordings, where that is asked for.
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
    Cost: five queries per thousand clips. Memory does not grow with the clips, but for some 200
    bytes for each recording that the manifest lists.
    """
    out = out.resolve()
    check_place_is_free(out)
    _check_version_is_free(collection, version)
    parent = parent or collection.releases.order_by("-pk").first()
    plan = plan_release(
        collection=collection, version=version, split=split, parent=parent, options=options
    )
    with building_folder(out) as folder:
        manifest_sha256, summary = write_release(
            folder, out, plan, on_progress=on_progress, n_processes=n_processes
        )
        if key is not None:
            summary["signed_by"] = sign_release(folder, key)
        release = _put_on_record(plan, folder, out, manifest_sha256, summary, actor)
    forget_recordings(out)
    return release


def rebuild_release(
    *,
    release: Release,
    out: Path,
    n_processes: int = 1,
    on_progress: OnProgress = lambda done, total: None,
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
        options=recorded_options(release),
    )
    with building_folder(out) as folder:
        manifest_sha256, _ = write_release(
            folder, out, plan, on_progress=on_progress, n_processes=n_processes
        )
        folder.rename(out)
    forget_recordings(out)
    return manifest_sha256


def recorded_options(release: Release) -> ReleaseOptions:
    """Return the options that a release was built with."""
    found = release.summary.get("options")
    return ReleaseOptions.from_json(found) if found else FIRST_LAYOUT


def write_release(
    folder: Path, out: Path, plan: ReleasePlan, *, on_progress: OnProgress, n_processes: int
) -> tuple[str, dict[str, Any]]:
    """Write and verify all files of a release; return its manifest's sha256 and its counts.

    Raises
    ------
    ReleaseNotSound
        Verification found something wrong.
    """
    n_clips = plan.n_clips
    tally = ReleaseTally()

    def report(phase: int) -> OnProgress:
        return lambda done, _: on_progress(phase * n_clips + min(done, n_clips), 3 * n_clips)

    known = _write_clips(folder, out, plan, tally, n_processes, report(0))
    write_metadata(folder, plan, tally)
    left_out = write_left_out(folder, plan)
    rules = decision_rule(plan.collection), PROPAGATION_RULE
    write_card(folder, plan, tally, rules)
    write_formats(folder)
    manifest_sha256 = write_manifest(
        folder,
        collection=plan.collection.name,
        version=plan.version,
        known=known,
        on_file=report(1),
    )
    checked = check_release(folder, on_file=report(2))
    if checked.problems:
        raise ReleaseNotSound(
            f"Release {plan.version} was not built, for it would not be sound: "
            + " ".join(checked.problems)
        )
    on_progress(3 * n_clips, 3 * n_clips)
    summary = tally.summary() | {
        "n_classes": len(plan.vocabulary),
        "n_files": checked.n_files,
        "n_bytes": checked.n_bytes,
        "formats": checked.formats,
        "left_out": left_out,
        "options": plan.options.as_json(),
    }
    return manifest_sha256, summary


def _write_clips(
    folder: Path,
    out: Path,
    plan: ReleasePlan,
    tally: ReleaseTally,
    n_processes: int,
    on_clip: OnProgress,
) -> dict[str, bytes]:
    """Write all that has an entry per clip; return the sha256 of the recordings by path."""
    known: dict[str, bytes] = {}
    done = 0
    with (
        recording_placer(folder, out, plan.options.audio, n_processes=n_processes) as placer,
        ClipFiles(folder, plan) as files,
    ):
        for records in clip_chunks(plan):
            for record, placed in zip(records, placer.place(records), strict=True):
                tally.add(record, files.add(record, placed))
                if placed is not None:
                    known[placed.file] = bytes.fromhex(placed.recording.sha256)
            done += len(records)
            on_clip(done, plan.n_clips)
    return known


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
