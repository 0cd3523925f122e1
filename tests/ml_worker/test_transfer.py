"""Simple classifiers on embeddings: measured on eval, beside the floor, over few examples."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from ml_worker.__main__ import main
from ml_worker.embeddings.table import EmbeddingTable
from ml_worker.job_context import JobRefused
from ml_worker.release import LabelState, Split, read_release
from ml_worker.transfer import (
    CLASSIFIERS,
    FLOOR,
    CurvePoint,
    Projection,
    Recipe,
    Task,
    TransferData,
    measure_transfer,
    transfer_curve,
    transfer_data,
)
from ml_worker.transfer_command import TransferPlan, run_transfer, transfer_lines

POSITIVE, NEGATIVE, UNDECIDED = (
    LabelState.POSITIVE,
    LabelState.EXPLICIT_NEGATIVE,
    LabelState.UNDECIDED,
)


def separable(n_clips: int, n_classes: int = 3, seed: int = 0, spread: float = 0.1):
    rng = np.random.default_rng(seed)
    label = np.arange(n_clips) % n_classes
    rows = np.eye(8)[label] * 5 + rng.normal(0, spread, (n_clips, 8))
    states = np.zeros((n_clips, n_classes), np.int8)
    states[np.arange(n_clips), label] = POSITIVE
    return rows.astype(np.float32), states


def single_label(spread: float = 0.1) -> TransferData:
    return TransferData(
        Task.SINGLE_LABEL, *separable(30, spread=spread), *separable(15, seed=1, spread=spread)
    )


def multi_label() -> TransferData:
    data = single_label()
    return TransferData(
        Task.MULTI_LABEL, data.fit_rows, data.fit_states, data.eval_rows, data.eval_states
    )


@pytest.mark.parametrize("projection", Projection)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_classifier_tells_apart_what_is_apart(classifier, projection):
    recipe = Recipe(classifier, projection)
    assert measure_transfer(single_label(), recipe) == 1.0
    assert measure_transfer(multi_label(), recipe) > 0.99


def test_accuracy_is_the_share_of_clips_that_are_right():
    data = single_label()
    data.eval_states[:3] = np.roll(data.eval_states[:3], 1, axis=1)
    assert data.measure == "accuracy"
    assert measure_transfer(data, FLOOR) == pytest.approx(12 / 15)


def test_the_mean_is_over_classes_that_have_a_positive_on_both_sides():
    data = multi_label()
    noisy = TransferData(
        data.task,
        data.fit_rows,
        data.fit_states,
        np.random.default_rng(0).normal(size=data.eval_rows.shape).astype(np.float32),
        data.eval_states.copy(),
    )
    noisy.fit_states[:, 2][noisy.fit_states[:, 2] == POSITIVE] = NEGATIVE
    recipe = Recipe("logistic", Projection.STANDARDISE)
    found = measure_transfer(noisy, recipe)
    from ml_worker.transfer import make_classifier

    expected = []
    for column in (0, 1):
        pipeline = make_classifier(recipe, 0, 30)
        pipeline.fit(noisy.fit_rows, noisy.fit_states[:, column] == POSITIVE)
        scores = pipeline.decision_function(noisy.eval_rows)
        expected.append(average_precision_score(noisy.eval_states[:, column] == POSITIVE, scores))
    assert found == pytest.approx(np.mean(expected))


def test_undecided_entries_neither_teach_nor_count():
    data = multi_label()
    odd = data.fit_rows.copy()
    odd[:5] = 1000
    states = data.fit_states.copy()
    states[:5] = UNDECIDED
    eval_states = data.eval_states.copy()
    eval_states[:4] = UNDECIDED
    recipe = Recipe("linear_svm", Projection.STANDARDISE)
    odd_data = TransferData(data.task, odd, states, data.eval_rows, eval_states)
    assert measure_transfer(odd_data, recipe) > 0.99


def test_curves_rise_with_examples_and_stop_where_a_class_has_no_more():
    curve = transfer_curve(single_label(spread=3.0), FLOOR, n_draws=20)
    assert [point.n_examples for point in curve] == [1, 2, 4, 8]
    assert curve[0].mean < curve[-1].mean
    assert all(p.low <= p.mean <= p.high and p.n_draws == 20 for p in curve)
    assert curve == transfer_curve(single_label(spread=3.0), FLOOR, n_draws=20)
    assert curve != transfer_curve(single_label(spread=3.0), FLOOR, n_draws=20, seed=1)


@pytest.mark.parametrize("data", [single_label(), multi_label()])
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_one_example_of_each_class_is_enough_to_begin(classifier, data):
    recipe = Recipe(classifier, Projection.WHITENED_PCA)
    (point,) = transfer_curve(data, recipe, n_draws=2, shots=[1])
    assert 0 <= point.low <= point.mean <= point.high <= 1


def test_the_interval_is_students(monkeypatch):
    values = iter([0.2, 0.4, 0.6])
    monkeypatch.setattr("ml_worker.transfer._measure", lambda *_: next(values))
    (point,) = transfer_curve(single_label(), FLOOR, n_draws=3, shots=[1])
    half = 4.302653 * 0.2 / np.sqrt(3)
    assert point == CurvePoint(1, pytest.approx(0.4), 0.0, pytest.approx(0.4 + half), 3)


def test_an_unknown_classifier_names_those_there_are():
    with pytest.raises(JobRefused, match=r"'forest' is not known; choose one of nearest_neigh"):
        measure_transfer(single_label(), Recipe("forest", Projection.NONE))


def test_a_release_is_fitted_on_dev_and_measured_on_eval(release_dir):
    release = read_release(release_dir)
    clip_ids = tuple(reversed([c.fname for c in release.clips]))
    rows = np.array([[float(c)] for c in clip_ids], np.float32)
    data = transfer_data(release, EmbeddingTable(clip_ids, rows, {}))
    assert data.task == Task.SINGLE_LABEL
    assert data.fit_rows[:, 0].tolist() == list(range(100, 118))
    assert data.eval_rows[:, 0].tolist() == list(range(118, 124))
    path = release_dir / "ground_truth" / "dev.csv"
    path.write_text(path.read_text().replace("103,Low,/m/low,train", "103,,,train"))
    assert transfer_data(read_release(release_dir), EmbeddingTable(clip_ids, rows, {})).task == (
        Task.MULTI_LABEL
    )
    with pytest.raises(JobRefused, match="has no embedding"):
        transfer_data(release, EmbeddingTable(clip_ids[1:], rows[1:], {}))


def test_the_command_always_shows_the_floor_first(release_dir, tmp_path, capsys):
    embed = ["embed", str(release_dir), str(tmp_path / "logmel")]
    assert main([*embed, "--provider", "log-mel-statistics"]) == 0
    arguments = ["transfer", str(release_dir), str(tmp_path / "out"), "--draws", "3"]
    arguments += ["--embeddings", str(tmp_path / "logmel"), "--classifiers", "logistic", "knn"]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "mfcc-statistics + nearest_neighbour (the floor)" in shown
    document = json.loads((tmp_path / "out" / "transfer.json").read_text())
    found = [(r["provider"], r["classifier"], r["projection"]) for r in document["results"]]
    assert found == [
        ("mfcc-statistics", "nearest_neighbour", "none"),
        ("log-mel-statistics", "logistic", "standardise"),
        ("log-mel-statistics", "knn", "standardise"),
    ]
    assert (document["task"], document["measure"]) == ("single_label", "accuracy")
    assert [p["n_examples"] for p in document["results"][0]["curve"]] == [1, 2, 4]
    assert document["results"][1]["protocol"].endswith(
        "/train+val-eval/log-mel-statistics/standardise/logistic/seed-0"
    )
    assert main(arguments) == 1
    assert "holds a result already" in capsys.readouterr().err


def test_a_floor_that_was_embedded_is_used_as_it_is(release_dir, tmp_path):
    floor = tmp_path / "mfcc"
    assert main(["embed", str(release_dir), str(floor), "--provider", "mfcc-statistics"]) == 0
    plan = TransferPlan(release_dir, [floor], classifiers=["knn"], n_draws=0)
    document = run_transfer(plan, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["transfer.json"]
    assert len(transfer_lines(document)) == 3
    assert read_release(release_dir).clips_of(Split.EVAL)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--classifiers", "forest"], "'forest' is not known"),
        (["--draws", "1"], "1 draws give no interval"),
        (["--embeddings", "nowhere"], "holds no embeddings"),
    ],
)
def test_wrong_arguments_are_a_sentence(release_dir, tmp_path, capsys, arguments, words):
    assert main(["transfer", str(release_dir), str(tmp_path / "out"), *arguments]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
