"""The proof file: on which side every uploader and duplicate group is, from the records."""

import csv

import pytest
from django.core.management import CommandError, call_command

from datasets_app.splits.models import SplitAssignment
from datasets_app.splits.proof import prove_split, write_proof
from datasets_app.splits.services import SplitSettings, assign_splits

pytestmark = pytest.mark.django_db


@pytest.fixture
def split(yard):
    return assign_splits(collection=yard, settings=SplitSettings())


def divide_an_uploader(split) -> str:
    """Move one of an uploader's clips to the other side, behind the rules' back."""
    moved = split.assignments.select_related("clip__uploader").exclude(part="eval").first()
    SplitAssignment.objects.filter(pk=moved.pk).update(part="eval")
    return moved.clip.uploader.name


def test_every_uploader_has_a_row_whose_counts_are_those_of_the_records(split, tmp_path):
    proof = write_proof(split, tmp_path / "proof.csv")
    with (tmp_path / "proof.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["group_kind", "group", "n_train", "n_val", "n_eval", "side"]
    assert [row["group"] for row in rows] == [f"uploader-{i}" for i in range(10)]
    for row in rows:
        parts = split.assignments.filter(clip__uploader__name=row["group"])
        for part in ("train", "val", "eval"):
            assert int(row[f"n_{part}"]) == parts.filter(part=part).count()
        assert row["side"] == ("eval" if row["n_eval"] != "0" else "dev")
    assert proof.divided == []


def test_a_divided_uploader_is_on_both_sides(split, tmp_path):
    name = divide_an_uploader(split)
    proof = write_proof(split, tmp_path / "proof.csv")
    assert [(row.group, row.side) for row in proof.divided] == [(name, "both")]
    assert f"uploader,{name}," in (tmp_path / "proof.csv").read_text()


def test_train_and_val_of_one_uploader_are_one_side(split):
    dev = split.assignments.exclude(part="eval").first()
    clips = list(split.assignments.filter(clip__uploader=dev.clip.uploader))
    SplitAssignment.objects.filter(pk=clips[0].pk).update(part="val")
    SplitAssignment.objects.filter(pk=clips[1].pk).update(part="train")
    assert prove_split(split=split).divided == []


class TestTheCommand:
    def test_says_that_it_holds(self, split, tmp_path, capsys):
        out = tmp_path / "proof.csv"
        call_command("prove_split", collection="yard", out=out)
        assert "none of 10 uploaders and 0 duplicate groups is in both" in capsys.readouterr().out
        assert len(out.read_text().splitlines()) == 11

    def test_names_who_is_divided_with_exit_status_1_and_writes_the_file(self, split, tmp_path):
        name = divide_an_uploader(split)
        with pytest.raises(CommandError, match=f"In both dev and eval: uploader {name}") as caught:
            call_command("prove_split", collection="yard", out=tmp_path / "proof.csv")
        assert caught.value.returncode == 1
        assert (tmp_path / "proof.csv").exists()

    def test_without_a_split_names_the_command_to_run(self, yard, tmp_path):
        with pytest.raises(CommandError, match="yard has no split; run assign_splits"):
            call_command("prove_split", collection="yard", out=tmp_path / "proof.csv")
        assert not (tmp_path / "proof.csv").exists()
