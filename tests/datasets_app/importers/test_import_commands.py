"""The commands say what was added, what was missing, and end with status 1 in one sentence."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from datasets_app.clips.table import Refusal
from datasets_app.jobs.ingest import IngestSummary


def run(name, *args) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(name, *map(str, args), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_import_fsd50k_tells_what_it_added_and_what_it_missed(flat, ontology):
    out, err = run("import_fsd50k", flat.path, "--collection", "fsd", "--ontology", "small")
    assert out == (
        "3 clips added (0 were there already), 3 uploaders, 5 nominations, 12 votes; "
        "published split: 2 train, 1 val.\n"
    )
    assert "FSD50K.ground_truth/eval.csv is not there: the eval part is left out." in err


def test_import_audiofolder_and_import_audioset_segments_work_alike(source, ontology):
    source.write("metadata.csv", "file_name,labels\na.wav,Dog\n")
    out, _ = run("import_audiofolder", source.path, "--collection", "folder")
    assert out.startswith("1 clips added")
    path = source.write("list.csv", 'abcdefghijk, 0, 10, "/m/dog"\n')
    out, _ = run("import_audioset_segments", path, "--collection", "set")
    assert out.startswith("1 clips added")


@pytest.mark.parametrize(
    "command", ["import_fsd50k", "import_audiofolder", "import_audioset_segments"]
)
def test_what_cannot_be_imported_ends_in_a_sentence_and_leaves_nothing(
    command, source, ontology, count_records
):
    before = count_records()
    with pytest.raises(CommandError):
        run(command, source.path, "--collection", "new")
    assert count_records() == before


def test_a_name_that_no_collection_may_have_is_refused(flat, ontology):
    with pytest.raises(CommandError, match="'no name': A collection's name is 1 to 64"):
        run("import_fsd50k", flat.path, "--collection", "no name")


def test_without_an_ontology_the_sentence_says_what_to_do(flat, db):
    with pytest.raises(CommandError, match="run load_ontology FILE first"):
        run("import_fsd50k", flat.path, "--collection", "fsd")


def test_audio_is_handed_to_ingest_when_asked_for(source, ontology, monkeypatch):
    """What ingest does with rows of clips that are there is tested with the clips themselves."""
    source.write("metadata.csv", "file_name,uploader\ntrain/a.wav,ana\nb.wav,ben\n")
    source.write("train/a.wav", "")
    handed = {}

    def ingest(**given):
        handed.update(given)
        return IngestSummary(n_added=1, refusals=[Refusal("x", "It is no sound.")])

    monkeypatch.setattr("datasets_app.management.import_command.ingest_rows", ingest)
    out, err = run("import_audiofolder", source.path, "--collection", "folder", "--audio")
    assert [(row.clip_id, row.file) for row in handed["rows"]] == [("train_a", "train/a.wav")]
    assert (handed["collection"].name, handed["folder"]) == ("folder", source.path)
    assert out.splitlines()[1] == "1 recordings taken in, 0 were there already, 1 refused."
    assert "refused x: It is no sound." in err
