"""Which classes a release has, and where the labels of the others go."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import LabelMatrix, as_label_matrix
from datasets_app.domain.ontology.propagation import ancestor_matrix, propagate_labels
from datasets_app.domain.splits.vocabulary_wish import VocabularyWish, make_wish, merged_parents


@dataclass(frozen=True, slots=True)
class Merge:
    """A class with too few clips, and the kept classes that take its labels.

    ``into`` are its nearest kept ancestors: its parents, or where a parent is not kept itself, that
    parent's. ``n_dev`` and ``n_eval`` are the clips it had after propagation. ``is_forced``: a
    curator named the class that takes its labels; ``into`` is that, or if it is not kept itself,
    what is nearest above it.
    """

    class_index: int
    into: tuple[int, ...]
    n_dev: int
    n_eval: int
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every class exactly once: kept, merged, or dropped (``reasons`` has a sentence for each)."""

    kept: tuple[int, ...]
    merges: tuple[Merge, ...]
    dropped: tuple[int, ...]
    reasons: tuple[str, ...]


def choose_vocabulary(
    dev_labels: Any,
    eval_labels: Any,
    parents: Sequence[Sequence[int]],
    *,
    min_dev: int,
    min_eval: int,
    eligible: ArrayLike,
    pinned: Collection[int] = (),
    forbidden: Collection[int] = (),
    forced_merges: Mapping[int, int] | None = None,
    names: Sequence[str] = (),
) -> Vocabulary:
    """Keep the classes with enough clips; merge the others upwards.

    Starting from the leaves, a class with too few clips gives its labels to its parents, until
    every class that is left meets both thresholds. As clips are counted after propagation, a parent
    has its children's clips already; so kept are just the eligible classes that meet the
    thresholds, and a release's labels are the propagated ones of the kept classes.

    Parameters
    ----------
    dev_labels, eval_labels
        (n_clips, n_classes) direct positive labels of each side, dense or sparse.
    parents
        For each class its direct parents over propagating edges.
    min_dev, min_eval
        Clips a kept class has at least (inclusive), after propagation.
    eligible
        Booleans (n_classes,); abstract and omitted classes are not, and their labels go up too.
    pinned
        Classes that are kept even if they are not eligible or have too few clips, but 1 or more.
    forbidden
        Classes that are never kept; their labels go up.
    forced_merges
        Class -> the class that takes its labels, an ancestor or not. Its clips count there and
        above; ``merged_parents`` has what a release then propagates over.
    names
        What each class is called in errors about the last three; its index if not given.

    Raises
    ------
    RuleError
        If no class meets the thresholds, or sizes do not fit, or a class is its own ancestor; and
        if wishes contradict each other (``make_wish``), a pinned class has no clip, or a class is
        to merge where nothing is kept. Names the classes.

    Notes
    -----
    Source: FSD50K's vocabulary (Fonseca et al. 2021; DESIGN §3), whose smallest kept classes have
    51 dev and 32 eval clips. Cost: O(labels x ancestors + edges).

    Examples
    --------
    >>> chosen = choose_vocabulary([[1, 0], [0, 1]], [[0, 1]], [[1], []], min_dev=2, min_eval=1,
    ...                            eligible=[True, True])
    >>> chosen.kept, chosen.merges
    ((1,), (Merge(class_index=0, into=(1,), n_dev=1, n_eval=0, is_forced=False),))
    """
    n_classes = len(parents)
    fit = np.asarray(eligible, bool)
    if fit.shape != (n_classes,):
        raise RuleError(
            f"Eligible has shape {fit.shape}; give one for each of {n_classes} classes."
        )
    wish = make_wish(parents, pinned=pinned, forbidden=forbidden, merged=forced_merges, names=names)
    upwards = merged_parents(parents, wish.merged)
    pairs = [(child, parent) for child, above in enumerate(upwards) for parent in above]
    ancestors = ancestor_matrix(n_classes, pairs)
    n_dev, n_eval = (
        _clips_per_class(dev_labels, ancestors),
        _clips_per_class(eval_labels, ancestors),
    )
    is_kept = fit & (n_dev >= min_dev) & (n_eval >= min_eval)
    is_kept[[*wish.forbidden, *wish.merged]] = False
    _check_pins(wish, n_dev + n_eval)
    is_kept[list(wish.pinned)] = True
    if not is_kept.any():
        raise RuleError(_nobody_meets(n_dev[fit], n_eval[fit], min_dev, min_eval))
    return _sort_out(is_kept, n_dev, n_eval, parents, fit, wish)


