"""``find_duplicates``: groups on record that outlast new clips, and that no split divides."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.management import CommandError, call_command
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.duplicates import group_duplicates
from datasets_app.clips.media import FINGERPRINT, clip_folder
from datasets_app.clips.models import Clip
from datasets_app.domain.clips.near_duplicates import duplicate_groups
from datasets_app.domain.labels.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.labels.models import Label
from datasets_app.splits.models import SplitAssignment
from datasets_app.splits.proof import prove_split
from datasets_app.splits.services import SplitSettings, assign_splits
from ml_worker.recordings.fingerprint import fingerprint


@pytest.fixture
def hear(make_clip) -> Callable[..., Clip]:
    """Add a clip that holds the sound of that seed."""

    def add(clip_id: str, seed: int, *, uploader: str = "ana") -> Clip:
        clip = make_clip(clip_id, uploader=uploader)
        codes = np.random.default_rng(seed).integers(1, 2**32, 90, dtype=np.uint32)
        folder = clip_folder(clip.sha256)
        folder.mkdir(parents=True)
        (folder / FINGERPRINT).write_bytes(codes.astype("<u4").tobytes())
        return clip

    return add


def groups(collection) -> dict[str, str | None]:
    return dict(collection.clips.values_list("external_id", "duplicate_group"))


@pytest.mark.django_db
class TestTheRecords:
    def test_a_group_is_named_after_its_first_clip(self, collection, hear):
        for clip_id, seed in [("b", 1), ("c", 1), ("d", 2)]:
            hear(clip_id, seed)
        found = group_duplicates(collection=collection)
        assert groups(collection) == {"b": "b", "c": "b", "d": None}
        assert [(g.name, g.clip_ids, g.uploaders) for g in found.groups] == [
            ("b", ("b", "c"), ("ana",))
        ]
        assert (found.n_clips, found.n_grouped, found.n_changed) == (3, 2, 2)

    def test_a_second_run_changes_nothing(self, collection, hear):
        hear("b", 1)
        hear("c", 1)
        group_duplicates(collection=collection)
        assert group_duplicates(collection=collection).n_changed == 0
        assert AuditEvent.objects.filter(verb="group_duplicates").count() == 1

    def test_new_clips_join_and_old_groups_keep_their_name(self, collection, hear):
        hear("b", 1)
        hear("c", 1)
        group_duplicates(collection=collection)
        hear("a", 1)
        group_duplicates(collection=collection)
        assert groups(collection) == {"a": "b", "b": "b", "c": "b"}
        group_duplicates(collection=collection, afresh=True)
        assert set(groups(collection).values()) == {"a"}

    def test_a_group_stays_when_its_fingerprints_are_gone(self, collection, hear):
        clip = hear("b", 1)
        hear("c", 1)
        group_duplicates(collection=collection)
        (clip_folder(clip.sha256) / FINGERPRINT).unlink()
        assert group_duplicates(collection=collection).n_without_fingerprint == 1
        assert groups(collection) == {"b": "b", "c": "b"}
        group_duplicates(collection=collection, afresh=True)
        assert groups(collection) == {"b": None, "c": None}

    def test_clips_as_metadata_alone_are_counted_and_alone(self, collection, make_clip):
        make_clip("b")
        collection.clips.update(sha256=None)
        assert group_duplicates(collection=collection).n_without_fingerprint == 1

    def test_a_damaged_fingerprint_is_named(self, collection, hear):
        clip = hear("b", 1)
        (clip_folder(clip.sha256) / FINGERPRINT).write_bytes(b"12345")
        with pytest.raises(CommandError, match="clip b has 5 bytes"):
            call_command("find_duplicates", collection="yard")

    def test_the_command_lists_the_groups(self, collection, hear, capsys):
        hear("b", 1)
        hear("c", 1, uploader="ben")
        call_command("find_duplicates", collection="yard")
        printed = capsys.readouterr().out
        assert "b, c (by ana, ben)\n2 of 2 clips are near-duplicates, in 1 groups" in printed


@pytest.mark.django_db
def test_uploaders_that_share_near_duplicates_go_to_one_side(collection, hear, make_nomination):
    for number in range(40):
        clip = hear(f"clip-{number:02}", number % 35, uploader=f"uploader-{number % 10}")
        Label.objects.create(
            nomination=make_nomination(clip, ["/m/bark", "/m/cat", "/m/rain"][number % 3]),
            state=DecisionState.DECIDED,
            value=LabelValue.PP,
            reached_by=ReachedBy.AGREEMENT,
            decided_at=timezone.now(),
        )
    found = group_duplicates(collection=collection)
    assert [set(group.uploaders) for group in found.groups] == [
        {f"uploader-{i}", f"uploader-{i + 5}"} for i in range(5)
    ]
    split = assign_splits(collection=collection, settings=SplitSettings())
    sides: dict[str, set[bool]] = {}
    for name, part in split.assignments.values_list("clip__uploader__name", "part"):
        sides.setdefault(name, set()).add(part == SplitAssignment.Part.EVAL)
    assert all(sides[f"uploader-{i}"] == sides[f"uploader-{i + 5}"] for i in range(5))
    assert {len(side) for side in sides.values()} == {1}
    assert set().union(*sides.values()) == {False, True}
    proof = prove_split(split=split)
    proof.check()
    assert proof.n_duplicate_groups == 5


@pytest.mark.real_data
def test_in_esc_10_only_two_takes_of_one_fire_are_near_duplicates(shared_data: Path):
    """The expected pairs are one uploader's FireBurning.wav and FireBurning_v2.wav."""
    with (shared_data / "esc10" / "clips.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    prints = [
        fingerprint(*soundfile.read(shared_data / "esc10" / row["file"], dtype="float32"))
        for row in rows
    ]
    found = duplicate_groups(prints)
    pairs = {
        tuple(rows[i]["clip_id"] for i in np.flatnonzero(found == group))
        for group in set(found.tolist()) - {-1}
    }
    assert pairs == {("2-28314-A", "2-30322-A"), ("2-28314-B", "2-30322-B")}
