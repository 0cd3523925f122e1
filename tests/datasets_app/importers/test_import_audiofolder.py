"""A Hugging Face audiofolder comes in from csv or JSON Lines, once, and whole or not at all."""

import json

import pytest

from datasets_app.clips.models import Clip, Collection
from datasets_app.importers.audiofolder import import_audiofolder, list_recordings
from datasets_app.importers.tables import SourceError
from datasets_app.nominations.models import Nomination

CSV = """\
file_name,title,uploader,license,tags,labels,mood
a.wav,A dog,ana,CC0,dog; yard,Bark;/m/cat,glad
b c.flac,,,,,,
"""


@pytest.fixture
def bring(ontology):
    def run(source):
        return import_audiofolder(source=source.path, collection="folder", ontology=ontology)

    return run


def test_a_csv_table_comes_in_with_labels_by_name_or_mid(source, bring):
    source.write("metadata.csv", CSV)
    summary = bring(source)
    assert (summary.n_clips, summary.n_nominations, summary.n_votes) == (2, 2, 0)
    clip = Clip.objects.get(external_id="a")
    assert (clip.title, clip.uploader.name, clip.license) == ("A dog", "ana", "CC0")
    assert (clip.tags, clip.has_recording) == (["dog", "yard"], False)
    nominations = clip.nominations.values_list("sound_class__mid", "origin", "evidence")
    assert sorted(nominations, key=str) == [
        ("/m/bark", Nomination.Origin.IMPORT, {"source": "metadata.csv"}),
        ("/m/cat", Nomination.Origin.IMPORT, {"source": "metadata.csv"}),
    ]


def test_a_clip_that_names_nothing_stands_alone_under_a_safe_id(source, bring):
    source.write("metadata.csv", CSV)
    summary = bring(source)
    clip = Clip.objects.get(external_id="b_c")
    assert (clip.uploader.name, clip.license) == ("unknown uploader of b_c", "unknown")
    assert summary.warnings == [
        "1 clips name no uploader: each stands alone, so a split cannot promise that no uploader "
        "is on both sides."
    ]


def test_json_lines_come_in_with_lists(source, bring):
    rows = [
        {"file_name": "x.wav", "clip_id": 7, "tags": ["Zürich; old"], "label": "rain"},
        {"file_name": "y.wav", "labels": ["DOG", "Cat"], "freesound_id": 12, "uploader": None},
    ]
    source.write("metadata.jsonl", "\n".join(json.dumps(row) for row in rows) + "\n\n")
    assert bring(source).n_nominations == 3
    assert Clip.objects.get(external_id="7").tags == ["Zürich; old"]
    assert Clip.objects.get(external_id="y").freesound_id == 12


def test_split_folders_become_the_published_split(source, bring):
    source.write("metadata.csv", "file_name,label\ntrain/a.wav,Dog\nvalidation/a.wav,Cat\nc.wav,\n")
    assert bring(source).n_by_part == {"train": 1, "val": 1}
    split = Collection.objects.get(name="folder").splits.get()
    parts = dict(split.assignments.values_list("clip__external_id", "part"))
    assert parts == {"train_a": "train", "validation_a": "val"}


def test_each_split_folder_may_have_its_own_table(source, bring):
    source.write("train/metadata.csv", "file_name\na.wav\n")
    source.write("test/metadata.jsonl", '{"file_name": "a.wav"}\n')
    source.write("test/a.wav", "")
    assert bring(source).n_by_part == {"train": 1, "eval": 1}
    assert list(list_recordings(source.path)) == [("test_a", "test/a.wav")]


def test_importing_twice_adds_nothing(source, bring, count_records):
    source.write("metadata.csv", "file_name,label\ntrain/a.wav,Dog\ntest/a.wav,Cat\n")
    bring(source)
    before = count_records()
    assert bring(source).n_known == 2
    assert count_records() == before


def test_unknown_labels_are_listed_by_line_and_nothing_is_imported(source, bring, count_records):
    rows = [f"{i}.wav,{'Dog' if i % 2 else f'Noise {i}'}" for i in range(60)]
    source.write("metadata.csv", "file_name,labels\n" + "\n".join(rows) + "\n")
    before = count_records()
    with pytest.raises(SourceError) as refused:
        bring(source)
    sentence = str(refused.value)
    assert sentence.startswith("Nothing was imported because of 30 faulty lines:")
    assert "metadata.csv line 2: the ontology small has no class 'Noise 0'" in sentence
    assert "metadata.csv line 4: " in sentence
    assert sentence.endswith("and 10 more")
    assert count_records() == before