def _sort_out(
    is_kept: NDArray[np.bool_],
    n_dev: NDArray[np.int64],
    n_eval: NDArray[np.int64],
    parents: Sequence[Sequence[int]],
    fit: NDArray[np.bool_],
    wish: VocabularyWish,
) -> Vocabulary:
    """Say for each class that is not kept where it goes."""
    merges: list[Merge] = []
    dropped: dict[int, str] = {}
    goes_to = [
        (wish.merged[index],) if index in wish.merged else up for index, up in enumerate(parents)
    ]
    for index in np.flatnonzero(~is_kept).tolist():
        counts = int(n_dev[index]), int(n_eval[index])
        into = _nearest_kept(index, goes_to, is_kept)
        if into and any(counts):
            merges.append(Merge(index, into, *counts, is_forced=index in wish.merged))
        elif index in wish.merged and any(counts):
            raise RuleError(_merges_nowhere(index, wish))
        else:
            dropped[index] = _why_dropped(*counts, bool(fit[index]), index in wish.forbidden)
    kept = tuple(np.flatnonzero(is_kept).tolist())
    return Vocabulary(kept, tuple(merges), tuple(dropped), tuple(dropped.values()))


def _check_pins(wish: VocabularyWish, n_clips: NDArray[np.int64]) -> None:
    problems = [
        f"Class {wish.name(index)} is pinned, but no clip carries it; collect clips or unpin it."
        for index in sorted(wish.pinned)
        if not n_clips[index]
    ]
    if problems:
        raise RuleError(problems)


def _merges_nowhere(index: int, wish: VocabularyWish) -> str:
    into = wish.name(wish.merged[index])
    return (
        f"Class {wish.name(index)} is to merge into {into}, but neither {into} nor anything above "
        f"it is kept; pin {into} or name another class."
    )


def _clips_per_class(labels: Any, ancestors: LabelMatrix) -> NDArray[np.int64]:
    direct = as_label_matrix(labels, n_classes=ancestors.shape[0])
    whole = as_label_matrix(direct + propagate_labels(direct, ancestors))
    return np.bincount(whole.indices, minlength=ancestors.shape[0]).astype(np.int64)


def _nearest_kept(
    index: int, parents: Sequence[Sequence[int]], is_kept: NDArray[np.bool_]
) -> tuple[int, ...]:
    """Walk up, stopping at kept classes."""
    found: set[int] = set()
    level, seen = list(parents[index]), set(parents[index])
    while level:
        found.update(mid for mid in level if is_kept[mid])
        above = {up for mid in level if not is_kept[mid] for up in parents[mid]} - seen
        seen |= above
        level = sorted(above)
    return tuple(sorted(found))


def _why_dropped(n_dev: int, n_eval: int, is_eligible: bool, is_forbidden: bool) -> str:
    if n_dev + n_eval == 0:
        return "No clip carries it."
    kind = "It has" if is_eligible else "It is abstract or omitted, with"
    if is_forbidden:
        kind = "It is forbidden, with"
    return (
        f"{kind} {n_dev} dev and {n_eval} eval clips, and no ancestor that takes its labels "
        "is kept."
    )


def _nobody_meets(
    n_dev: NDArray[np.int64], n_eval: NDArray[np.int64], min_dev: int, min_eval: int
) -> str:
    most_dev, most_eval = n_dev.max(initial=0), n_eval.max(initial=0)
    return (
        f"No class has {min_dev} dev and {min_eval} eval clips: the most are {most_dev} dev "
        f"and {most_eval} eval; lower the thresholds or collect more clips."
    )
