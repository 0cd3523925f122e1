"""What changed between two releases."""

from datasets_app.clips.models import Clip
from datasets_app.labels.services import infer_labels
from datasets_app.releases.difference import diff_releases
from datasets_app.releases.services import build_release
from datasets_app.votes.models import Vote


def test_a_release_does_not_differ_from_itself(folder):
    found = diff_releases(folder, folder)
    assert found["n_states"]["old"] == found["n_states"]["new"]
    assert not any(found[key] for key in found if key not in ("n_states", "names"))


def test_labels_and_clips_that_changed_are_named(collection, folder, tmp_path):
    Clip.objects.filter(external_id="c03").update(state=Clip.State.WITHDRAWN)
    collection.splits.get().assignments.filter(clip__external_id="c02").update(part="val")
    Vote.objects.filter(nomination__clip__external_id="c04", answer="PP").update(answer="NP")
    infer_labels(collection=collection)
    build_release(collection=collection, version="2", out=tmp_path / "two")
    found = diff_releases(folder, tmp_path / "two")
    assert found["clips_removed"] == ["c03"]
    assert found["clips_moved"] == [("c02", "train", "val")]
    assert found["labels_lost"] == [("c03", "/m/bell"), ("c04", "/m/animal")]
    assert found["labels_gained"] == []
    assert found["negatives_lost"] == [("c03", "/m/bark")]
    assert found["n_states"]["old"]["positive"] == 8
    assert found["n_states"]["new"]["positive"] == 6
    assert found["names"]["/m/bell"] == "Bell_and_chime"
