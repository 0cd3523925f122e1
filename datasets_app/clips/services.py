"""Collections and their clips."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.media import RecordingChanged, keep_recording
from datasets_app.clips.models import COLLECTION_NAME, Clip, Collection, Uploader
from datasets_app.clips.table import ClipRow, Refusal
from datasets_app.ontology.models import Ontology
from datasets_app.people.models import Annotator, User

BATCH = 1000
MEASURED_FIELDS = (
    "suffix",
    "sha256",
    "duration_s",
    "sample_rate_hz",
    "n_channels",
    "loudness_lufs",
)


def open_collection(
    *, name: str, ontology: Ontology, is_simulated: bool = False, actor: User | None = None
) -> Collection:
    """Return the collection of that name, made if there is none.

    Raises
    ------
    ValueError
        The name is not allowed, or the collection exists with another ontology.
    """
    try:
        COLLECTION_NAME(name)
    except ValidationError as error:
        raise ValueError(f"{name!r}: {error.message}") from error
    if name == Annotator.SITE:
        raise ValueError(
            f"{name!r} stands for the people who sign in here; give the collection another name."
        )
    with transaction.atomic():
        collection, created = Collection.objects.get_or_create(
            name=name, defaults={"ontology": ontology, "is_simulated": is_simulated}
        )
        if created:
            record_event(actor=actor, verb="open_collection", record=collection)
    if collection.ontology_id != ontology.pk:
        raise ValueError(
            f"Collection {name} is judged against the ontology {collection.ontology}, not "
            f"{ontology}; give the new collection another name."
        )
    return collection


def rows_to_add(*, collection: Collection, rows: Iterable[ClipRow]) -> list[ClipRow]:
    """Return the rows of clips that the collection lacks, or has as metadata alone."""
    listed = list(rows)
    known = _holders(collection, "external_id", [row.clip_id for row in listed])
    return [row for row in listed if row.clip_id not in known]


def add_analysed_clips(
    *,
    collection: Collection,
    folder: Path,
    rows: Iterable[ClipRow],
    analysis: Iterable[Mapping[str, Any]],
    analysis_dir: Path,
    actor: User | None = None,
) -> tuple[int, list[Refusal]]:
    """Add the clips that the worker found sound; return their count and the refusals.

    Harmless to repeat: clips that the collection already has are passed over. A clip that it has as
    metadata alone gets its recording, and keeps what was said of it.
    """
    rows_by_id = {row.clip_id: row for row in rows_to_add(collection=collection, rows=rows)}
    analysis = list(analysis)
    holders = _holders(collection, "sha256", [found["sha256"] for found in analysis if found["ok"]])
    accepted: list[tuple[ClipRow, Mapping[str, Any]]] = []
    refusals: list[Refusal] = []
    for found in analysis:
        row = rows_by_id.get(found["clip_id"])
        if row is None:
            continue
        try:
            _keep_if_sound(folder, row, found, holders, analysis_dir)
        except ValueError as error:
            refusals.append(Refusal(row.clip_id, str(error)))
        else:
            holders[found["sha256"]] = row.clip_id
            accepted.append((row, found))
    n_added = _insert_clips(collection, accepted, actor)
    return n_added, refusals


def _keep_if_sound(
    folder: Path,
    row: ClipRow,
    found: Mapping[str, Any],
    holders: Mapping[str, str],
    analysis_dir: Path,
) -> None:
    if not found["ok"]:
        raise ValueError(found["reason"])
    if found["sha256"] in holders:
        raise ValueError(
            f"{row.file} is byte for byte the same recording as clip {holders[found['sha256']]}."
        )
    try:
        keep_recording(
            source=folder / row.file,
            sha256=found["sha256"],
            suffix=Path(row.file).suffix.lower(),
            analysis=analysis_dir / "clips" / found["sha256"],
        )
    except (RecordingChanged, OSError) as error:
        raise ValueError(f"{error}.") from error


@transaction.atomic
def _insert_clips(
    collection: Collection,
    accepted: list[tuple[ClipRow, Mapping[str, Any]]],
    actor: User | None,
) -> int:
    """Insert what another process has not inserted meanwhile, from a job of the same folder."""
    Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
    ids = _holders(collection, "external_id", [row.clip_id for row, _ in accepted])
    recordings = _holders(collection, "sha256", [found["sha256"] for _, found in accepted])
    accepted = [
        (row, found)
        for row, found in accepted
        if row.clip_id not in ids and found["sha256"] not in recordings
    ]
    waiting = _without_recording(collection, [row.clip_id for row, _ in accepted])
    _give_recordings([(waiting[r.clip_id], r, f) for r, f in accepted if r.clip_id in waiting])
    _create_clips(collection, [(r, f) for r, f in accepted if r.clip_id not in waiting])
    if accepted:
        record_event(
            actor=actor, verb="ingest_clips", record=collection, after={"n_added": len(accepted)}
        )
    return len(accepted)


def _create_clips(
    collection: Collection, accepted: list[tuple[ClipRow, Mapping[str, Any]]]
) -> None:
    names = {row.uploader for row, _ in accepted}
    Uploader.objects.bulk_create(
        [Uploader(collection=collection, name=name) for name in sorted(names)],
        ignore_conflicts=True,
    )
    uploaders = {u.name: u for u in collection.uploaders.filter(name__in=names)}
    Clip.objects.bulk_create(
        [_clip(collection, uploaders[row.uploader], row, found) for row, found in accepted],
        batch_size=BATCH,
    )


def _without_recording(collection: Collection, clip_ids: list[str]) -> dict[str, Clip]:
    silent = collection.clips.filter(sha256__isnull=True)
    return {
        clip.external_id: clip
        for start in range(0, len(clip_ids), BATCH)
        for clip in silent.filter(external_id__in=clip_ids[start : start + BATCH])
    }


def _give_recordings(found: list[tuple[Clip, ClipRow, Mapping[str, Any]]]) -> None:
    for clip, row, analysis in found:
        for name, value in _measured(row, analysis).items():
            setattr(clip, name, value)
    clips = [clip for clip, _, _ in found]
    Clip.objects.bulk_update(clips, MEASURED_FIELDS, batch_size=BATCH)


def _holders(collection: Collection, field: str, values: list[str]) -> dict[str, str]:
    """Return, by the value of a field, the external ids of the clips that have their recording."""
    heard = collection.clips.filter(sha256__isnull=False)
    return {
        value: external_id
        for start in range(0, len(values), BATCH)
        for value, external_id in heard.filter(
            **{f"{field}__in": values[start : start + BATCH]}
        ).values_list(field, "external_id")
    }


def _clip(
    collection: Collection, uploader: Uploader, row: ClipRow, found: Mapping[str, Any]
) -> Clip:
    return Clip(
        collection=collection,
        uploader=uploader,
        external_id=row.clip_id,
        freesound_id=row.freesound_id,
        title=row.title,
        description=row.description,
        tags=row.tags,
        license=row.license,
        source_url=row.source_url,
        **_measured(row, found),
    )


def _measured(row: ClipRow, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known once the recording itself is there (``MEASURED_FIELDS``)."""
    return {
        "suffix": Path(row.file).suffix.lower(),
        "sha256": found["sha256"],
        "duration_s": found["duration_s"],
        "sample_rate_hz": found["sample_rate_hz"],
        "n_channels": found["n_channels"],
        "loudness_lufs": found["loudness_lufs"],
    }
