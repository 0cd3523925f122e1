"""What a result folder must hold, and what its figures may be compared with."""

import hashlib
import json

import numpy as np
import pytest

from ml_worker.evaluation.protocol import Protocol, protocol_of
from ml_worker.evaluation.stored_run import read_curves, read_evaluation, read_train_run
from ml_worker.job_context import JobRefused
from ml_worker.release import Split, read_release


def test_a_protocol_names_release_version_and_the_hash_of_the_manifest(release_dir):
    release = read_release(release_dir)
    without = protocol_of(release, "eval", "logmel1", 3)
    assert without.data == f"release@{release.digest[:12]}"
    text = json.dumps({"collection": "yard", "version": "1.0", "files": {}})
    (release_dir / "MANIFEST.json").write_text(text)
    found = protocol_of(release, "eval", "logmel1", 3)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    assert found.id == f"yard-1.0@{sha256[:12]}/eval/logmel1/mean-of-patch-sigmoids/seed-3"
    assert Protocol.from_json(found.as_json()) == found


def test_a_train_jobs_own_scores_are_read_with_its_release(finished_run):
    release_dir, run_dir = finished_run
    release = read_release(release_dir)
    scored, facts = read_train_run(run_dir, release)
    clips = release.clips_of(Split.EVAL)
    assert scored.fnames == tuple(clip.fname for clip in clips)
    assert np.array_equal(scored.states, release.label_states(clips))
    assert scored.scores.shape == (6, 3)
    assert (facts.recipe["model"], facts.seed) == ("small_cnn", 1)
    assert len(facts.curves) == facts.summary["n_epochs"]


def test_a_run_of_another_release_is_refused(finished_run):
    release_dir, run_dir = finished_run
    path = release_dir / "ground_truth/labels.csv"
    path.write_text(path.read_text() + "102,/m/low,negative,rated\n")
    with pytest.raises(JobRefused, match=r"was trained on .*@.*, not on run-release@"):
        read_train_run(run_dir, read_release(release_dir))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda run: (run / "model.json").unlink(), "holds no model.json"),
        (lambda run: (run / "scores_eval.csv").write_text("fname\n"), "other clips or classes"),
        (lambda run: (run / "scores_eval.csv").write_text("a,b\n1,x\n"), "cannot be read"),
        (lambda run: (run / "scores_eval.csv").unlink(), "cannot be read"),
    ],
)
def test_a_folder_that_is_no_whole_run_is_refused(finished_run, spoil, sentence):
    release_dir, run_dir = finished_run
    spoil(run_dir)
    with pytest.raises(JobRefused, match=sentence):
        read_train_run(run_dir, read_release(release_dir))


def test_a_pickle_among_an_evaluations_arrays_is_not_opened(finished_evaluation):
    _, folder = finished_evaluation
    np.save(folder / "scores.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(JobRefused, match="is not the result of an evaluate job"):
        read_evaluation(folder)


def test_scores_that_are_no_numbers_and_other_formats_are_refused(finished_evaluation):
    _, folder = finished_evaluation
    scores = np.load(folder / "scores.npy")
    scores[0, 0] = np.nan
    np.save(folder / "scores.npy", scores)
    with pytest.raises(JobRefused, match="holds scores that are no numbers"):
        read_evaluation(folder)
    document = json.loads((folder / "metrics.json").read_text())
    (folder / "metrics.json").write_text(json.dumps(document | {"format": 2}))
    with pytest.raises(JobRefused, match="is of format 2; this worker reads 1"):
        read_evaluation(folder)


def test_an_evaluation_whose_parts_do_not_fit_is_refused(finished_evaluation):
    _, folder = finished_evaluation
    np.save(folder / "labels.npy", np.zeros((2, 3), np.int8))
    with pytest.raises(JobRefused, match="scores, labels and clips do not fit"):
        read_evaluation(folder)


def test_broken_curves_are_none(tmp_path):
    assert read_curves(tmp_path / "absent.jsonl") == []
    (tmp_path / "curves.jsonl").write_text('{"epoch": 1}\n[1]\n{"tra')
    assert read_curves(tmp_path / "curves.jsonl") == []
