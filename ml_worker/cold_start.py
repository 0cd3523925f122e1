"""A teacher for a collection that has none: logistic regression on frozen embeddings.

A dozen examples of a class are too few to train a network and enough for a linear classifier on
embeddings of a pre-trained one. Ours; no published counterpart. For each class, a balanced logistic
regression on standardised embeddings of the train and validation clips: its positives against what
people refused and against the clips known for another class. Classes with fewer than
``min_examples`` positives, or with nothing against them, are not scored.

Job kind "flag" with the input ``embeddings`` (an embed job's result folder) in place of ``run``,
and the optional setting ``min_examples``; the result folder is that of any flag job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml_worker.embeddings.table import read_embeddings
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.release import LabelState, Release, ReleasedClip

MIN_EXAMPLES = 4
"""Fewest positives that teach anything; a dozen is what the teacher is made for."""

_ROWS_AT_ONCE = 65_536


def cold_start_scores(
    embeddings: NDArray[np.float32],
    states: NDArray[np.int8],
    *,
    min_examples: int = MIN_EXAMPLES,
    after_class: Callable[[], None] = lambda: None,
) -> NDArray[np.float32]:
    """Return each class's probability for each clip, (n_clips, n_classes); NaN where not taught.

    Parameters
    ----------
    embeddings, states
        Shapes (n_clips, size) and (n_clips, n_classes); ``states`` are ``LabelState`` values.
    min_examples
        Fewest positives of a class, inclusive, 1 or more.
    after_class
        Called after each class; may raise to stop.

    Notes
    -----
    The negatives of a class are its explicit negatives and, of the clips that are positive for
    another class, those that are not asked about (implicit negatives). Undecided entries teach
    nothing. Cost: one fit a class on the labelled clips, one product with all.
    """
    is_positive = states == LabelState.POSITIVE
    is_known = is_positive.any(axis=1)
    scores = np.full(states.shape, np.nan, dtype=np.float32)
    for column in range(states.shape[1]):
        of_class = states[:, column]
        negative = (of_class == LabelState.EXPLICIT_NEGATIVE) | (
            (of_class == LabelState.IMPLICIT_NEGATIVE) & is_known
        )
        rows = np.flatnonzero(is_positive[:, column] | negative)
        n_positive = int(is_positive[:, column].sum())
        if n_positive >= min_examples and n_positive < len(rows):
            teacher = make_pipeline(
                StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)
            )
            teacher.fit(embeddings[rows], is_positive[rows, column])
            scores[:, column] = _in_parts(teacher.predict_proba, embeddings)
        after_class()
    return scores


def score_from_embeddings(
    context: JobContext, release: Release, clips: Sequence[ReleasedClip]
) -> NDArray[np.float32]:
    """Return the cold-start scores of clips, (n_clips, n_classes), for a flag job.

    Classes that cannot be taught score NaN; ``taught_states`` takes them out of flagging.

    Raises
    ------
    JobRefused
        The embeddings are of other clips, ``min_examples`` is no whole number above 0, or no class
        has enough examples.
    """
    min_examples = context.spec.settings.get("min_examples", MIN_EXAMPLES)
    if not isinstance(min_examples, int) or isinstance(min_examples, bool) or min_examples < 1:
        raise JobRefused(f"min_examples is {min_examples!r}; it must be a whole number above 0.")
    table = read_embeddings(context.input_folder("embeddings"))
    rows = table.rows_of([clip.fname for clip in clips])
    context.progress.start("teaching", total=len(release.classes), unit="classes")

    def after_class() -> None:
        context.check_stop()
        context.progress.advance()

    scores = cold_start_scores(
        np.asarray(table.embeddings[rows]),
        release.label_states(clips),
        min_examples=min_examples,
        after_class=after_class,
    )
    if np.isnan(scores).all():
        raise JobRefused(
            f"No class has {min_examples} examples and anything against them; "
            "validate more clips first."
        )
    return scores


def taught_states(scores: NDArray[np.float32], states: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the states with the classes that were not taught undecided, so that none is flagged.

    >>> taught_states(np.array([[0.5, np.nan]]), np.zeros((1, 2), np.int8)).tolist()
    [[0, 3]]
    """
    is_taught = ~np.isnan(scores).all(axis=0)
    return np.where(is_taught, states, np.int8(LabelState.UNDECIDED)).astype(np.int8)


def _in_parts(
    predict_proba: Callable[[NDArray[np.float32]], Any], embeddings: NDArray[np.float32]
) -> NDArray[np.float32]:
    starts = range(0, len(embeddings), _ROWS_AT_ONCE)
    parts = [predict_proba(embeddings[start : start + _ROWS_AT_ONCE])[:, 1] for start in starts]
    return np.concatenate(parts).astype(np.float32)
