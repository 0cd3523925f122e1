"""What a release says of its eval clips, and what a challenge keeps of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets_app.challenges.models import Challenge, Metric
from datasets_app.domain.challenges.metrics import Bools, Predictions
from datasets_app.domain.challenges.submission_format import Expected
from datasets_app.domain.clips.clip_groups import NO_DUPLICATES, merge_groups
from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.releases.layout import clips_info_file
from datasets_app.releases.models import Release
from datasets_app.releases.reading import ReleaseFileError, read_truth


@dataclass(frozen=True, slots=True)
class EvalTruth:
    """The eval side of a release: rows are clips in the order of ``fnames``."""

    classes: list[tuple[str, str]]
    fnames: list[str]
    targets: Bools
    decided: Bools
    groups: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChallengeTruth:
    """The secret of a challenge: rows are clips in the order of their anonymous names."""

    targets: Bools
    decided: Bools
    is_public: Bools

    def predictions(self, scores: NDArray[np.float64], *, public: bool) -> Predictions:
        """Return truth and scores of one side."""
        side = self.is_public if public else ~self.is_public
        return Predictions(self.targets[side], scores[side], self.decided[side])


def read_eval_truth(release: Release) -> EvalTruth:
    """Read the eval side from the release's own files.

    Raises
    ------
    ReleaseFileError
        A file is missing or malformed.
    """
    folder = Path(release.path)
    truth = read_truth(folder)
    fnames = sorted(fname for fname, part in truth.part_of.items() if part == "eval")
    place = {mid: i for i, mid in enumerate(truth.vocabulary)}
    targets = np.zeros((len(fnames), len(place)), bool)
    decided = np.ones_like(targets)
    for row, fname in enumerate(fnames):
        targets[row, [place[mid] for mid in truth.positives[fname]]] = True
        for mid, (state, _) in truth.states[fname].items():
            decided[row, place[mid]] = state is not TrainingState.UNDECIDED
    owners = {
        fname: (entry.get("uploader"), entry.get("duplicate_group"))
        for fname, entry in json_entries(folder, clips_info_file("eval"))
    }
    uploaders = _codes([owners.get(fname, (fname, None))[0] for fname in fnames])
    duplicates = _codes([owners.get(fname, (fname, None))[1] for fname in fnames])
    groups = merge_groups(uploaders, duplicates)
    return EvalTruth(list(truth.vocabulary.items()), fnames, targets, decided, groups)


def json_entries(folder: Path, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the entries of a release's JSON object, which has one a line, without holding all.

    Raises
    ------
    ReleaseFileError
        The file is missing, or a line is no entry.
    """
    number = 0
    try:
        with (folder / name).open(encoding="utf-8", newline="\n") as handle:
            for line in handle:
                number += 1
                text = line.strip().rstrip(",")
                if text in ("", "{", "}", "{}"):
                    continue
                (entry,) = json.loads("{" + text + "}").items()
                yield entry
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"line {number} is no entry"
        raise ReleaseFileError(f"{name} cannot be read: {reason}.") from error


def load_truth(challenge: Challenge) -> ChallengeTruth:
    """Return the secret of a challenge: one query."""
    rows = list(
        challenge.clips.order_by("position").values_list("positive", "undecided", "is_public")
    )
    targets = np.zeros((len(rows), len(challenge.classes)), bool)
    decided = np.ones_like(targets)
    for row, (positive, undecided, _) in enumerate(rows):
        targets[row, positive] = True
        decided[row, undecided] = False
    return ChallengeTruth(targets, decided, np.array([public for *_, public in rows], bool))


def expected_of(challenge: Challenge) -> Expected:
    """Return what a submission must hold: one query."""
    return Expected(
        names=list(challenge.clips.order_by("position").values_list("name", flat=True)),
        mids=[mid for mid, _ in challenge.classes],
        labels=[label for _, label in challenge.classes],
        takes_labels=challenge.metric == Metric.MAP_AT_3,
    )


def _codes(names: Sequence[str | None]) -> NDArray[np.int64]:
    code = {name: i for i, name in enumerate(sorted({n for n in names if n is not None}))}
    return np.array(
        [NO_DUPLICATES if name is None else code[name] for name in names], dtype=np.int64
    )
