"""Flags are each class's highest-scored implicit negatives, and nothing a person has judged."""

import csv

import numpy as np
import pytest

from ml_worker.flag import Flag, n_flagged, select_flags
from ml_worker.release import LabelState

IMPLICIT, POSITIVE = LabelState.IMPLICIT_NEGATIVE, LabelState.POSITIVE
REFUSED, UNDECIDED = LabelState.EXPLICIT_NEGATIVE, LabelState.UNDECIDED


def flags_of(scores, states, top_percent):
    n_clips = len(scores)
    fnames = [f"c{i}" for i in range(n_clips)]
    scores = np.array(scores, np.float32).reshape(n_clips, -1)
    states = np.array(states, np.int8).reshape(n_clips, -1)
    mids = [f"m{i}" for i in range(scores.shape[1])]
    return select_flags(scores, states, fnames, mids, top_percent)


def test_only_implicit_negatives_are_flagged():
    flags = flags_of([0.9, 0.8, 0.7, 0.5], [POSITIVE, REFUSED, UNDECIDED, IMPLICIT], 100)
    assert flags == [Flag("c3", "m0", 0.5, 1, 1)]


def test_the_share_is_rounded_down_but_at_least_one_is_flagged():
    scores = np.linspace(0, 1, 250)
    assert len(flags_of(scores, [IMPLICIT] * 250, 1)) == 2
    assert len(flags_of(scores, [IMPLICIT] * 250, 0.1)) == 1
    assert len(flags_of(scores, [IMPLICIT] * 250, 100)) == 250
    assert flags_of(scores, [POSITIVE] * 250, 1) == []


def test_equal_scores_are_taken_in_the_order_of_fname():
    assert [f.fname for f in flags_of([0.5] * 4, [IMPLICIT] * 4, 50)] == ["c0", "c1"]


def test_classes_are_ranked_apart_and_shown_together_by_score():
    scores = [[0.1, 0.9], [0.2, 0.8]]
    flags = flags_of(scores, [[IMPLICIT] * 2] * 2, 50)
    assert flags == [
        Flag("c0", "m1", pytest.approx(0.9), 1, 2),
        Flag("c1", "m0", pytest.approx(0.2), 1, 2),
    ]


def test_a_hidden_label_is_found_by_a_run_on_the_release(finished_run, run_flag_job):
    release_dir, run_dir = finished_run
    path = release_dir / "ground_truth" / "dev.csv"
    path.write_text(path.read_text().replace("103,Low,/m/low,train", "103,,,train"))
    result, out_dir = run_flag_job(release_dir, run_dir, top_percent=5.0)
    assert result.ok, result.error
    assert result.summary["n_flags"] == 3
    assert result.summary["n_clips_scored"] == 18
    with (out_dir / "flags.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert (rows[0]["fname"], rows[0]["mid"]) == ("103", "/m/low")
    assert sorted((float(r["score"]) for r in rows), reverse=True) == [
        float(r["score"]) for r in rows
    ]


@pytest.mark.parametrize("top_percent", [0, -1, 100.5, "many", True, None])
def test_a_wrong_share_is_refused(run_flag_job, tmp_path, top_percent):
    result, _ = run_flag_job(tmp_path, tmp_path, top_percent=top_percent)
    assert "must be a number above 0, up to 100" in result.error


def test_a_run_of_another_vocabulary_is_refused(finished_run, run_flag_job):
    release_dir, run_dir = finished_run
    path = release_dir / "ground_truth" / "vocabulary.csv"
    path.write_text(path.read_text() + "3,Other,/m/other\n")
    result, _ = run_flag_job(release_dir, run_dir)
    assert "use a run of a release with the same vocabulary" in result.error


def test_a_pickle_offered_as_weights_is_never_opened(finished_run, run_flag_job, tmp_path):
    import pickle

    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    release_dir, run_dir = finished_run
    (run_dir / "model.safetensors").write_bytes(pickle.dumps(Trap()))
    result, _ = run_flag_job(release_dir, run_dir)
    assert "is not a safetensors file" in result.error
    assert not (tmp_path / "sprung").exists()


def test_weights_of_another_network_are_refused(finished_run, run_flag_job):
    release_dir, run_dir = finished_run
    path = run_dir / "model.json"
    path.write_text(path.read_text().replace('"model": "small_cnn"', '"model": "vgg_like"'))
    result, _ = run_flag_job(release_dir, run_dir)
    assert "holds the weights of another network" in result.error


def test_a_smaller_share_is_read_off_the_ranks_of_a_larger_one():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 20, (130, 3)) / 20  # with ties
    states = rng.choice([IMPLICIT, POSITIVE, REFUSED], (130, 3), p=[0.8, 0.1, 0.1])
    wide, narrow = flags_of(scores, states, 8), flags_of(scores, states, 2)
    assert [f for f in wide if f.rank <= n_flagged(f.n_implicit, 2)] == narrow


def test_the_flags_are_those_of_a_plain_sort():
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 50, (400, 5)).astype(np.float32)
    states = rng.choice([IMPLICIT, POSITIVE], (400, 5), p=[0.9, 0.1]).astype(np.int8)
    fnames = [f"{rng.integers(10**6)}-{i}" for i in range(400)]
    flags = select_flags(scores, states, fnames, list("abcde"), 5)
    for column, mid in enumerate("abcde"):
        rows = np.nonzero(states[:, column] == IMPLICIT)[0]
        plain = sorted(rows, key=lambda r: (-scores[r, column], fnames[r]))[: len(rows) // 20]
        mine = sorted((f for f in flags if f.mid == mid), key=lambda f: f.rank)
        assert [f.fname for f in mine] == [fnames[r] for r in plain]
