"""``load_ontology``: whole or not at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from datasets_app.audit.models import AuditEvent
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass
from datasets_app.ontology.selectors import get_ontology, propagating_ancestors

pytestmark = pytest.mark.django_db


def load(path: Path, **options: Any) -> None:
    call_command("load_ontology", str(path), **options)


def is_untouched() -> bool:
    tables = (Ontology, SoundClass, Edge, Closure, AuditEvent)
    return not any(table.objects.exists() for table in tables)


def test_audioset_is_loaded_with_all_its_classes_parents_and_ancestors(shared_data):
    load(shared_data / "audioset" / "ontology.json", name="audioset")
    ontology = Ontology.objects.get(name="audioset")
    raw = json.loads((shared_data / "audioset" / "ontology.json").read_text())
    assert ontology.classes.count() == 632
    assert Edge.objects.count() == sum(len(entry["child_ids"]) for entry in raw) == 670
    several = [c for c in ontology.classes.all() if c.parent_edges.count() > 1]
    assert len(several) == 38
    hiss = ontology.classes.get(name="Hiss")
    assert {e.parent.name for e in hiss.parent_edges.all()} == {
        "Cat",
        "Snake",
        "Steam",
        "Onomatopoeia",
    }


def test_the_closure_equals_walking_up_the_file(shared_data):
    load(shared_data / "audioset" / "ontology.json", name="audioset")
    raw = json.loads((shared_data / "audioset" / "ontology.json").read_text())
    parents: dict[str, set[str]] = {}
    for entry in raw:
        for child in entry["child_ids"]:
            parents.setdefault(child, set()).add(entry["id"])

    def above(mid: str) -> set[str]:
        return {p for up in parents.get(mid, ()) for p in {up, *above(up)}}

    stored: dict[str, set[str]] = {}
    for child, ancestor in Closure.objects.values_list("descendant__mid", "ancestor__mid"):
        stored.setdefault(child, set()).add(ancestor)
    assert stored == {e["id"]: above(e["id"]) for e in raw if above(e["id"])}


def test_every_class_of_audioset_keeps_its_flags(shared_data):
    load(shared_data / "audioset" / "ontology.json", name="audioset")
    raw = json.loads((shared_data / "audioset" / "ontology.json").read_text())
    for flag, column in (("abstract", "is_abstract"), ("blacklist", "is_omitted")):
        expected = {entry["id"] for entry in raw if flag in entry["restrictions"]}
        assert expected
        found = SoundClass.objects.filter(**{column: True}).values_list("mid", flat=True)
        assert set(found) == expected


def test_the_optional_keys_of_our_own_format_are_kept(write):
    load(
        write(
            [
                {"id": "a", "name": "Animal", "child_ids": ["d"]},
                {
                    "id": "d",
                    "name": "Dog",
                    "keywords": ["dog", ["seal", "bark"]],
                    "omit_keywords": ["hotdog"],
                    "propagate_to_parents": False,
                    "faq": "A wolf is no dog.",
                },
            ]
        )
    )
    dog = SoundClass.objects.get(mid="d")
    assert dog.keywords == [["dog"], ["seal", "bark"]]
    assert dog.omit_keywords == ["hotdog"]
    assert dog.faq == "A wolf is no dog."
    assert not Edge.objects.get().propagates
    assert propagating_ancestors(ontology=dog.ontology) == {}


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (
            [
                {"id": "a", "name": "A", "child_ids": ["b"]},
                {"id": "b", "name": "B", "child_ids": ["a"]},
            ],
            "cycle",
        ),
        ([{"id": "a", "name": "A", "child_ids": ["missing"]}], "'missing'"),
        ([{"id": "twin", "name": "A"}, {"id": "twin", "name": "B"}], "twin"),
        ({"id": "a"}, "an object"),
        ([], "an empty list"),
        ("{not json", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([{"id": "a" * 65, "name": "A"}], "65 characters"),
    ],
    ids=["cycle", "dangling", "duplicate", "object", "empty", "broken", "deep", "long"],
)
def test_a_faulty_file_is_refused_whole_and_the_fault_is_named(write, data, named):
    with pytest.raises(CommandError, match=named):
        load(write(data))
    assert is_untouched()


def test_what_breaks_off_in_the_middle_leaves_nothing(write, monkeypatch):
    def break_off(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("datasets_app.ontology.records.closure_rows", break_off)
    with pytest.raises(CommandError, match="the disk is full"):
        load(write([{"id": "a", "name": "A"}]))
    assert is_untouched()


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "binary.json"
    path.write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(CommandError, match="is not JSON"):
        load(path)
    assert is_untouched()


def test_a_missing_file_is_refused_by_its_name(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.json"):
        load(tmp_path / "nowhere.json")


def test_the_same_file_loaded_twice_is_one_ontology(write, capsys):
    path = write([{"id": "a", "name": "A"}])
    load(path)
    load(path)
    assert Ontology.objects.get().classes.count() == 1
    assert AuditEvent.objects.filter(verb="load_ontology").count() == 1
    assert "Already loaded: ontology sounds" in capsys.readouterr().out


def test_other_content_under_a_known_name_is_refused(write):
    load(write([{"id": "a", "name": "A"}]))
    with pytest.raises(CommandError, match="loaded from other content; give this one another"):
        load(write([{"id": "b", "name": "B"}]))
    assert list(SoundClass.objects.values_list("mid", flat=True)) == ["a"]


@pytest.mark.parametrize("name", ["x" * 129, "nul\x00"])
def test_a_name_that_no_database_takes_is_refused(write, name):
    with pytest.raises(CommandError, match="give it 1 to 128 characters"):
        load(write([{"id": "a", "name": "A"}]), name=name)
    assert is_untouched()


class TestChoosingAnOntology:
    def test_the_only_one_needs_no_name(self, ontology):
        assert get_ontology(name=None) == ontology

    def test_one_of_several_must_be_named(self, ontology, write):
        load(write([{"id": "a", "name": "A"}], "other.json"))
        with pytest.raises(ValueError, match="name one of other, small"):
            get_ontology(name=None)
        assert get_ontology(name="small") == ontology

    def test_an_unknown_name_is_answered_with_those_there_are(self, ontology):
        with pytest.raises(ValueError, match="no ontology 'big'; there are: small"):
            get_ontology(name="big")

    def test_with_none_loaded_the_command_to_run_is_named(self):
        with pytest.raises(ValueError, match="run load_ontology FILE first"):
            get_ontology(name=None)
