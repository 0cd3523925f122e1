"""A student leaves suspected labels out of its loss, and only those that nobody has answered."""

import csv
import json
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ml_worker.contract import JobKind, read_result
from ml_worker.features.front_end import FrontEnd
from ml_worker.features.patches import Normalisation, PatchSet
from ml_worker.release import LabelState
from ml_worker.runner import run_job
from ml_worker.training.batches import LabelledPatches
from ml_worker.training.losses import masked_bce
from ml_worker.training.student import FlagUse, use_flags

IMPLICIT, POSITIVE = LabelState.IMPLICIT_NEGATIVE, LabelState.POSITIVE
REFUSED, UNDECIDED = LabelState.EXPLICIT_NEGATIVE, LabelState.UNDECIDED

STATES = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.lists(st.sampled_from(LabelState), min_size=3, max_size=3), min_size=n)
)


@given(STATES, st.sampled_from(FlagUse), st.integers(0, 2**63 - 1), st.data())
def test_answers_of_people_are_never_touched(states, use, seed, data):
    states = np.array(states, np.int8)
    flags = data.draw(st.lists(st.booleans(), min_size=states.size, max_size=states.size))
    flagged = np.array(flags).reshape(states.shape)
    used, masked = use_flags(states, flagged, use, seed)
    answered = states != IMPLICIT
    assert (used[answered] == states[answered]).all()
    assert not masked[answered].any()
    implicit_flags = flagged & ~answered
    if use is FlagUse.ADD:
        assert not masked.any()
        assert ((used == POSITIVE) == ((states == POSITIVE) | implicit_flags)).all()
    else:
        assert (used == states).all()
        assert (masked.sum(axis=0) == implicit_flags.sum(axis=0)).all()
    if use is FlagUse.MASK:
        assert (masked == implicit_flags).all()


def test_a_random_mask_is_drawn_from_its_seed_and_is_not_the_flags():
    states = np.zeros((400, 4), np.int8)
    flagged = np.zeros((400, 4), bool)
    flagged[:20] = True
    one, same, other = (use_flags(states, flagged, FlagUse.RANDOM_MASK, s)[1] for s in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    assert (one & flagged).sum() < 20


def patches_of(states, masked=None) -> LabelledPatches:
    front_end = FrontEnd()
    frames = [np.zeros((101, 96), np.float16)] * len(states)
    normalisation = Normalisation(np.zeros(96, np.float32), np.ones(96, np.float32))
    patches = PatchSet(frames, front_end, normalisation)
    return LabelledPatches(patches, np.array(states, np.int8), masked)


def test_the_loss_of_a_masked_entry_is_gone_and_every_other_stays():
    """L = -sum(y log p + m (1 - y) log(1 - p)), m = 0 where flagged."""
    states = [[POSITIVE, IMPLICIT, REFUSED, UNDECIDED, IMPLICIT]]
    flagged = np.array([[True, True, True, True, False]])
    used, masked = use_flags(np.array(states, np.int8), flagged, FlagUse.MASK, 0)
    gradients = []
    for data in (patches_of(states), patches_of(used, masked)):
        batch = data.label_batch(np.array([0]))
        logits = torch.tensor([[0.3, 0.4, 0.5, 0.6, 0.7]], requires_grad=True)
        masked_bce(
            logits, torch.from_numpy(batch.targets), torch.from_numpy(batch.negative_mask)
        ).backward()
        gradients.append(logits.grad[0])
    plain, student = gradients
    assert (plain != 0).tolist() == [True, True, True, False, True]
    assert student.tolist() == [plain[0], 0.0, plain[2], 0.0, plain[4]]


@pytest.fixture
def flags_dir(finished_run, run_flag_job, tmp_path):
    """A release without two of its labels, and what its teacher says at 20 %."""
    release_dir, run_dir = finished_run
    path = release_dir / "ground_truth" / "dev.csv"
    path.write_text(path.read_text().replace("103,Low,/m/low,train", "103,,,train"))
    result, out_dir = run_flag_job(release_dir, run_dir, top_percent=20.0)
    assert result.ok, result.error
    return out_dir


@pytest.fixture
def train_student(finished_run, flags_dir, make_job, tmp_path):
    def train(name="student", **settings):
        inputs = {"release": finished_run[0], "flags": flags_dir}
        overrides = {"epochs": 1, "batch_size": 8}
        job_dir = make_job(
            JobKind.TRAIN,
            inputs,
            name,
            recipe="small_cnn",
            overrides=overrides,
            device="cpu",
            **settings,
        )
        return run_job(job_dir, tmp_path / f"{name}-out")

    return train


def test_a_student_says_how_it_used_the_flags(train_student):
    results = {use: train_student(use, flag_use=use) for use in ("mask", "add", "random_mask")}
    summaries = {use: result.summary for use, result in results.items()}
    assert {s["flag_use"] for s in summaries.values()} == {"mask", "add", "random_mask"}
    (n_used,) = {s["n_flags_used"] for s in summaries.values()}
    assert n_used > 0
    weights = {result.files["model.safetensors"] for result in results.values()}
    assert len(weights) == 3


def test_a_smaller_share_uses_fewer_flags_and_a_larger_one_is_refused(train_student):
    whole, part = train_student("whole"), train_student("part", top_percent=5)
    assert part.summary["n_flags_used"] < whole.summary["n_flags_used"]
    refused = train_student("more", top_percent=30)
    assert "top_percent is 30, but the flag job gave only the top 20 %" in refused.error


@pytest.mark.parametrize(
    ("job_settings", "sentence"),
    [
        ({"flag_use": "drop"}, "flag_use is 'drop'; it must be one of mask, add, random_mask"),
        ({"top_percent": 0}, "top_percent is 0; it must be a number above 0"),
    ],
)
def test_wrong_flag_settings_end_the_job_with_a_sentence(train_student, job_settings, sentence):
    assert sentence in train_student(**job_settings).error


def test_flags_that_are_no_flag_jobs_or_were_changed_are_refused(
    train_student, flags_dir, finished_run
):
    with (flags_dir / "flags.csv").open("a") as handle:
        handle.write("104,/m/low,0.5,9,10\n")
    assert "is not as its job left it; flag again" in train_student("changed").error
    shutil.rmtree(flags_dir)
    shutil.copytree(finished_run[1], flags_dir)
    assert "no result of a good flag job" in train_student("run").error


def test_flag_settings_without_flags_are_refused(make_job, finished_run, tmp_path):
    inputs = {"release": finished_run[0]}
    job_dir = make_job(JobKind.TRAIN, inputs, recipe="small_cnn", device="cpu", flag_use="mask")
    result = run_job(job_dir, tmp_path / "out")
    assert "sets 'flag_use' but names no input 'flags'" in result.error


def test_flags_of_another_vocabulary_are_refused(train_student, flags_dir, finished_run):
    path = finished_run[0] / "ground_truth" / "vocabulary.csv"
    path.write_text(path.read_text().replace("/m/low", "/m/lower"))
    for part in ("dev", "eval", "labels"):
        table = finished_run[0] / "ground_truth" / f"{part}.csv"
        table.write_text(table.read_text().replace("/m/low", "/m/lower"))
    assert "flags class /m/low, which the release has not" in train_student().error


def test_the_flags_name_their_rank(flags_dir):
    with (flags_dir / "flags.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert json.dumps(read_result(flags_dir).summary["top_percent"]) == "20.0"
    for mid in {row["mid"] for row in rows}:
        of_class = [row for row in rows if row["mid"] == mid]
        assert [int(row["rank"]) for row in of_class] == list(range(1, len(of_class) + 1))
