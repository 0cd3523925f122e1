"""The files of a release that have an entry per clip, written together in one pass."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from datasets_app.clips.models import Clip
from datasets_app.domain.clips.licenses import attribution_line, license_address, license_name
from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.releases.clip_stream import ClipRecord
from datasets_app.releases.label_table import ClipLabels
from datasets_app.releases.layout import (
    ATTRIBUTION,
    ATTRIBUTION_COLUMNS,
    LABEL_COLUMNS,
    LABELS,
    LICENSE_COLUMNS,
    LICENSES,
    RATINGS,
    SIDES,
    TRUTH_COLUMNS,
    clips_info_file,
    collection_file,
    collection_vocabulary_file,
    side_of,
    truth_file,
)
from datasets_app.releases.placing import Placed
from datasets_app.releases.plan import ReleasePlan
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
            self._attribution = stack.enter_context(
                CsvFile(folder / ATTRIBUTION, ATTRIBUTION_COLUMNS)
            )
            self._stack = stack.pop_all()

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

    def add(self, record: ClipRecord, placed: Placed | None) -> ClipLabels:
        """Write one clip everywhere; return its labels of the vocabulary.

        ``placed`` is its recording in the release, None where the release has none.
        """
        labels = {c: said for c, said in record.labels.items() if c in self._in_vocabulary}
        self._add_truth(record, labels)
        self._add_collection(record)
        self._info[side_of(record.part)].add(record.clip.external_id, clip_info(record, placed))
        if record.ratings:
            self._ratings.add(record.clip.external_id, record.ratings)
        self._add_license(record.clip)
        return labels

    def _add_license(self, clip: Clip) -> None:
        text, maker = clip.license, clip.uploader.name
        self._licenses.add(clip.external_id, text, maker, clip.title, clip.source_url)
        line = attribution_line(
            title=" ".join(clip.title.split()),
            uploader=maker,
            license_text=text,
            source_url=clip.source_url,
        )
        self._attribution.add(
            clip.external_id, license_name(text), license_address(text) or "", line
        )

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

    def _write_collection_vocabulary(self, side: str) -> None:
        plan = self._plan
        named = sorted((plan.label(c), plan.classes[c].mid) for c in self._in_collection[side])
        rows = [(i, name, mid) for i, (name, mid) in enumerate(named)]
        write_csv(self._folder / collection_vocabulary_file(side), (), rows)


def clip_info(record: ClipRecord, placed: Placed | None) -> dict[str, Any]:
    """Return what a release says of a clip beside its labels.

    ``sha256``, ``md5``, ``n_bytes``, ``duration_s``, ``sample_rate_hz`` and ``n_channels`` are of
    the recording as released; ``original_sha256`` of the one that was taken in.
    ``loudness_lufs`` is the original's.
    """
    clip = record.clip
    entry = {
        "file": None,
        "sha256": None,
        "md5": None,
        "n_bytes": None,
        "original_sha256": clip.sha256,
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
        "n_certified": record.n_certified,
    }
    if placed is None:
        return entry
    made = placed.recording
    entry |= {"file": placed.file, "sha256": made.sha256, "md5": made.md5, "n_bytes": made.n_bytes}
    if placed.is_normalised:
        entry |= {
            "duration_s": made.duration_s,
            "sample_rate_hz": made.sample_rate_hz,
            "n_channels": made.n_channels,
        }
    return entry


def _positive(labels: ClipLabels) -> list[int]:
    return [c for c, (state, _) in labels.items() if state is TrainingState.POSITIVE]