FAULTS = {
    "up": ("../a.wav,", "must be a path below the folder"),
    "absolute": ("/etc/a.wav,", "must be a path below the folder"),
    "backslash": ("..\\a.wav,", "must be a path below the folder"),
    "no audio": ("a.txt,", "is none of .flac, .mp3, .ogg, .wav"),
    "hidden": (".a.wav,", "is not 1 to 128 letters"),
    "long": (f"{'a' * 200}.wav,", "is not 1 to 128 letters"),
    "endless": (f"{'a/' * 600}.wav,", "more than 1,000"),
    "empty": (",", "file_name is empty"),
    "cells": ("a.wav,Dog,x", "has 3 cells where the header has 2"),
    "NUL": ("a\x00.wav,", "holds a NUL"),
    "same path": ("x.wav,\nx.wav,", "line 3: clip x was listed before"),
    "same id": ("x y.wav,\nx_y.wav,", "line 3: clip x_y was listed before"),
    "field bomb": (f'"{"a," * 70_000}.wav",', "field larger than field limit"),
    "line bomb": ("a" * 1_100_000, "more than 1,048,576 characters"),
    "quote": ('a"b.wav,"x', "cannot be read as csv"),
    "latin-1": ("caf\xe9.wav,".encode("latin-1"), "is no UTF-8"),
}


@pytest.mark.parametrize(("row", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_hostile_row_is_refused_in_a_sentence(source, bring, count_records, row, sentence):
    header = "file_name,labels\n"
    content = header.encode() + row if isinstance(row, bytes) else f"{header}{row}\n"
    source.write("metadata.csv", content)
    before = count_records()
    with pytest.raises(SourceError, match=sentence):
        bring(source)
    assert count_records() == before


JSON_FAULTS = {
    "a list": ("[1]", "line 1 is not a JSON object"),
    "broken": ('{"file_name"', "line 1 is not JSON"),
    "NaN": ('{"file_name": "a.wav", "freesound_id": NaN}', "NaN is no number"),
    "deep": ("[" * 100_000, "line 1 is not JSON"),
    "number": ('{"file_name": 7}', "file_name is no text"),
    "tags": ('{"file_name": "a.wav", "tags": 7}', "neither a text nor a list"),
    "surrogate": ('{"file_name": "a.wav", "title": "\\ud800"}', "are no text"),
    "NUL": ('{"file_name": "a.wav", "title": "\\u0000"}', "are no text"),
    "long": (json.dumps({"file_name": "a.wav", "license": "x" * 201}), "more than 200"),
    "id": ('{"file_name": "a.wav", "freesound_id": "x"}', "not a whole number"),
}


@pytest.mark.parametrize(("line", "sentence"), JSON_FAULTS.values(), ids=JSON_FAULTS)
def test_a_hostile_line_is_refused_in_a_sentence(source, bring, count_records, line, sentence):
    source.write("metadata.jsonl", f"{line}\n")
    before = count_records()
    with pytest.raises(SourceError, match=sentence):
        bring(source)
    assert count_records() == before


def test_a_folder_needs_one_table(source, bring):
    with pytest.raises(SourceError, match="has neither metadata"):
        bring(source)
    source.write("metadata.csv", CSV)
    source.write("metadata.jsonl", "")
    with pytest.raises(SourceError, match="keep the one that counts"):
        bring(source)
    source.remove("metadata.jsonl")
    source.write("train/metadata.csv", "file_name\na.wav\n")
    with pytest.raises(SourceError, match="keep the one that counts"):
        bring(source)


def test_the_column_file_name_must_be_there_once(source, bring):
    source.write("metadata.csv", "name\na.wav\n")
    with pytest.raises(SourceError, match="line 1 lacks the column file_name"):
        bring(source)
    source.write("metadata.csv", "file_name,file_name\na.wav,b.wav\n")
    with pytest.raises(SourceError, match="names a column twice"):
        bring(source)
