"""A release is checked from itself alone; whatever was done to it is noticed."""

import json
import os
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from datasets_app.releases.manifest import write_manifest
from datasets_app.releases.options import FORMATS
from datasets_app.releases.verification import check_release, verify_release


def sign_again(folder: Path) -> None:
    """Write the manifest anew, as someone would who tampers with care."""
    (folder / "MANIFEST.json").unlink()
    write_manifest(folder, collection="small", version="1.0")


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    sign_again(folder)


def edit_manifest(folder: Path, change) -> None:
    path = folder / "MANIFEST.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_fresh_release_is_sound(folder):
    found = check_release(folder)
    assert found.problems == []
    assert (found.n_clips, found.n_classes, found.n_labels, found.n_uploaders) == (6, 4, 8, 4)


def test_signing_again_changes_nothing(folder):
    before = (folder / "MANIFEST.json").read_bytes()
    sign_again(folder)
    assert (folder / "MANIFEST.json").read_bytes() == before


def test_one_changed_byte_in_any_file_is_caught(folder):
    names = [p.relative_to(folder) for p in folder.rglob("*") if p.is_file()]
    for name in names:
        path = folder / name
        content = path.read_bytes()
        if not content:
            continue
        path.chmod(0o644)
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert verify_release(folder), name
        path.write_bytes(content)
    assert verify_release(folder) == []


def test_missing_and_extra_files_are_caught(folder):
    (folder / "README.md").unlink()
    (folder / "notes.txt").write_text("mine")
    problems = verify_release(folder)
    assert "README.md is missing; MANIFEST.json lists it." in problems
    assert "notes.txt is not listed in MANIFEST.json." in problems


def test_an_uploader_on_both_sides_is_caught(folder):
    edit(folder, "metadata/eval_clips_info.json", '"uploader": "cy"', '"uploader": "ann"')
    assert "Uploader 'ann' has clips both in dev and in eval." in verify_release(folder)


def test_a_false_proof_of_sides_is_caught(folder):
    edit(folder, "metadata/splits.csv", "cy,eval", "cy,dev")
    assert any("uploader 'cy'" in problem for problem in verify_release(folder))


def test_near_duplicates_on_both_sides_are_caught(folder):
    for fname in ("c01", "c03"):
        assert f"c01,{fname},dev" in (folder / "metadata/duplicate_groups.csv").read_text()
    own = '"duplicate_group": null, "duration_s": 0.01, "file": "eval_audio/c05.wav"'
    edit(folder, "metadata/eval_clips_info.json", own, own.replace("null", '"c01"'))
    assert verify_release(folder) == [
        "Near-duplicates are both in dev and in eval: clips c01, c03, c05.",
        "Only metadata/eval_clips_info.json puts clip c05 with near-duplicates 'c01' into eval.",
    ]


def test_a_false_proof_of_near_duplicates_is_caught(folder):
    edit(folder, "metadata/duplicate_groups.csv", "c01,c03,dev\n", "")
    assert any("clip c03 with near-duplicates" in problem for problem in verify_release(folder))


def test_a_release_from_before_near_duplicates_still_verifies(folder):
    (folder / "metadata/duplicate_groups.csv").unlink()
    for side in ("dev", "eval"):
        path = folder / f"metadata/{side}_clips_info.json"
        infos = json.loads(path.read_text())
        for info in infos.values():
            del info["duplicate_group"]
        path.write_text(json.dumps(infos))
    sign_again(folder)
    assert verify_release(folder) == []


def test_a_release_from_before_the_formats_is_sound(folder):
    new = ("attribution", "left_out", "withdrawn")
    for path in [*folder.iterdir(), *(folder / f"metadata/{name}.csv" for name in new)]:
        is_format = path.name.split("-")[0].split(".")[0] in FORMATS
        if is_format and path.is_dir():
            shutil.rmtree(path)
        elif is_format or path.stem in new:
            path.unlink()
    for side in ("dev", "eval"):
        path = folder / f"metadata/{side}_clips_info.json"
        found = json.loads(path.read_text())
        for info in found.values():
            for name in ("original_sha256", "md5", "n_bytes", "n_certified"):
                del info[name]
        path.write_text(json.dumps(found))
    path = folder / "metadata/settings.json"
    settings = json.loads(path.read_text())
    for name in ("formats", "audio", "licenses", "has_audio_in_parquet", "decision_method"):
        del settings[name]
    path.write_text(json.dumps(settings))
    sign_again(folder)
    found = check_release(folder)
    assert found.problems == []
    assert found.formats.keys() == {"fsd50k"}


def test_labels_that_are_not_closed_are_caught(folder):
    edit(
        folder, "ground_truth/dev.csv", 'c01,"Bark,Animal","/m/bark,/m/animal"', "c01,Bark,/m/bark"
    )
    edit(folder, "ground_truth/labels.csv", "c01,/m/animal,positive,propagated\n", "")
    problems = verify_release(folder)
    assert problems[0] == "Clip c01 has /m/bark without its ancestor /m/animal: not closed."
    assert all("not what the release's labels and metadata give" in p for p in problems[1:])


