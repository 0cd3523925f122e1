"""A trained run's scores of every clip, as a table and as an array."""

import csv
import json

import numpy as np
import pytest

from ml_worker.contract import JobKind
from ml_worker.runner import run_job


@pytest.fixture
def score(finished_run, make_job, tmp_path):
    def run(name="score", **settings):
        inputs = dict(zip(("release", "run"), finished_run, strict=True))
        job_dir = make_job(JobKind.SCORE, inputs, name, device="cpu", **settings)
        return run_job(job_dir, tmp_path / f"{name}-out"), tmp_path / f"{name}-out"

    return run


def test_every_clip_has_a_score_for_every_class(score, finished_run):
    result, out_dir = score()
    assert result.ok, result.error
    assert result.summary["n_clips_scored"] == 24
    scores = np.load(out_dir / "scores.npy", allow_pickle=False)
    names = json.loads((out_dir / "scores.json").read_text())
    assert scores.shape == (24, 3)
    assert names["mids"] == ["/m/low", "/m/middle", "/m/high"]
    assert names["splits"].count("train") == 12
    with (out_dir / "scores.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [row["fname"] for row in rows] == names["fnames"]
    np.testing.assert_allclose([float(r["/m/low"]) for r in rows], scores[:, 0], rtol=1e-4)
    with (finished_run[1] / "scores_eval.csv").open() as handle:
        of_training = {row["fname"]: row["/m/high"] for row in csv.DictReader(handle)}
    of_eval = {row["fname"]: row["/m/high"] for row in rows if row["split"] == "eval"}
    assert {f: float(v) for f, v in of_eval.items()} == pytest.approx(
        {f: float(v) for f, v in of_training.items()}, abs=0.01
    )


def test_some_splits_may_be_asked_for(score):
    result, out_dir = score(splits=["val"])
    assert result.summary["splits"] == ["val"]
    assert np.load(out_dir / "scores.npy").shape == (6, 3)


@pytest.mark.parametrize("splits", ["val", [], ["test"], [3]])
def test_wrong_splits_are_refused(score, splits):
    result, _ = score(splits=splits)
    assert "name one or more of train, val, eval" in result.error


def test_a_run_of_another_vocabulary_is_refused(score, finished_run):
    path = finished_run[0] / "ground_truth" / "vocabulary.csv"
    path.write_text(path.read_text() + "3,Other,/m/other\n")
    assert "use a run of a release with the same vocabulary" in score()[0].error
