"""``python -m ml_worker transfer``: embeddings of a release beside the floor, in one file.

Takes the result folders of embed jobs on one release. The MFCC floor is embedded too unless it is
among them. ``OUT/transfer.json``::

    {"release", "data", "task", "measure", "n_classes", "n_fit", "n_eval", "seed",
     "results": [{"provider", "version", "classifier", "projection", "value", "protocol",
                  "curve": [{"n_examples", "mean", "low", "high", "n_draws"}]}]}

The first result is the floor.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_worker.contract import JobKind, JobSpec, write_job, write_json_atomically
from ml_worker.embeddings.table import EmbeddingTable, read_embeddings
from ml_worker.job_context import JobRefused
from ml_worker.release import Release, read_release
from ml_worker.runner import run_job
from ml_worker.transfer import (
    CLASSIFIERS,
    FLOOR,
    FLOOR_PROVIDER,
    Projection,
    Recipe,
    TransferData,
    measure_transfer,
    transfer_curve,
    transfer_data,
)

RESULT_FILE = "transfer.json"
DEFAULT_CLASSIFIERS = ("knn", "linear_svm", "logistic")


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """What to measure: every classifier on every embedding, after one projection.

    ``n_draws`` of 0 leaves out the curves; 1 has no interval and is not allowed.
    """

    release_dir: Path
    embedding_dirs: Sequence[Path]
    classifiers: Sequence[str] = DEFAULT_CLASSIFIERS
    projection: Projection = Projection.STANDARDISE
    seed: int = 0
    n_draws: int = 10


def run_transfer(plan: TransferPlan, out_dir: Path) -> dict[str, Any]:
    """Measure, write ``transfer.json`` and return what it holds.

    Raises
    ------
    JobRefused
        A folder cannot be read or does not fit the release, a classifier is not known, or the
        floor cannot be made.
    """
    _check(plan, out_dir)
    release = read_release(plan.release_dir)
    tables = [read_embeddings(folder) for folder in plan.embedding_dirs]
    floor = next((t for t in tables if t.description["provider"] == FLOOR_PROVIDER), None)
    if floor is None:
        floor = _embed_floor(plan.release_dir, out_dir)
    results = []
    for table, recipe in _pairs(plan, floor, tables):
        data = transfer_data(release, table)
        results.append(_result(plan, release, table, recipe, data))
    document = {
        "release": release.folder.resolve().name,
        "data": release.digest[:12],
        "task": data.task,
        "measure": data.measure,
        "n_classes": len(release.classes),
        "n_fit": len(data.fit_rows),
        "n_eval": len(data.eval_rows),
        "seed": plan.seed,
        "results": results,
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    write_json_atomically(out_dir / RESULT_FILE, document)
    return document


def transfer_lines(document: dict[str, Any]) -> list[str]:
    """Return what was measured as lines for a terminal, the floor first."""
    head = f"{document['measure']} on {document['n_eval']} eval clips, {document['task']}"
    lines = [f"{head}, fitted on {document['n_fit']}:"]
    for number, result in enumerate(document["results"]):
        name = f"{result['provider']} + {result['classifier']}"
        lines.append(f"  {result['value']:.3f}  {name}{' (the floor)' if number == 0 else ''}")
        lines += [
            f"         {p['n_examples']:>4} a class: {p['mean']:.3f} "
            f"({p['low']:.3f} to {p['high']:.3f})"
            for p in result["curve"]
        ]
    return lines


def _pairs(
    plan: TransferPlan, floor: EmbeddingTable, tables: Sequence[EmbeddingTable]
) -> Iterator[tuple[EmbeddingTable, Recipe]]:
    yield floor, FLOOR
    for table in tables:
        for classifier in plan.classifiers:
            yield table, Recipe(classifier, plan.projection)


def _result(
    plan: TransferPlan,
    release: Release,
    table: EmbeddingTable,
    recipe: Recipe,
    data: TransferData,
) -> dict[str, Any]:
    provider, version = table.description["provider"], table.description["version"]
    curve = (
        transfer_curve(data, recipe, seed=plan.seed, n_draws=plan.n_draws) if plan.n_draws else []
    )
    where = f"{release.folder.resolve().name}@{release.digest[:12]}/train+val-eval"
    how = f"{provider}/{recipe.projection}/{recipe.classifier}/seed-{plan.seed}"
    return {
        "provider": provider,
        "version": version,
        **dataclasses.asdict(recipe),
        "value": measure_transfer(data, recipe, plan.seed),
        "protocol": f"{where}/{how}",
        "curve": [dataclasses.asdict(point) for point in curve],
    }


def _check(plan: TransferPlan, out_dir: Path) -> None:
    if unknown := [name for name in plan.classifiers if name not in CLASSIFIERS]:
        known = ", ".join(CLASSIFIERS)
        raise JobRefused(f"Classifier {unknown[0]!r} is not known; choose one of {known}.")
    if plan.n_draws == 1 or plan.n_draws < 0:
        raise JobRefused(f"{plan.n_draws} draws give no interval; give 2 or more, or 0 for none.")
    if (out_dir / RESULT_FILE).exists():
        raise JobRefused(f"{out_dir} holds a result already; name another folder.")


def _embed_floor(release_dir: Path, out_dir: Path) -> EmbeddingTable:
    """Embed the release with MFCC statistics beside the result; what is there is used again."""
    job, result_dir = out_dir / "floor.job", out_dir / "floor"
    inputs = {"release": str(release_dir.resolve())}
    write_job(job, JobSpec("floor", JobKind.EMBED, inputs, {"provider": FLOOR_PROVIDER}))
    result = run_job(job.resolve(), result_dir.resolve())
    if not result.ok:
        raise JobRefused(result.error)
    return read_embeddings(result_dir)
