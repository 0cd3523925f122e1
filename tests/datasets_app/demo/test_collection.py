"""The bundled collection as a user finds it on disk."""

import csv
import hashlib
import shutil
import subprocess
import sys
from collections import Counter, defaultdict

import pytest
import soundfile

from datasets_app.demo.annotators import DEMO_ANNOTATORS, read_annotators, read_truth
from datasets_app.demo.collection import CLIP_COLUMNS, write_bundled_collection
from datasets_app.demo.mixtures import Arrangement
from datasets_app.demo.planning import plan_clips
from datasets_app.demo.seeding import named_generator
from datasets_app.demo.sounds import SOUND_KINDS
from datasets_app.demo.uploaders import draw_uploaders, zipf_sizes
from datasets_app.domain.votes.answers import Answer


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def hashes_of(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def full_plan():
    uploaders = draw_uploaders(
        named_generator(7, "uploaders"), n_clips=240, n_uploaders=44, mids=list(SOUND_KINDS)
    )
    return plan_clips(7, uploaders)


def test_the_full_plan_has_240_clips_a_third_of_them_mixtures(full_plan):
    assert len(full_plan) == 240
    assert len({plan.clip_id for plan in full_plan}) == 240
    mixtures = [plan for plan in full_plan if plan.second_mid is not None]
    assert len(mixtures) == 80
    assert {plan.arrangement for plan in mixtures} == {Arrangement.OVERLAID, Arrangement.SEQUENTIAL}
    assert all(plan.second_mid != plan.mid for plan in mixtures)
    assert all(3.0 <= plan.quieter_db <= 12.0 for plan in mixtures)


def test_every_class_comes_from_at_least_five_uploaders(full_plan):
    uploaders_of = defaultdict(set)
    for plan in full_plan:
        uploaders_of[plan.mid].add(plan.uploader.name)
    assert set(uploaders_of) == set(SOUND_KINDS)
    assert min(len(names) for names in uploaders_of.values()) >= 5


@pytest.mark.parametrize("seed", range(5))
def test_other_seeds_cover_the_classes_as_well(seed):
    uploaders = draw_uploaders(
        named_generator(seed, "uploaders"), n_clips=240, n_uploaders=44, mids=list(SOUND_KINDS)
    )
    pairs = {(plan.mid, plan.uploader.name) for plan in plan_clips(seed, uploaders)}
    assert min(Counter(mid for mid, _ in pairs).values()) >= 5


def test_there_are_at_least_forty_uploaders_and_a_few_give_most(full_plan):
    sizes = sorted(Counter(plan.uploader.name for plan in full_plan).values(), reverse=True)
    assert len(sizes) >= 40
    assert sum(sizes[:5]) > 0.33 * len(full_plan)
    assert sizes[len(sizes) // 2] <= 4


def test_near_duplicates_repeat_a_clip_of_the_same_uploader_and_class(full_plan):
    by_id = {plan.clip_id: plan for plan in full_plan}
    repeats = [plan for plan in full_plan if plan.near_duplicate_of]
    assert 2 <= len(repeats) <= 8
    for plan in repeats:
        original = by_id[plan.near_duplicate_of]
        assert (original.uploader, original.mid) == (plan.uploader, plan.mid)
        assert plan.duration_s <= original.duration_s


def test_groups_of_zipf_sizes_add_up_and_none_is_empty():
    sizes = zipf_sizes(240, 44)
    assert sum(sizes) == 240 and min(sizes) >= 1 and sizes == sorted(sizes, reverse=True)
    assert zipf_sizes(44, 44) == [1] * 44
    with pytest.raises(ValueError, match="43 items cannot fill 44 groups"):
        zipf_sizes(43, 44)


def test_the_folder_has_the_documented_files_and_columns(small_collection):
    names = {path.name for path in small_collection.iterdir()}
    assert names == {
        "clips",
        "clips.csv",
        "ontology.json",
        "validation_votes.csv",
        "truth.csv",
        "annotators.csv",
        "made_with.json",
    }
    rows = rows_of(small_collection / "clips.csv")
    assert tuple(rows[0]) == CLIP_COLUMNS
    assert len(rows) == len({row["clip_id"] for row in rows}) == 60
    assert len({row["uploader"] for row in rows}) >= 40


def test_every_recording_decodes_and_lasts_half_a_second_to_twelve(small_collection):
    listed = {row["file"] for row in rows_of(small_collection / "clips.csv")}
    found = {f"clips/{path.name}" for path in (small_collection / "clips").iterdir()}
    assert listed == found
    assert {name.rsplit(".", 1)[1] for name in listed} == {"ogg", "flac", "wav"}
    rates_hz = set()
    for name in listed:
        samples, rate_hz = soundfile.read(small_collection / name)
        assert 0.5 <= len(samples) / rate_hz <= 12.0
        assert abs(samples).max() > 0.01
        rates_hz.add(rate_hz)
    assert rates_hz <= {22_050, 44_100, 48_000} and len(rates_hz) >= 2


def test_the_truth_gives_every_clip_one_predominant_sound(small_collection):
    truth = read_truth(small_collection / "truth.csv")
    clip_ids = {row["clip_id"] for row in rows_of(small_collection / "clips.csv")}
    assert set(truth) == clip_ids
    assert all(list(content.values()).count(True) == 1 for content in truth.values())
    assert sum(len(content) == 2 for content in truth.values()) == 20


def test_the_annotators_on_disk_are_the_annotators_of_the_demo(small_collection):
    assert tuple(read_annotators(small_collection / "annotators.csv")) == DEMO_ANNOTATORS


def test_votes_name_known_clips_classes_and_annotators_and_mostly_tell_the_truth(small_collection):
    votes = rows_of(small_collection / "validation_votes.csv")
    assert tuple(votes[0]) == ("annotator", "clip_id", "mid", "answer")
    truth = read_truth(small_collection / "truth.csv")
    assert {row["annotator"] for row in votes} <= {each.annotator for each in DEMO_ANNOTATORS}
    assert {row["clip_id"] for row in votes} <= set(truth)
    assert {row["answer"] for row in votes} <= set(Answer)
    leaf_votes = [row for row in votes if row["mid"] in SOUND_KINDS]
    assert len(leaf_votes) > 100
    right = sum(
        (row["answer"] in ("PP", "PNP")) == (row["mid"] in truth[row["clip_id"]])
        for row in leaf_votes
    )
    assert right / len(leaf_votes) > 0.75


def test_the_same_seed_gives_the_same_bytes_of_every_file(small_collection, tmp_path):
    write_bundled_collection(tmp_path / "again", seed=7, n_clips=60)
    assert hashes_of(tmp_path / "again") == hashes_of(small_collection)


def test_a_complete_folder_is_reused_and_progress_is_told_only_while_making(tmp_path):
    calls = []
    folder = tmp_path / "made"
    for _ in range(2):
        write_bundled_collection(folder, n_clips=44, progress=lambda *done: calls.append(done))
    assert calls == [(n_done, 44) for n_done in range(1, 45)]


def test_an_interrupted_run_leaves_nothing_behind(tmp_path):
    def interrupt(n_done, n_clips):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_bundled_collection(tmp_path / "made", n_clips=44, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_collection_of_another_seed_is_replaced_and_sounds_different(small_collection, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(small_collection, folder)
    write_bundled_collection(folder, seed=8, n_clips=44)
    ours = set(hashes_of(small_collection / "clips").values())
    assert ours.isdisjoint(hashes_of(folder / "clips").values())
    assert len(rows_of(folder / "clips.csv")) == 44
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_folder_with_somebodys_files_is_not_touched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not a demo collection"):
        write_bundled_collection(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_demo_needs_neither_django_nor_torch():
    code = (
        "import sys, datasets_app.demo.collection; "
        "print({'django', 'torch'} & {name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
