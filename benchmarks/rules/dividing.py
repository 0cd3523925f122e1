"""Splitting and propagation on label matrices."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import load_npz, save_npz

from benchmarks.measuring import Outcome, measured
from benchmarks.rules.fsd50k_rules import RuleBook, read_rule_book
from benchmarks.synthetic.clips import draw_classes, draw_favourites, draw_uploaders, zipf_weights
from datasets_app.domain.label_matrix import LabelMatrix, label_matrix
from datasets_app.domain.ontology.propagation import ancestor_matrix, propagate_labels
from datasets_app.domain.splits.contamination import measure_contamination
from datasets_app.domain.splits.train_val_split import split_train_val

N_SPLIT_CLIPS, N_SPLIT_CLASSES, N_UPLOADERS = 41_000, 200, 5_600
N_LABELLED_CLIPS = 51_000
_SEED = 41


def prepare(folder: Path) -> None:
    """Write labels and uploaders: sizes after Zipf's law, few classes for each uploader."""
    rng = np.random.default_rng(_SEED)
    uploaders = draw_uploaders(N_SPLIT_CLIPS, N_UPLOADERS, rng)
    favourites = draw_favourites(N_UPLOADERS, N_SPLIT_CLASSES, rng)
    pairs = [
        (row, column)
        for row, uploader in enumerate(uploaders.tolist())
        for column in draw_classes(favourites[uploader], rng)
    ]
    rows, columns = zip(*pairs, strict=True)
    save_npz(folder / "split.npz", label_matrix(rows, columns, (N_SPLIT_CLIPS, N_SPLIT_CLASSES)))
    np.save(folder / "uploaders.npy", uploaders)


def split(folder: Path) -> Outcome:
    """Ours."""
    labels, uploaders = load_npz(folder / "split.npz"), np.load(folder / "uploaders.npy")
    with measured(N_SPLIT_CLIPS) as outcome:
        is_val = split_train_val(labels, uploaders, seed=_SEED)
    outcome.remark = _contamination(labels, uploaders, is_val)
    return outcome


def split_peer(folder: Path) -> Outcome:
    """The peer."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    labels, uploaders = load_npz(folder / "split.npz"), np.load(folder / "uploaders.npy")
    dense = labels.toarray().astype(int)
    with measured(N_SPLIT_CLIPS) as outcome:
        splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=0.15, random_state=_SEED)
        _, chosen = next(splitter.split(np.zeros(len(dense)), dense))
    is_val = np.zeros(len(dense), dtype=bool)
    is_val[chosen] = True
    outcome.remark = _contamination(labels, uploaders, is_val)
    return outcome


def prepare_labels(folder: Path) -> None:
    """Write one to three labels a clip, classes after Zipf's law."""
    rng = np.random.default_rng([_SEED, 2])
    n_classes = len(read_rule_book().rules)
    rows = np.repeat(np.arange(N_LABELLED_CLIPS), rng.choice([1, 2, 3], N_LABELLED_CLIPS))
    columns = rng.choice(n_classes, rows.size, p=zipf_weights(n_classes))
    save_npz(folder / "labels.npz", label_matrix(rows, columns, (N_LABELLED_CLIPS, n_classes)))


def propagate(folder: Path) -> Outcome:
    """Ours."""
    book, labels = read_rule_book(), load_npz(folder / "labels.npz")
    pairs = _propagating_pairs(book)
    with measured(N_LABELLED_CLIPS) as outcome:
        added = propagate_labels(labels, ancestor_matrix(len(book.rules), pairs))
    outcome.remark = (
        f"{book.origin}, {len(pairs)} of them propagating: {labels.nnz:,} labels, "
        f"{added.nnz:,} added"
    )
    return outcome


def propagate_naively(folder: Path) -> Outcome:
    """Sets of ancestors, clip by clip; the ancestors are given."""
    book, labels = read_rule_book(), load_npz(folder / "labels.npz")
    place = {mid: index for index, mid in enumerate(book.rules)}
    above = {place[m]: {place[a] for a in found} for m, found in book.ancestors().items()}
    present = [set(clip.tolist()) for clip in np.split(labels.indices, labels.indptr[1:-1])]
    with measured(N_LABELLED_CLIPS) as outcome:
        added = [set().union(*(above.get(label, ()) for label in clip)) - clip for clip in present]
    outcome.remark = f"no peer exists; {sum(map(len, added)):,} added"
    return outcome


def _propagating_pairs(book: RuleBook) -> list[tuple[int, int]]:
    place = {mid: index for index, mid in enumerate(book.rules)}
    return [(place[e.child], place[e.parent]) for e in book.edges if e.propagates]


def _contamination(
    labels: LabelMatrix, uploaders: NDArray[np.int64], is_val: NDArray[np.bool_]
) -> str:
    found = measure_contamination(labels, uploaders, is_val)
    counts = labels.sum(axis=0)
    shares = labels[np.flatnonzero(is_val)].sum(axis=0) / np.maximum(counts, 1)
    n_near = int((np.abs(shares - 0.15) <= 0.05).sum())
    return (
        f"WC {found.within_class:.4f}, BC {found.between_class:.4f}; {n_near} of {len(counts)} "
        f"classes have 10 to 20 % of their clips in val"
    )
