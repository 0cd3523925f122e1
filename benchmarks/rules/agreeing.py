"""Agreement and truth inference on codes of votes."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Outcome, measured, stopwatch
from datasets_app.domain.labels.dawid_skene import dawid_skene
from datasets_app.domain.votes.agreement import bootstrap_interval, krippendorff_alpha

N_VALUES = 4
N_ANNOTATORS = 350
N_ITERATIONS = 20
N_REPLICATES = 1000
N_PEER_REPLICATES = 3
_SEED = 51


def prepare_1m(folder: Path) -> None:
    """Write 1 M votes."""
    _write_votes(folder, 1_000_000)


def prepare_10m(folder: Path) -> None:
    """Write 10 M votes."""
    _write_votes(folder, 10_000_000)


def prepare_dawid_skene(folder: Path) -> None:
    """Write 700,000 votes."""
    _write_votes(folder, 700_000)


def alpha_1m(folder: Path) -> Outcome:
    """Ours on 1 M votes."""
    return _alpha(folder, 1_000_000)


def alpha_10m(folder: Path) -> Outcome:
    """Ours on 10 M votes."""
    return _alpha(folder, 10_000_000)


def alpha_1m_peer(folder: Path) -> Outcome:
    """The peer on 1 M votes."""
    return _alpha_peer(folder, 1_000_000)


def alpha_10m_peer(folder: Path) -> Outcome:
    """The peer on 10 M votes."""
    return _alpha_peer(folder, 10_000_000)


def dawid_skene_ours(folder: Path) -> Outcome:
    """Ours; the posteriors are left for the peer to be compared with."""
    unit, rater, value = (_read(folder, 700_000, name) for name in ("unit", "rater", "value"))
    with measured(len(unit), "votes") as outcome:
        found = dawid_skene(
            unit, rater, value, N_VALUES, max_iterations=N_ITERATIONS, tolerance=-np.inf
        )
    np.save(folder / "posteriors.npy", found.posteriors)
    outcome.remark = f"{found.n_iterations} iterations"
    return outcome


def dawid_skene_peer(folder: Path) -> Outcome:
    """The peer, and how far its posteriors are from ours."""
    import pandas
    from crowdkit.aggregation import DawidSkene

    columns = {"task": "unit", "worker": "rater", "label": "value"}
    votes = pandas.DataFrame({to: _read(folder, 700_000, name) for to, name in columns.items()})
    model = DawidSkene(n_iter=N_ITERATIONS, tol=-np.inf)
    with measured(len(votes), "votes") as outcome:
        model.fit(votes)
    theirs = model.probas_.sort_index(axis=0).sort_index(axis=1).to_numpy()
    far = np.abs(theirs - np.load(folder / "posteriors.npy")).max()
    outcome.remark = (
        f"{len(model.loss_history_)} iterations, posteriors within {max(far, 1e-16):.0e} of ours"
    )
    return outcome


def _alpha(folder: Path, n_votes: int) -> Outcome:
    unit, value = _read(folder, n_votes, "unit"), _read(folder, n_votes, "value")
    with measured(n_votes, "votes") as outcome:
        counts = _count(unit, value)
        alpha = krippendorff_alpha(counts)
        interval = bootstrap_interval(counts, "alpha", n_replicates=N_REPLICATES, seed=_SEED)
    outcome.remark = (
        f"alpha {alpha:.9f}, {interval.low:.5f} to {interval.high:.5f} of {len(counts):,} units"
    )
    return outcome


def _alpha_peer(folder: Path, n_votes: int) -> Outcome:
    import krippendorff

    unit, value = _read(folder, n_votes, "unit"), _read(folder, n_votes, "value")
    with measured(n_votes, "votes") as outcome:
        counts = _count(unit, value)
        alpha = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    rng = np.random.default_rng(_SEED)
    with stopwatch() as spent_s:
        for _ in range(N_PEER_REPLICATES):
            drawn = counts[rng.integers(len(counts), size=len(counts))]
            krippendorff.alpha(value_counts=drawn, level_of_measurement="nominal")
    whole_s = outcome.seconds + spent_s[0] / N_PEER_REPLICATES * N_REPLICATES
    outcome.remark = (
        f"alpha {alpha:.9f}; an interval by resampling, from {N_PEER_REPLICATES} replicates: "
        f"about {whole_s:,.0f} s"
    )
    return outcome


def _count(unit: NDArray[np.int64], value: NDArray[np.int64]) -> NDArray[np.int64]:
    n_cells = N_VALUES * (int(unit.max()) + 1)
    return np.bincount(unit * N_VALUES + value, minlength=n_cells).reshape(-1, N_VALUES)


def _write_votes(folder: Path, n_votes: int) -> None:
    """About three votes a unit, of annotators right with 0.6 to 0.97, active as Zipf's law says."""
    rng = np.random.default_rng([_SEED, n_votes])
    n_units = n_votes // 3
    every = np.arange(n_units)
    unit = np.concatenate([every, every, rng.integers(n_units, size=n_votes - 2 * n_units)])
    unit = rng.permutation(unit)
    weights = np.arange(1, N_ANNOTATORS + 1) ** -0.7
    rater = rng.choice(N_ANNOTATORS, n_votes, p=weights / weights.sum())
    truth = rng.choice(N_VALUES, n_units, p=[0.5, 0.2, 0.27, 0.03])
    reliability = rng.uniform(0.60, 0.97, N_ANNOTATORS)
    is_right = rng.random(n_votes) < reliability[rater]
    wrong = (truth[unit] + rng.integers(1, N_VALUES, n_votes)) % N_VALUES
    for name, array in (
        ("unit", unit), ("rater", rater), ("value", np.where(is_right, truth[unit], wrong))
    ):  # fmt: skip
        np.save(folder / f"{name}-{n_votes}.npy", array)


def _read(folder: Path, n_votes: int, name: str) -> NDArray[np.int64]:
    return np.load(folder / f"{name}-{n_votes}.npy")
