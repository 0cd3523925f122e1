"""What a release holds: golden files of a collection known by heart."""

import hashlib
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.media import original_path
from datasets_app.clips.models import Clip
from datasets_app.releases.models import Release
from datasets_app.releases.services import build_release, rebuild_release

# Worked out by hand from small_collection.CLIPS and DESIGN §3; the csv style is FSD50K's dev.csv.
DEV = """\
fname,labels,mids,split
c01,"Bark,Animal","/m/bark,/m/animal",train
c02,Bark,/m/bark,train
c03,Bell_and_chime,/m/bell,train
c04,Animal,/m/animal,val
"""
EVAL = """\
fname,labels,mids
c05,"Bark,Animal","/m/bark,/m/animal"
c06,Instrument,/m/instrument
"""
LABELS = """\
fname,mid,state,origin
c01,/m/animal,positive,propagated
c01,/m/bark,positive,rated
c02,/m/animal,undecided,rated
c02,/m/bark,positive,rated
c03,/m/bark,negative,rated
c03,/m/bell,positive,rated
c04,/m/animal,positive,propagated
c04,/m/bell,undecided,rated
c05,/m/animal,positive,propagated
c05,/m/bark,positive,rated
c06,/m/bell,undecided,rated
c06,/m/instrument,positive,rated
"""
VOCABULARY = """\
0,Animal,/m/animal
1,Bark,/m/bark
2,Bell_and_chime,/m/bell
3,Instrument,/m/instrument
"""
GOLDEN = {
    "ground_truth/dev.csv": DEV,
    "ground_truth/eval.csv": EVAL,
    "ground_truth/labels.csv": LABELS,
    "ground_truth/vocabulary.csv": VOCABULARY,
    "metadata/collection/collection_dev.csv": "fname,labels,mids\nc01,Bark,/m/bark\n"
    "c02,Bark,/m/bark\nc03,Bell_and_chime,/m/bell\nc04,Dog,/m/dog\n",
    "metadata/collection/vocabulary_collection_dev.csv": "0,Bark,/m/bark\n"
    "1,Bell_and_chime,/m/bell\n2,Dog,/m/dog\n",
    "metadata/collection/vocabulary_collection_eval.csv": "0,Bark,/m/bark\n"
    "1,Instrument,/m/instrument\n",
    "metadata/ontology_edges.csv": "child_mid,parent_mid,propagates\n/m/bark,/m/dog,1\n"
    "/m/bell,/m/instrument,0\n/m/dog,/m/animal,1\n",
    "metadata/splits.csv": 'uploader,side\nann,dev\nbo,dev\ncy,eval\n"di, the ""2nd""",eval\n',
    "metadata/duplicate_groups.csv": "group,fname,side\nc01,c01,dev\nc01,c03,dev\n",
    "metadata/vocabulary_merges.csv": "mid,label,into_mids,reason\n"
    "/m/dog,Dog,/m/animal,1 clip in dev is too few\n",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_files_are_as_worked_out_by_hand(folder, name):
    assert (folder / name).read_bytes().decode() == GOLDEN[name]


def test_ratings_are_written_as_fsd50k_writes_them(folder):
    ratings = (folder / "metadata/pp_pnp_ratings.json").read_text()
    assert '"c02": {"/m/animal": [-1, -1], "/m/bark": [1.0, 0.5]}' in ratings
    assert json.loads(ratings)["c04"] == {"/m/bell": [1.0, 0], "/m/dog": [1.0, 1.0]}


def test_clip_and_class_metadata(folder):
    info = json.loads((folder / "metadata/dev_clips_info.json").read_text())
    assert list(info) == ["c01", "c02", "c03", "c04"]
    audio = folder / info["c01"]["file"]
    assert audio.name == "c01.wav"
    assert hashlib.sha256(audio.read_bytes()).hexdigest() == info["c01"]["sha256"]
    assert info["c01"]["tags"] == ["ünïcode", "c01"]
    assert info["c01"]["uploader"] == "ann"
    animal = json.loads((folder / "metadata/class_info.json").read_text())["/m/animal"]
    assert (animal["n_dev"], animal["n_eval"], animal["n_undecided"]) == (2, 1, 1)
    settings = json.loads((folder / "metadata/settings.json").read_text())
    assert settings["split"]["seed"] == 3
    assert settings["parent"] is None


def test_card_and_licences(folder, collection, tmp_path):
    assert "synthesised" not in (folder / "README.md").read_text()
    lines = (folder / "LICENSES.csv").read_text()
    assert lines.startswith("fname,license,uploader,title,source_url\nc01,CC0,ann,")
    collection.is_simulated = True
    collection.save()
    build_release(collection=collection, version="2", out=tmp_path / "two")
    assert "synthesised stand-in" in (tmp_path / "two/README.md").read_text()


def test_record_holds_counts_and_the_manifests_hash(collection, folder):
    release = Release.objects.get()
    manifest = (folder / "MANIFEST.json").read_bytes()
    assert release.manifest_sha256 == hashlib.sha256(manifest).hexdigest()
    assert release.path == str(folder.resolve())
    assert release.summary["n_clips"] == {"train": 3, "val": 1, "eval": 2}
    assert release.summary["n_labels"] == {"positive": 8, "undecided": 3, "negative": 1}
    assert release.summary["n_classes"] == 4
    assert AuditEvent.objects.filter(verb="build_release").count() == 1


def test_the_same_records_give_the_same_bytes(collection, folder, tmp_path):
    release = Release.objects.get()
    again = tmp_path / "again"
    assert rebuild_release(release=release, out=again) == release.manifest_sha256
    files = [p.relative_to(folder) for p in folder.rglob("*") if p.is_file()]
    assert sorted(files) == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    assert all((folder / name).read_bytes() == (again / name).read_bytes() for name in files)


def test_nothing_in_a_release_tells_where_it_was_built(folder, tmp_path):
    for path in folder.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes()


def test_the_next_release_names_its_parent(collection, folder, tmp_path):
    first = Release.objects.get()
    second = build_release(collection=collection, version="1.1", out=tmp_path / "next")
    settings = json.loads((tmp_path / "next/metadata/settings.json").read_text())
    assert second.parent == first
    assert settings["parent"] == {"manifest_sha256": first.manifest_sha256, "version": "1.0"}


def test_withdrawn_clips_are_left_out(collection, tmp_path):
    Clip.objects.filter(external_id="c01").update(state=Clip.State.WITHDRAWN)
    release = build_release(collection=collection, version="1.0", out=tmp_path / "release")
    assert release.summary["n_clips"]["train"] == 2
    assert not (tmp_path / "release/dev_audio/c01.wav").exists()


def test_untrusted_votes_are_not_published(collection, tmp_path):
    clip = collection.clips.get(external_id="c01")
    vote = clip.nominations.get().votes.first()
    vote.is_trusted = False
    vote.save()
    build_release(collection=collection, version="1.0", out=tmp_path / "release")
    ratings = json.loads((tmp_path / "release/metadata/pp_pnp_ratings.json").read_text())
    assert ratings["c01"] == {"/m/bark": [1.0]}


def test_recordings_in_a_release_are_read_only(folder):
    assert (folder / "dev_audio/c01.wav").stat().st_mode & 0o222 == 0


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("1.0", "has a release 1.0 already"), ("../x", "A version is 1 to 32 letters")],
)
def test_versions_that_are_refused(collection, folder, tmp_path, version, sentence):
    with pytest.raises(ValueError, match=sentence):
        build_release(collection=collection, version=version, out=tmp_path / "other")
    assert_nothing_written(tmp_path, "other")


