"""What all stage commands share: one sentence and exit status 1 for what a user did wrong."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command, get_commands

from datasets_app.clips.services import open_collection
from datasets_app.management.stage_command import ProgressBar, get_release
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, Vocabulary

ROOT = Path(__file__).resolve().parents[3]
STAGES = [
    "load_ontology",
    "update_ontology",
    "diff_ontology",
    "ingest_clips",
    "nominate_labels",
    "mapping_report",
    "import_votes",
    "infer_labels",
    "report_agreement",
    "audit_noise",
    "curation_report",
    "find_duplicates",
    "assign_splits",
    "prove_split",
    "build_release",
    "verify_release",
    "train_baseline",
    "flag_missing_labels",
    "follow_jobs",
    "serve",
    "demo",
]
OF_A_COLLECTION: dict[str, list[str]] = {
    "nominate_labels": [],
    "mapping_report": [],
    "import_votes": ["votes.csv"],
    "infer_labels": [],
    "find_duplicates": [],
    "report_agreement": [],
    "audit_noise": [],
    "curation_report": ["--out", "curation.html"],
    "assign_splits": [],
    "prove_split": ["--out", "proof.csv"],
    "build_release": ["--version", "1.0", "--out", "release"],
}
SOME_RUN = UUID(int=1)


@pytest.fixture
def make_release():
    def make(collection, version: str) -> Release:
        vocabulary = Vocabulary.objects.create(collection=collection, min_dev=1, min_eval=1)
        split = Split.objects.create(
            collection=collection, vocabulary=vocabulary, seed=0, eval_share=0.3, val_share=0.15
        )
        return Release.objects.create(
            collection=collection, split=split, version=version, path="/r", manifest_sha256="0" * 64
        )

    return make


def test_every_stage_has_its_command():
    assert {name for name in STAGES if get_commands().get(name) != "datasets_app"} == set()


@pytest.mark.parametrize("command", STAGES)
def test_every_command_says_what_it_does(command, capsys):
    with pytest.raises(SystemExit) as caught:
        call_command(command, "--help")
    assert caught.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


@pytest.mark.django_db
class TestAnUnknownCollection:
    @pytest.mark.parametrize("command", OF_A_COLLECTION)
    def test_is_answered_with_how_to_make_the_first(self, command, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(CommandError) as caught:
            call_command(command, *OF_A_COLLECTION[command], "--collection", "nowhere")
        assert str(caught.value) == (
            "There is no collection 'nowhere'; ingest_clips makes the first one."
        )
        assert caught.value.returncode == 1
        assert list(tmp_path.glob("release*")) == []

    @pytest.mark.parametrize("command", OF_A_COLLECTION)
    def test_is_answered_with_those_there_are(self, command, collection, ontology, tmp_path):
        open_collection(name="street", ontology=ontology)
        with pytest.raises(CommandError, match=r"'nowhere'; there are: street, yard\.$"):
            call_command(command, *OF_A_COLLECTION[command], "--collection", "nowhere")


@pytest.mark.django_db
class TestAnUnknownRelease:
    def test_is_answered_with_what_makes_one(self):
        with pytest.raises(CommandError, match=r"no release '9\.9'; build_release makes one"):
            call_command("train_baseline", release="9.9")
        with pytest.raises(CommandError, match=r"no release '9\.9'; build_release makes one"):
            call_command("flag_missing_labels", release="9.9", run=SOME_RUN)

    def test_a_version_of_several_collections_needs_the_collection(
        self, collection, ontology, make_release
    ):
        street = open_collection(name="street", ontology=ontology)
        of_street, of_yard = make_release(street, "1.0"), make_release(collection, "1.0")
        with pytest.raises(CommandError, match=r"street, yard each have a release 1\.0; add"):
            get_release("1.0", None)
        assert get_release("1.0", "yard") == of_yard
        assert get_release("1.0", "street") == of_street

    def test_an_unknown_run_is_said_to_be_so(self, collection, make_release):
        make_release(collection, "1.0")
        with pytest.raises(
            CommandError, match=r"no run 00000000-.*; train_baseline prints the run"
        ):
            call_command("flag_missing_labels", release="1.0", run=SOME_RUN)


def test_a_release_folder_that_is_none_fails_verification(tmp_path):
    with pytest.raises(CommandError, match="is not a sound release"):
        call_command("verify_release", str(tmp_path))


def test_on_the_command_line_the_exit_status_is_1_and_there_is_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "load_ontology", "nowhere.json"],
        cwd=ROOT,
        env={**os.environ, "HARKEN_VAR_DIR": str(tmp_path), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "nowhere.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bar_that_starts_over_shows_the_new_stage(capsys):
    bar = ProgressBar("training", "step")
    bar.show(9, 10)
    bar.show(1, 5)
    assert (bar._bar.n, bar._bar.total) == (1, 5)
    bar.close()
