"""What changed from one release to the next, read from their folders."""

from collections import Counter
from pathlib import Path
from typing import Any

from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.releases.reading import GroundTruth, read_truth

Pair = tuple[str, str]


def diff_releases(old_dir: Path, new_dir: Path) -> dict[str, Any]:
    """Return what changed between two releases; lists are sorted, pairs are (fname, mid).

    Returns
    -------
    dict
        ``clips_added``, ``clips_removed``: fnames. ``clips_moved``: fname, old part, new part.
        ``classes_added``, ``classes_removed``: mids. ``labels_gained``, ``labels_lost``: pairs
        positive in only one of the two. ``negatives_gained``, ``negatives_lost``: the same for
        explicit negatives. ``n_states``: counts of states, under ``old`` and ``new``. ``names``:
        released name of every mid of either.

    Raises
    ------
    ReleaseFileError
        A ground truth cannot be read.
    """
    old, new = read_truth(old_dir), read_truth(new_dir)
    found: dict[str, Any] = {
        "clips_added": sorted(new.part_of.keys() - old.part_of.keys()),
        "clips_removed": sorted(old.part_of.keys() - new.part_of.keys()),
        "clips_moved": sorted(
            (fname, part, new.part_of[fname])
            for fname, part in old.part_of.items()
            if new.part_of.get(fname, part) != part
        ),
        "classes_added": sorted(new.vocabulary.keys() - old.vocabulary.keys()),
        "classes_removed": sorted(old.vocabulary.keys() - new.vocabulary.keys()),
        "n_states": {"old": _count_states(old), "new": _count_states(new)},
        "names": {**old.vocabulary, **new.vocabulary},
    }
    for name, state in (
        ("labels", TrainingState.POSITIVE),
        ("negatives", TrainingState.NEGATIVE),
    ):
        before, after = _pairs(old, state), _pairs(new, state)
        found[f"{name}_gained"] = sorted(after - before)
        found[f"{name}_lost"] = sorted(before - after)
    return found


def _pairs(truth: GroundTruth, wanted: TrainingState) -> set[Pair]:
    return {
        (fname, mid)
        for fname, states in truth.states.items()
        for mid, (state, _) in states.items()
        if state is wanted
    }


def _count_states(truth: GroundTruth) -> dict[str, int]:
    counts = Counter(s.value for states in truth.states.values() for s, _ in states.values())
    return {state.value: counts[state.value] for state in TrainingState}