def test_a_folder_with_something_in_it_is_refused(collection, folder):
    with pytest.raises(ValueError, match="is not empty"):
        build_release(collection=collection, version="1.1", out=folder)
    assert Release.objects.count() == 1


def test_an_empty_folder_will_do(collection, tmp_path):
    (tmp_path / "empty").mkdir()
    build_release(collection=collection, version="1.0", out=tmp_path / "empty")
    assert (tmp_path / "empty/MANIFEST.json").exists()


def test_a_changed_original_stops_the_build(collection, tmp_path):
    clip = collection.clips.get(external_id="c02")
    original_path(clip.sha256, ".wav").write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"dev_audio/c02.wav is not the recording"):
        build_release(collection=collection, version="1.0", out=tmp_path / "release")
    assert_nothing_written(tmp_path, "release")


def test_a_missing_original_stops_the_build(collection, tmp_path):
    original_path(collection.clips.get(external_id="c02").sha256, ".wav").unlink()
    with pytest.raises(ValueError, match="recording of clip c02 is missing"):
        build_release(collection=collection, version="1.0", out=tmp_path / "release")
    assert_nothing_written(tmp_path, "release")


def test_an_uploader_on_both_sides_stops_the_build(collection, tmp_path):
    split = collection.splits.get()
    split.assignments.filter(clip__external_id="c01").update(part="eval")
    with pytest.raises(ValueError, match="Uploader 'ann' has clips both in dev and in eval"):
        build_release(collection=collection, version="1.0", out=tmp_path / "release")
    assert_nothing_written(tmp_path, "release")


def test_what_an_interrupted_build_left_is_cleared(collection, tmp_path):
    left = tmp_path / ".release.building/ground_truth"
    left.mkdir(parents=True)
    (left / "stray.csv").write_text("half a fi")
    build_release(collection=collection, version="1.0", out=tmp_path / "release")
    assert not (tmp_path / "release/ground_truth/stray.csv").exists()
    assert not (tmp_path / ".release.building").exists()


def test_queries_do_not_grow_with_clips(collection, tmp_path, django_assert_max_num_queries):
    with django_assert_max_num_queries(28):
        build_release(collection=collection, version="1.0", out=tmp_path / "release")


def test_commands_build_and_verify(collection, tmp_path, capsys):
    out = str(tmp_path / "release")
    call_command("build_release", "--collection", "small", "--version", "1.0", "--out", out)
    call_command("verify_release", out)
    assert "small 1.0 is sound" in capsys.readouterr().out
    with pytest.raises(CommandError, match="already"):
        call_command(
            "build_release", "--collection", "small", "--version", "1.0", "--out", out + "2"
        )
    with (Path(out) / "README.md").open("a") as handle:
        handle.write(" ")
    with pytest.raises(CommandError, match=r"README\.md has"):
        call_command("verify_release", out)


def assert_nothing_written(tmp_path: Path, name: str) -> None:
    assert not (tmp_path / name).exists()
    assert not (tmp_path / f".{name}.building").exists()
    assert not Release.objects.filter(path=str(tmp_path / name)).exists()
