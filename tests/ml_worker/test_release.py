"""Reading a release: three states per (clip, class), and one sentence for what is missing."""

import json

import numpy as np
import pytest

from ml_worker.release import LabelState, ReleaseError, Split, read_release


def test_clips_classes_and_the_three_states_are_read(release_dir):
    release = read_release(release_dir)
    assert [c.mid for c in release.classes] == ["/m/low", "/m/middle", "/m/high"]
    assert [len(release.clips_of(s)) for s in Split] == [12, 6, 6]
    states = release.label_states(release.clips_of(Split.TRAIN))
    assert states[0].tolist() == [
        LabelState.POSITIVE,
        LabelState.IMPLICIT_NEGATIVE,
        LabelState.EXPLICIT_NEGATIVE,
    ]
    assert states[1].tolist() == [
        LabelState.UNDECIDED,
        LabelState.POSITIVE,
        LabelState.IMPLICIT_NEGATIVE,
    ]
    assert np.sum(states == LabelState.POSITIVE) == 12


def test_the_digest_changes_with_the_ground_truth(release_dir):
    before = read_release(release_dir).digest
    labels = release_dir / "ground_truth" / "labels.csv"
    labels.write_text(labels.read_text().replace("undecided", "negative"))
    assert read_release(release_dir).digest != before


@pytest.mark.parametrize(
    "file",
    [
        "ground_truth/vocabulary.csv",
        "ground_truth/dev.csv",
        "ground_truth/eval.csv",
        "ground_truth/labels.csv",
        "metadata/dev_clips_info.json",
        "eval_audio/118.flac",
    ],
)
def test_a_missing_file_is_named(release_dir, file):
    (release_dir / file).unlink()
    with pytest.raises(ReleaseError, match=rf"{file}.* is missing"):
        read_release(release_dir)


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("ground_truth/dev.csv", "split", "part", "has no column 'split'"),
        ("ground_truth/dev.csv", "train", "test", "split is 'test'; allowed are train and val"),
        ("ground_truth/eval.csv", "/m/low", "/m/none", "/m/none is not in vocabulary.csv"),
        ("ground_truth/labels.csv", "negative", "no", "allowed are positive, negative, undecided"),
        ("ground_truth/labels.csv", "100,", "999,", "clip 999 is not in the release"),
        ("ground_truth/vocabulary.csv", ",/m/low", "", "has 2 columns"),
        ("ground_truth/vocabulary.csv", "/m/low", "/m/high", "lists a mid twice"),
        ("metadata/dev_clips_info.json", "}", "", "is not JSON"),
        ("metadata/dev_clips_info.json", '"100"', '"x"', "clip 100 has no 'file'"),
        ("metadata/dev_clips_info.json", "dev_audio/100", "../../a", "outside the release"),
        ("ground_truth/eval.csv", "118,", "100,", "has no 'file'"),
    ],
)
def test_a_contradiction_is_told_in_a_sentence(release_dir, file, old, new, sentence):
    path = release_dir / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ReleaseError, match=sentence):
        read_release(release_dir)


def test_a_clip_on_both_sides_is_refused(release_dir):
    truth = release_dir / "ground_truth" / "eval.csv"
    truth.write_text(truth.read_text().replace("118,", "100,"))
    infos = release_dir / "metadata" / "eval_clips_info.json"
    value = json.loads(infos.read_text())
    value["100"] = value.pop("118")
    infos.write_text(json.dumps(value))
    with pytest.raises(ReleaseError, match="lists clip 100 a second time"):
        read_release(release_dir)
