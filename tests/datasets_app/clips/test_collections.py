"""Opening collections, and keeping recordings under their sha256."""

import hashlib
from pathlib import Path

import pytest

from datasets_app.clips.media import RecordingChanged, keep_recording, original_path
from datasets_app.clips.models import Collection
from datasets_app.clips.services import open_collection
from datasets_app.ontology.services import load_ontology

ARTEFACTS = ("preview.mp3", "spectrogram.png", "peaks.json", "fingerprint.bin")


@pytest.mark.django_db
class TestOpeningACollection:
    def test_it_is_made_once_and_found_after(self, ontology):
        first = open_collection(name="yard", ontology=ontology)
        assert open_collection(name="yard", ontology=ontology) == first

    @pytest.mark.parametrize("name", ["", "a b", "../up", "-x", "ünï", "x" * 65, "nul\0", "a\n"])
    def test_a_name_that_could_be_a_path_or_an_option_is_refused(self, ontology, name):
        with pytest.raises(ValueError, match="1 to 64 letters, digits, dots, dashes"):
            open_collection(name=name, ontology=ontology)
        assert not Collection.objects.exists()

    @pytest.mark.parametrize("name", ["x", "x" * 64, "ESC-10", "v1.0_b"])
    def test_a_plain_name_is_taken(self, ontology, name):
        assert open_collection(name=name, ontology=ontology).name == name

    def test_the_name_that_stands_for_signed_in_people_is_refused(self, ontology):
        with pytest.raises(ValueError, match="stands for the people who sign in"):
            open_collection(name="site", ontology=ontology)

    def test_a_collection_keeps_its_ontology(self, collection):
        data = [{"id": "a", "name": "A"}]
        other, _ = load_ontology(name="other", data=data, source_sha256="1" * 64)
        with pytest.raises(ValueError, match="judged against the ontology small, not other"):
            open_collection(name="yard", ontology=other)


class TestKeepingARecording:
    @pytest.fixture
    def recording(self, tmp_path: Path) -> Path:
        path = tmp_path / "bark.wav"
        path.write_bytes(b"woof" * 1000)
        return path

    @pytest.fixture
    def analysis(self, tmp_path: Path) -> Path:
        made = tmp_path / "analysis"
        made.mkdir()
        for name in ARTEFACTS:
            (made / name).write_text(name)
        return made

    def keep(self, recording: Path, analysis: Path, sha256: str) -> Path:
        keep_recording(source=recording, sha256=sha256, suffix=".wav", analysis=analysis)
        return original_path(sha256, ".wav")

    def test_it_is_kept_byte_for_byte_beside_what_was_made_of_it(self, recording, analysis):
        sha256 = hashlib.sha256(recording.read_bytes()).hexdigest()
        kept = self.keep(recording, analysis, sha256)
        assert kept.read_bytes() == recording.read_bytes()
        beside = {path.name for path in kept.parent.iterdir()}
        assert beside == {"original.wav", *ARTEFACTS}

    def test_keeping_it_again_is_harmless(self, recording, analysis):
        sha256 = hashlib.sha256(recording.read_bytes()).hexdigest()
        self.keep(recording, analysis, sha256)
        kept = self.keep(recording, analysis, sha256)
        assert (kept.parent / "preview.mp3").read_text() == "preview.mp3"

    def test_other_bytes_than_those_analysed_are_never_kept(self, recording, analysis):
        sha256 = hashlib.sha256(b"what was analysed").hexdigest()
        with pytest.raises(RecordingChanged, match=r"bark\.wav changed while"):
            self.keep(recording, analysis, sha256)
        assert list(original_path(sha256, ".wav").parent.iterdir()) == []
