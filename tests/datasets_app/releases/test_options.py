"""What a curator may choose of a release, and what is recorded of it."""

import csv
import json
from pathlib import Path

import pytest
import soundfile
from django.core.management import CommandError, call_command
from django.utils import timezone

from datasets_app.clips.models import Clip, DecisionMethod
from datasets_app.labels.refinement.models import Completeness
from datasets_app.nominations.clip_states import restore_clip, withdraw_clip
from datasets_app.people.models import Annotator
from datasets_app.releases import placing, services
from datasets_app.releases.metadata import decision_rule
from datasets_app.releases.models import Release
from datasets_app.releases.options import ReleaseOptions, named_formats
from datasets_app.releases.placing import kept_folder
from datasets_app.releases.recordings import AudioForm
from datasets_app.releases.services import build_release, rebuild_release
from datasets_app.releases.verification import check_release, verify_release

FLAC = ReleaseOptions(audio=AudioForm("flac", 16_000, is_mono=True))


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as handle:
        return list(csv.DictReader(handle))


def infos(folder: Path) -> dict[str, dict]:
    names = ("metadata/dev_clips_info.json", "metadata/eval_clips_info.json")
    return {k: v for n in names for k, v in json.loads((folder / n).read_text()).items()}


def build(collection, out: Path, version: str = "1.0", **fields) -> Release:
    return build_release(collection=collection, version=version, out=out, **fields)


class TestLicences:
    def test_a_subset_leaves_out_the_others_and_says_so(self, collection, tmp_path):
        options = ReleaseOptions(licenses=("CC0",))
        release = build(collection, tmp_path / "free", options=options)
        assert release.summary["n_clips"] == {"train": 2}
        assert release.summary["licenses"] == {"CC0": 2}
        assert release.summary["left_out"] == {"license": 4}
        left = rows(tmp_path / "free", "metadata/left_out.csv")
        assert [row["fname"] for row in left] == ["c03", "c04", "c05", "c06"]
        assert left[0] == {
            "fname": "c03",
            "license": "CC-BY",
            "uploader": "bo",
            "reason": "licence not among CC0",
        }
        assert [row["fname"] for row in rows(tmp_path / "free", "LICENSES.csv")] == ["c01", "c02"]
        settings = json.loads((tmp_path / "free/metadata/settings.json").read_text())
        assert settings["licenses"] == ["CC0"]

    def test_nothing_is_left_out_without_a_wish(self, folder):
        assert rows(folder, "metadata/left_out.csv") == []
        assert Release.objects.get().summary["licenses"] == {"CC-BY": 4, "CC0": 2}

    def test_a_licence_that_no_clip_has_is_refused(self, collection, tmp_path):
        with pytest.raises(ValueError, match=r"No clip has the licence 'MIT'.*: CC-BY, CC0\."):
            build(collection, tmp_path / "none", options=ReleaseOptions(licenses=("MIT",)))

    def test_every_clip_has_its_line_of_credit(self, folder):
        lines = {r["fname"]: r for r in rows(folder, "metadata/attribution.csv")}
        assert sorted(lines) == sorted(infos(folder))
        assert lines["c01"]["license_url"].endswith("/publicdomain/zero/1.0/")
        assert "by ann, CC0 1.0" in lines["c01"]["attribution"]


class TestWithdrawnClips:
    def test_later_releases_list_them_and_earlier_ones_keep_them(self, collection, tmp_path):
        build(collection, tmp_path / "one", "1.0")
        before = (tmp_path / "one/MANIFEST.json").read_bytes()
        withdraw_clip(clip=collection.clips.get(external_id="c02"), actor=None)
        build(collection, tmp_path / "two", "1.1")
        withdraw_clip(clip=collection.clips.get(external_id="c03"), actor=None)
        build(collection, tmp_path / "three", "1.2")
        assert rows(tmp_path / "two", "metadata/withdrawn.csv") == [
            {"fname": "c02", "since_release": "1.1"}
        ]
        assert rows(tmp_path / "three", "metadata/withdrawn.csv") == [
            {"fname": "c02", "since_release": "1.1"},
            {"fname": "c03", "since_release": "1.2"},
        ]
        assert rows(tmp_path / "two", "metadata/left_out.csv")[0]["reason"] == "withdrawn"
        assert (tmp_path / "one/MANIFEST.json").read_bytes() == before
        assert verify_release(tmp_path / "one") == []

    def test_who_comes_back_is_listed_no_more(self, collection, tmp_path):
        clip = collection.clips.get(external_id="c02")
        withdraw_clip(clip=clip, actor=None)
        restore_clip(clip=clip, actor=None)
        build(collection, tmp_path / "one")
        assert rows(tmp_path / "one", "metadata/withdrawn.csv") == []

    def test_a_withdrawal_without_a_record_has_no_release(self, collection, tmp_path):
        Clip.objects.filter(external_id="c02").update(state=Clip.State.WITHDRAWN)
        build(collection, tmp_path / "one")
        assert rows(tmp_path / "one", "metadata/withdrawn.csv") == [
            {"fname": "c02", "since_release": ""}
        ]