def test_a_refused_ancestor_may_be_undecided_but_not_negative(folder):
    edit(folder, "ground_truth/labels.csv", "c02,/m/animal,undecided", "c02,/m/animal,negative")
    problems = verify_release(folder)
    assert problems[0] == "Clip c02 has /m/bark without its ancestor /m/animal: not closed."
    assert all("not what the release's labels and metadata give" in p for p in problems[1:])


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("ground_truth/labels.csv", "c03,/m/bell,pos", "c03,/m/bell,neg", "'negitive' is not"),
        ("ground_truth/labels.csv", "c03,/m/bell,positive,rated\n", "", "/m/bell is positive in"),
        ("ground_truth/labels.csv", "c04,", "c99,", "clip 'c99' is in neither"),
        ("ground_truth/labels.csv", "fname,mid", "mid,fname", "they must be fname,mid"),
        ("ground_truth/dev.csv", "c02,Bark,/m/bark", "c02,Bark,/m/cat", "'/m/cat' is not in"),
        ("ground_truth/dev.csv", "c02,Bark,", "c02,Animal,", "same classes"),
        ("ground_truth/dev.csv", ",val", ",eval", "split is 'eval'"),
        ("ground_truth/dev.csv", "c04,", "c01,", "c01 a second time"),
        ("ground_truth/eval.csv", "c06,", "c01,", "c01 a second time"),
        ("ground_truth/vocabulary.csv", "1,Bark", "7,Bark", "next index"),
        ("metadata/dev_clips_info.json", '"c04": {', '"c44": {', "lacks clip c04"),
        ("metadata/dev_clips_info.json", "dev_audio/c04", "eval_audio/c05", "is no file of dev"),
        ("metadata/dev_clips_info.json", "dev_audio/c04", "dev_audio/c03", "belongs to no clip"),
        ("metadata/dev_clips_info.json", "{", "[", "cannot be read as JSON"),
        ("metadata/ontology_edges.csv", ",1\n", ",yes\n", "not 0 or 1"),
        ("metadata/ontology_edges.csv", "dog,/m/animal", "dog,/m/bark", "ancestors of themselves"),
        ("LICENSES.csv", "c01,CC0", "c01,CC-BY", "Clip c01: LICENSES.csv"),
        ("metadata/settings.json", '"version": "1.0"', '"version": "1.2"', "another collection"),
    ],
)  # fmt: skip
def test_files_that_contradict_each_other_are_caught(folder, name, old, new, sentence):
    edit(folder, name, old, new)
    assert any(sentence in problem for problem in verify_release(folder)), verify_release(folder)


@pytest.mark.parametrize(
    "path",
    ["../outside.txt", "/etc/passwd", "a/../../b", "dev_audio//c01.wav", "a\\b", "", ".", "a\x00b"],
)
def test_a_manifest_that_names_places_outside_is_refused(folder, path):
    (folder.parent / "outside.txt").write_text("secret")
    edit_manifest(folder, lambda d: d["files"].update({path: {"sha256": "0" * 64, "bytes": 6}}))
    assert any("which is no plain path below" in problem for problem in verify_release(folder))


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "x",
        {},
        {"sha256": "0" * 64},
        {"sha256": 5, "bytes": 1},
        {"sha256": "Z", "bytes": 1},
    ],
)
def test_malformed_manifest_entries_are_refused(folder, entry):
    edit_manifest(folder, lambda d: d["files"].update({"README.md": entry}))
    assert any("README.md no valid sha256" in problem for problem in verify_release(folder))


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"harken_release": 99}', '{"harken_release": 1}', "[" * 100_000, "\ud800"],
)
def test_a_manifest_that_is_none_is_refused(folder, content):
    (folder / "MANIFEST.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    assert len(verify_release(folder)) == 1


def test_a_folder_without_a_manifest_is_no_release(tmp_path):
    assert verify_release(tmp_path) == ["MANIFEST.json is missing; name the folder of a release."]
    assert len(verify_release(tmp_path / "nowhere")) == 1


def test_links_and_pipes_are_not_followed(folder):
    target = folder.parent / "elsewhere.md"
    (folder / "README.md").rename(target)
    (folder / "README.md").symlink_to(target)
    os.mkfifo(folder / "pipe")
    (folder / "up").symlink_to(folder.parent)
    problems = verify_release(folder)
    for name in ("README.md", "pipe", "up"):
        assert f"{name} is a link or no plain file." in problems


def test_a_manifest_that_is_a_link_is_refused(folder):
    target = folder.parent / "manifest.json"
    (folder / "MANIFEST.json").rename(target)
    (folder / "MANIFEST.json").symlink_to(target)
    assert "is a link" in verify_release(folder)[0]


def test_long_lists_of_problems_are_cut_and_counted(folder):
    rows = "".join(f"uploader {i},dev\n" for i in range(50))
    edit(folder, "metadata/splits.csv", "cy,eval\n", "cy,eval\n" + rows)
    problems = verify_release(folder)
    assert problems[-1] == "… and 30 more of this kind."
    assert len(problems) == 21


def test_file_names_cannot_write_to_the_terminal(folder):
    (folder / "a\x1b[2J").write_text("")
    assert "a\\x1b[2J is not listed in MANIFEST.json." in verify_release(folder)


def test_the_command_needs_no_database(tmp_path):
    with pytest.raises(CommandError, match=r"MANIFEST\.json is missing"):
        call_command("verify_release", str(tmp_path))
