"""Counts what goes into a release while it is written."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.releases.clip_stream import ClipRecord
from datasets_app.releases.label_table import ClipLabels
from datasets_app.releases.layout import DEV_PARTS, side_of


@dataclass(slots=True)
class ReleaseTally:
    """Counts over the released vocabulary; ``class_counts`` are by (class index, part or state).

    ``duplicates`` are (group, fname, side) of the clips that have near-duplicates.
    """

    n_clips: Counter[str] = field(default_factory=Counter)
    n_states: Counter[str] = field(default_factory=Counter)
    n_origins: Counter[str] = field(default_factory=Counter)
    class_counts: Counter[tuple[int, str]] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    uploaders: dict[str, set[str]] = field(default_factory=dict)
    duplicates: list[tuple[str, str, str]] = field(default_factory=list)
    duration_s: Counter[str] = field(default_factory=Counter)

    def add(self, record: ClipRecord, labels: ClipLabels) -> None:
        """Count one clip; ``labels`` are those of the vocabulary."""
        self.n_clips[record.part] += 1
        self.duration_s[record.part] += round(record.clip.duration_s * 1000)
        self.licenses[record.clip.license] += 1
        self.uploaders.setdefault(record.clip.uploader.name, set()).add(side_of(record.part))
        if (group := record.clip.duplicate_group) is not None:
            self.duplicates.append((group, record.clip.external_id, side_of(record.part)))
        for column, (state, origin) in labels.items():
            self.n_states[state.value] += 1
            if state is TrainingState.POSITIVE:
                self.n_origins[origin.value] += 1
                self.class_counts[column, record.part] += 1
            else:
                self.class_counts[column, state.value] += 1

    def n_dev(self, column: int) -> int:
        """Return how many dev clips carry a class."""
        return sum(self.class_counts[column, part] for part in DEV_PARTS)

    def n_uploaders(self) -> dict[str, int]:
        """Return how many uploaders each side has."""
        return dict(Counter(side for sides in self.uploaders.values() for side in sides))

    def n_seconds(self) -> float:
        """Return the length of all clips in seconds, counted in whole milliseconds."""
        return sum(self.duration_s.values()) / 1000

    def summary(self) -> dict[str, Any]:
        """Return the counts for the release's record."""
        return {
            "n_clips": dict(self.n_clips),
            "n_classes": len({column for column, _ in self.class_counts}),
            "n_labels": dict(self.n_states),
            "n_positive_by_origin": dict(self.n_origins),
            "n_uploaders": self.n_uploaders(),
            "n_by_license": dict(self.licenses),
            "licenses": dict(sorted(self.licenses.items())),
            "duration_s": self.n_seconds(),
        }
