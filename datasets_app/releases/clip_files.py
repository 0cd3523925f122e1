"""The files of a release that have an entry per clip, written together in one pass."""

import os
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from datasets_app.clips.media import original_path
from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.releases.label_table import ClipLabels
from datasets_app.releases.layout import (
    LABEL_COLUMNS,
    LABELS,
    LICENSE_COLUMNS,
    LICENSES,
    RATINGS,
    SIDES,
    TRUTH_COLUMNS,
    audio_file,
    clips_info_file,
    collection_file,
    collection_vocabulary_file,
    side_of,
    truth_file,
)
from datasets_app.releases.plan import ClipRecord, ReleasePlan
from datasets_app.releases.text_files import CsvFile, JsonObjectFile, write_csv


class ClipFiles:
    """Open files of a release in the making; clips come in the order of their external id."""

    def __init__(self, folder: Path, plan: ReleasePlan) -> None:
        """Open them all below ``folder``."""
        self._folder = folder
        self._plan = plan
        self._in_vocabulary = set(plan.vocabulary)
        self._in_collection: dict[str, set[int]] = {side: set() for side in SIDES}
        with ExitStack() as stack:
            self._truth = {
                side: stack.enter_context(CsvFile(folder / truth_file(side), TRUTH_COLUMNS[side]))
                for side in SIDES
            }
            self._collection = {
                side: stack.enter_context(
                    CsvFile(folder / collection_file(side), TRUTH_COLUMNS["eval"])
                )
                for side in SIDES
            }
            self._info = {
                side: stack.enter_context(JsonObjectFile(folder / clips_info_file(side)))
                for side in SIDES
            }
            self._labels = stack.enter_context(CsvFile(folder / LABELS, LABEL_COLUMNS))
            self._ratings = stack.enter_context(JsonObjectFile(folder / RATINGS))
            self._licenses = stack.enter_context(CsvFile(folder / LICENSES, LICENSE_COLUMNS))
            self._stack = stack.pop_all()
        for side in SIDES:
            (folder / f"{side}_audio").mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if kind is None:
            for side in SIDES:
                self._write_collection_vocabulary(side)

    def add(self, record: ClipRecord) -> ClipLabels:
        """Write one clip everywhere, with its recording; return its labels of the vocabulary."""
        labels = {c: said for c, said in record.labels.items() if c in self._in_vocabulary}
        self._add_truth(record, labels)
        self._add_collection(record)
        self._add_info(record)
        clip = record.clip
        if record.ratings:
            self._ratings.add(clip.external_id, record.ratings)
        self._licenses.add(
            clip.external_id, clip.license, clip.uploader.name, clip.title, clip.source_url
        )
        audio = self._folder / self._audio(record)
        place_recording(original_path(clip.sha256, clip.suffix), audio, clip.external_id)
        return labels

    def _audio(self, record: ClipRecord) -> str:
        return audio_file(side_of(record.part), record.clip.external_id, record.clip.suffix)

    def _add_truth(self, record: ClipRecord, labels: ClipLabels) -> None:
        fname, side = record.clip.external_id, side_of(record.part)
        row = self._label_cells(_positive(labels))
        part = (record.part,) if side == "dev" else ()
        self._truth[side].add(fname, *row, *part)
        for column in sorted(labels):
            state, origin = labels[column]
            self._labels.add(fname, self._plan.classes[column].mid, state.value, origin.value)

    def _add_collection(self, record: ClipRecord) -> None:
        side, direct = side_of(record.part), _positive(record.asked)
        self._in_collection[side].update(direct)
        self._collection[side].add(record.clip.external_id, *self._label_cells(direct))

    def _label_cells(self, columns: list[int]) -> tuple[str, str]:
        ordered = self._plan.most_specific_first(columns)
        return (
            ",".join(self._plan.label(c) for c in ordered),
            ",".join(self._plan.classes[c].mid for c in ordered),
        )

    def _add_info(self, record: ClipRecord) -> None:
        clip = record.clip
        entry = {
            "file": self._audio(record),
            "sha256": clip.sha256,
            "title": clip.title,
            "description": clip.description,
            "tags": clip.tags,
            "license": clip.license,
            "uploader": clip.uploader.name,
            "duplicate_group": clip.duplicate_group,
            "freesound_id": clip.freesound_id,
            "source_url": clip.source_url,
            "duration_s": clip.duration_s,
            "sample_rate_hz": clip.sample_rate_hz,
            "n_channels": clip.n_channels,
            "loudness_lufs": clip.loudness_lufs,
        }
        self._info[side_of(record.part)].add(clip.external_id, entry)

    def _write_collection_vocabulary(self, side: str) -> None:
        plan = self._plan
        named = sorted((plan.label(c), plan.classes[c].mid) for c in self._in_collection[side])
        rows = [(i, name, mid) for i, (name, mid) in enumerate(named)]
        write_csv(self._folder / collection_vocabulary_file(side), (), rows)


def place_recording(source: Path, target: Path, fname: str) -> None:
    """Put a recording into the release: a hard link where the file system allows, else a copy.

    A link shares its bytes with the media folder, so it is made read-only: what someone writes
    into a release must not reach the original.

    Raises
    ------
    ValueError
        The media folder has lost the recording.
    """
    if not source.is_file():
        raise ValueError(
            f"The recording of clip {fname} is missing from the media folder; ingest the clip's "
            "folder again or restore the media folder, then build the release."
        )
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    with suppress(OSError):
        target.chmod(0o444)


def _positive(labels: ClipLabels) -> list[int]:
    return [c for c, (state, _) in labels.items() if state is TrainingState.POSITIVE]
