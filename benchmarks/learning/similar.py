"""Similar sounds at two sizes."""

import csv
import json
import shutil
import time
from pathlib import Path

import numpy as np

from benchmarks.measuring import Outcome, measured
from datasets_app.clips.similarity import open_folder, similar_clips
from ml_worker.contract import JobKind, JobSpec
from ml_worker.job_context import JobContext
from ml_worker.similarity import build_index

Found = tuple[Outcome, dict[str, float]]

N_QUERIES, N_ASKED = 100, 10
_SEED = 62


def prepare_50k(folder: Path) -> None:
    """Write embeddings that need no index."""
    _write(folder, 50_000, 1_024, n_clusters=500)


def prepare_500k(folder: Path) -> None:
    """Write embeddings and build their index, keeping how long that took."""
    _write(folder, 500_000, 256, n_clusters=5_000)


def query_exact(folder: Path) -> Found:
    """Ask for ten of 50,000."""
    place = folder / "embeddings"
    queries = _queries(50_000)
    similar_clips(embed_dir=place, clip_id=queries[0], n=N_ASKED)
    with measured(N_QUERIES, "asked") as outcome:
        for clip_id in queries:
            similar_clips(embed_dir=place, clip_id=clip_id, n=N_ASKED)
    outcome.remark = f"{1000 * outcome.seconds / N_QUERIES:.1f} ms a query"
    return outcome, {}


def query_indexed(folder: Path) -> Found:
    """Ask for ten of 500,000, and compare with comparing all."""
    place = folder / "embeddings"
    queries = _queries(500_000)
    similar_clips(embed_dir=place, clip_id=queries[0], n=N_ASKED)
    with measured(N_QUERIES, "asked") as outcome:
        answers = [
            {name for name, _ in similar_clips(embed_dir=place, clip_id=clip_id, n=N_ASKED)}
            for clip_id in queries
        ]
    opened = open_folder(place)
    units = opened.embeddings / opened.norms[:, None]
    n_found = 0
    for clip_id, answer in zip(queries, answers, strict=True):
        row = opened.row_of[clip_id]
        cosines = units @ units[row]
        cosines[row] = -2.0
        nearest = np.argpartition(-cosines, N_ASKED)[:N_ASKED]
        n_found += len(answer & {opened.clip_ids[i] for i in nearest})
    recall = n_found / (N_QUERIES * N_ASKED)
    built_s = float((folder / "built_s").read_text(encoding="utf-8"))
    outcome.remark = (
        f"{1000 * outcome.seconds / N_QUERIES:.1f} ms a query, recall {recall:.3f}, "
        f"index built in {built_s:.0f} s"
    )
    shutil.rmtree(place)
    return outcome, {"recall": recall, "built_s": built_s}


def _queries(n_clips: int) -> list[str]:
    rows = np.random.default_rng(_SEED + 1).choice(n_clips, N_QUERIES, replace=False)
    return [f"clip-{row}" for row in rows]


def _write(folder: Path, n_clips: int, size: int, *, n_clusters: int) -> None:
    """Write what an embed job writes."""
    place = folder / "embeddings"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    rng = np.random.default_rng(_SEED)
    centres = rng.normal(size=(n_clusters, size)).astype(np.float32)
    rows = centres[rng.integers(0, n_clusters, n_clips)]
    rows += 0.5 * rng.standard_normal((n_clips, size), dtype=np.float32)
    np.save(place / "embeddings.npy", rows)
    np.save(place / "norms.npy", np.linalg.norm(rows, axis=1))
    with (place / "clips.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(
            [["clip_id", "sha256"], *([f"clip-{i}", ""] for i in range(n_clips))]
        )
    context = JobContext(JobSpec("benchmark", JobKind.EMBED, {}), folder, folder, place)
    began_s = time.perf_counter()
    index = build_index(context, place)
    (folder / "built_s").write_text(f"{time.perf_counter() - began_s:.1f}", encoding="utf-8")
    description = {"size": size, "index": index}
    (place / "provider.json").write_text(json.dumps(description), encoding="utf-8")
