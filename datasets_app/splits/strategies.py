"""The ways to divide dev into train and val, and how contaminated each leaves it.

Iterative stratification comes from the ``iterative-stratification`` package, hence this module and
not ``domain/``. Conventions: labels, groups and fixed sides are those of
``domain.splits.train_val_split.continue_train_val``; clips that have a side keep it under any
strategy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit
from numpy.typing import NDArray

from datasets_app.domain.label_matrix import LabelMatrix
from datasets_app.domain.splits.contamination import Contamination, measure_contamination
from datasets_app.domain.splits.fixed_sides import NEW
from datasets_app.domain.splits.train_val_split import continue_train_val, split_train_val_random
from datasets_app.splits.models import TrainValStrategy

Groups = NDArray[np.int64]
Sides = NDArray[np.bool_]


def divide_dev(
    labels: LabelMatrix,
    group: Groups,
    fixed: Groups,
    *,
    strategy: TrainValStrategy,
    val_share: float,
    seed: int,
) -> tuple[Sides, dict[str, Any]]:
    """Return which dev clips are for validation, and what each strategy would have shared.

    All three are carried out, for their figures stand side by side: ``describe_contamination`` by
    strategy, and under ``chosen`` the name of the one that was taken. Only that one is held to the
    fixed sides; the others show what they would make of the same clips from the start.

    Notes
    -----
    Source: Fonseca et al. 2021, section on the train/validation split, which compares these three.
    Most of the time goes into iterative stratification: about 3 s for 41,000 clips and 200 classes.
    """
    afresh = np.full_like(fixed, NEW)
    sides = {
        name: divide(labels, group, fixed if name == strategy else afresh, val_share, seed)
        for name, divide in STRATEGIES.items()
    }
    figures: dict[str, Any] = {
        name.value: describe_contamination(measure_contamination(labels, group, is_val))
        for name, is_val in sides.items()
    }
    return sides[strategy], figures | {"chosen": str(strategy)}


def describe_contamination(found: Contamination) -> dict[str, Any]:
    """Return the figures for the record; the shares are None if no class has a clip.

    Examples
    --------
    >>> found = measure_contamination([[1, 0], [1, 0]], [0, 1], [False, True])
    >>> describe_contamination(found)["val_share_per_class"]
    {'min': 0.5, 'mean': 0.5, 'max': 0.5}
    """
    shares = found.val_share_per_class[~np.isnan(found.val_share_per_class)]
    return {
        "within_class": found.within_class,
        "between_class": found.between_class,
        "n_contaminated_groups": found.n_contaminated_groups,
        "n_val_labels": found.n_val_labels,
        "val_share_per_class": {
            name: float(of(shares)) if shares.size else None
            for name, of in (("min", np.min), ("mean", np.mean), ("max", np.max))
        },
    }


def split_iteratively(labels: LabelMatrix, *, val_share: float, seed: int) -> Sides:
    """Return round(val_share x n_clips) or so validation clips by iterative stratification.

    It is blind to uploaders. One clip alone, or a share that rounds to none, gives none.

    Notes
    -----
    Source: Sechidis et al. 2011, in the ``iterative-stratification`` package, to which a class
    without clips is added: it refuses a single class.
    """
    n_clips = labels.shape[0]
    is_val = np.zeros(n_clips, dtype=bool)
    n_val = min(round(val_share * n_clips), n_clips - 1)
    if n_val < 1:
        return is_val
    dense = np.pad(labels.toarray(), ((0, 0), (0, 1)))
    rng = np.random.RandomState(np.random.MT19937(seed))
    splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=n_val, random_state=rng)
    _, chosen = next(splitter.split(dense, dense))
    is_val[chosen] = True
    return is_val


def _by_contamination(
    labels: LabelMatrix, group: Groups, fixed: Groups, val_share: float, seed: int
) -> Sides:
    return continue_train_val(labels, group, fixed, val_share=val_share, seed=seed)


def _at_random(
    labels: LabelMatrix, group: Groups, fixed: Groups, val_share: float, seed: int
) -> Sides:
    is_new = fixed == NEW
    is_val = fixed == 1
    is_val[is_new] = split_train_val_random(
        labels[is_new], group[is_new], val_share=val_share, seed=seed
    )
    return is_val


def _iteratively(
    labels: LabelMatrix, group: Groups, fixed: Groups, val_share: float, seed: int
) -> Sides:
    is_new = fixed == NEW
    is_val = fixed == 1
    is_val[is_new] = split_iteratively(labels[is_new], val_share=val_share, seed=seed)
    return is_val


STRATEGIES: dict[TrainValStrategy, Callable[[LabelMatrix, Groups, Groups, float, int], Sides]] = {
    TrainValStrategy.CONTAMINATION: _by_contamination,
    TrainValStrategy.RANDOM: _at_random,
    TrainValStrategy.ITERATIVE: _iteratively,
}
