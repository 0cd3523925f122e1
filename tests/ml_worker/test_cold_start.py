"""A dozen examples of a class make a teacher, and its flags are those of any flag job."""

import csv

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ml_worker.__main__ import main
from ml_worker.cold_start import cold_start_scores, taught_states
from ml_worker.contract import JobKind
from ml_worker.release import LabelState
from ml_worker.runner import run_job

IMPLICIT, POSITIVE = LabelState.IMPLICIT_NEGATIVE, LabelState.POSITIVE
REFUSED, UNDECIDED = LabelState.EXPLICIT_NEGATIVE, LabelState.UNDECIDED


@pytest.fixture
def pile():
    """A thousand clips of four classes, of which twelve of each are known."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 1000)
    rows = (rng.normal(size=(4, 32))[truth] + rng.normal(0, 1.0, (1000, 32))).astype(np.float32)
    states = np.zeros((1000, 4), np.int8)
    for column in range(4):
        states[np.flatnonzero(truth == column)[:12], column] = POSITIVE
    return rows, states, truth


def test_a_dozen_examples_rank_the_rest_of_the_pile(pile):
    rows, states, truth = pile
    scores = cold_start_scores(rows, states)
    unknown = ~(states == POSITIVE).any(axis=1)
    for column in range(4):
        assert roc_auc_score(truth[unknown] == column, scores[unknown, column]) > 0.95
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_class_with_too_few_examples_is_not_taught(pile):
    rows, states, _ = pile
    states[np.flatnonzero(states[:, 1] == POSITIVE)[3:], 1] = IMPLICIT
    scores = cold_start_scores(rows, states, min_examples=4)
    assert np.isnan(scores[:, 1]).all()
    assert not np.isnan(scores[:, [0, 2, 3]]).any()
    assert not np.isnan(cold_start_scores(rows, states, min_examples=3)[:, 1]).any()
    kept = taught_states(scores, states)
    assert (kept[:, 1] == UNDECIDED).all()
    np.testing.assert_array_equal(kept[:, [0, 2, 3]], states[:, [0, 2, 3]])


def test_what_nobody_knows_or_decided_teaches_nothing(pile):
    rows, states, _ = pile
    known = (states == POSITIVE).any(axis=1)
    states[np.flatnonzero(known)[0], 3] = UNDECIDED
    scores = cold_start_scores(rows, states)
    others = rows.copy()
    others[~known] = 7.0
    np.testing.assert_array_equal(cold_start_scores(others, states)[known], scores[known])


def test_refusals_teach_where_no_other_class_is_known(pile):
    rows, states, truth = pile
    only = states[:, :1].copy()
    assert np.isnan(cold_start_scores(rows, only)).all(), "nothing is known against the class"
    only[np.flatnonzero(truth != 0)[:12], 0] = REFUSED
    scores = cold_start_scores(rows, only)
    assert roc_auc_score(truth == 0, scores[:, 0]) > 0.9


@pytest.fixture
def embeddings(release_dir, tmp_path):
    arguments = ["embed", str(release_dir), str(tmp_path / "e")]
    assert main([*arguments, "--provider", "log-mel-statistics"]) == 0
    return tmp_path / "e"


def test_a_hidden_label_is_found_without_any_training(release_dir, embeddings, tmp_path, capsys):
    path = release_dir / "ground_truth" / "dev.csv"
    path.write_text(path.read_text().replace("103,Low,/m/low,train", "103,,,train"))
    out = tmp_path / "flags"
    arguments = ["flag", str(release_dir), str(embeddings), str(out), "--cold-start"]
    assert main([*arguments, "--top-percent", "5"]) == 0, capsys.readouterr().err
    with (out / "flags.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert (rows[0]["fname"], rows[0]["mid"], rows[0]["rank"]) == ("103", "/m/low", "1")
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"min_examples": 0}, "must be a whole number above 0"),
        ({"min_examples": "many"}, "must be a whole number above 0"),
        ({"min_examples": 100}, "No class has 100 examples"),
    ],
)
def test_wrong_settings_are_a_sentence(make_job, release_dir, embeddings, tmp_path, given, words):
    inputs = {"release": release_dir, "embeddings": embeddings}
    result = run_job(make_job(JobKind.FLAG, inputs, "cold", **given), tmp_path / "out")
    assert not result.ok
    assert words in result.error


def test_embeddings_of_another_release_are_refused(make_job, release_dir, embeddings, tmp_path):
    path = embeddings / "clips.csv"
    path.write_text(path.read_text().replace("\n105,", "\n905,"))
    inputs = {"release": release_dir, "embeddings": embeddings}
    result = run_job(make_job(JobKind.FLAG, inputs, "cold"), tmp_path / "out")
    assert "Clip 105 has no embedding" in result.error