class TestAudio:
    def test_normalised_recordings_are_described_as_they_are(self, collection, tmp_path):
        out = tmp_path / "flac"
        build(collection, out, options=FLAC)
        info = infos(out)["c01"]
        assert info["file"] == "dev_audio/c01.flac"
        found = soundfile.info(out / info["file"])
        assert (found.samplerate, found.channels, found.format) == (16_000, 1, "FLAC")
        assert (info["sample_rate_hz"], info["n_channels"]) == (16_000, 1)
        assert info["original_sha256"] == collection.clips.get(external_id="c01").sha256
        assert info["sha256"] != info["original_sha256"]
        assert not kept_folder(out).exists()

    def test_a_release_without_recordings_is_sound(self, collection, tmp_path):
        out = tmp_path / "words"
        build(collection, out, options=ReleaseOptions(audio=AudioForm("none")))
        assert not (out / "dev_audio").exists()
        assert infos(out)["c01"]["file"] is None
        found = check_release(out)
        assert (found.problems, found.has_audio) == ([], False)
        assert '"file_name"' not in (out / "audiofolder-train.jsonl").read_text()

    def test_several_processes_make_the_same_bytes(self, collection, tmp_path):
        build(collection, tmp_path / "one", options=FLAC)
        release = Release.objects.get()
        again = rebuild_release(release=release, out=tmp_path / "two", n_processes=2)
        assert again == release.manifest_sha256

    def test_an_interrupted_build_goes_on(self, collection, tmp_path, monkeypatch):
        out = tmp_path / "flac"

        def stop(*args, **kwargs):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(services, "write_metadata", stop)
            build(collection, out, options=FLAC)
        assert not out.exists()
        assert not Release.objects.exists()
        made = {p.name: p.stat().st_mtime_ns for p in kept_folder(out).rglob("*.flac")}
        assert len(made) == 6
        found = []
        real = placing.keep_normalised
        monkeypatch.setattr(placing, "keep_normalised", lambda *a: found.append(r := real(*a)) or r)
        build(collection, out, options=FLAC)
        assert {path.name for path, _ in found} == set(made)
        times = {(out / info["file"]).stat().st_mtime_ns for info in infos(out).values()}
        assert times == set(made.values())
        assert verify_release(out) == []

    def test_a_recording_that_cannot_be_decoded_stops_the_build(
        self, collection, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(placing, "keep_normalised", lambda *a: "cannot be decoded (why)")
        with pytest.raises(ValueError, match=r"clip c01 cannot be decoded \(why\); withdraw"):
            build(collection, tmp_path / "flac", options=FLAC)
        assert not (tmp_path / "flac").exists()


class TestFormats:
    def test_only_what_is_asked_for_is_written(self, collection, tmp_path):
        out = tmp_path / "few"
        release = build(collection, out, options=ReleaseOptions(formats=("dcase",)))
        assert release.summary["formats"].keys() == {"fsd50k", "dcase"}
        assert release.summary["formats"]["dcase"]["files"] == 6
        assert not (out / "parquet").exists()
        assert not (out / "README.md").read_text().startswith("---")

    def test_a_release_is_built_again_with_its_options(self, collection, tmp_path):
        options = ReleaseOptions(formats=("audioset",), licenses=("CC-BY",))
        release = build(collection, tmp_path / "one", options=options)
        assert rebuild_release(release=release, out=tmp_path / "two") == release.manifest_sha256

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"formats": ("kaldi",)}, "Received format 'kaldi'; allowed are audiofolder"),
            ({"formats": ("croissant",)}, "choose parquet too"),
            ({"formats": (), "has_audio_in_parquet": True}, "needs the format parquet"),
            ({"audio": AudioForm("none"), "has_audio_in_parquet": True}, "with audio"),
        ],
    )
    def test_choices_that_contradict_each_other_are_refused(self, fields, sentence):
        with pytest.raises(ValueError, match=sentence):
            ReleaseOptions(**fields)

    def test_all_is_a_word(self):
        assert set(named_formats("all")) == set(ReleaseOptions().formats)


def test_certificates_of_completeness_are_published(collection, tmp_path):
    clip = collection.clips.get(external_id="c05")
    for name, withdrawn in (("a", None), ("b", timezone.now())):
        Completeness.objects.create(
            clip=clip,
            annotator=Annotator.objects.create(source="small", name=f"expert {name}"),
            certified_at=timezone.now(),
            withdrawn_at=withdrawn,
        )
    build(collection, tmp_path / "one")
    found = {fname: info["n_certified"] for fname, info in infos(tmp_path / "one").items()}
    assert found == {"c01": 0, "c02": 0, "c03": 0, "c04": 0, "c05": 1, "c06": 0}


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (DecisionMethod.RULE, "two annotators who share an answer"),
        (DecisionMethod.MAJORITY, "from 2 votes on"),
        (DecisionMethod.DAWID_SKENE, "once its posterior reaches 0.95"),
    ],
)
def test_the_rule_of_the_collection_is_told(collection, method, words):
    collection.decision_method = method
    rule = decision_rule(collection)
    assert words in rule
    assert "adjudication" in rule
    assert "last vote of an expert" in rule


def test_the_command_takes_the_options(collection, tmp_path, capsys):
    command = ["build_release", "--collection=small", "--processes=1"]
    call_command(
        *command, "--version=1.0", f"--out={tmp_path / 'a'}", "--licenses=cc0",
        "--formats=dcase,audioset", "--audio=wav", "--rate=16000",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "2 train; 4 clips left out; audioset, dcase, fsd50k; verified, not signed" in said
    assert infos(tmp_path / "a")["c01"]["file"] == "dev_audio/c01.wav"
    with pytest.raises(CommandError, match="belongs to audio flac or wav"):
        call_command(*command, "--version=2", f"--out={tmp_path / 'b'}", "--rate=16000")
