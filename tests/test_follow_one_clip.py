"""One clip on its way from a file to a verified release.

Read this first: it is the product in one page, every stage for real, with a worker in a process of
its own. The clip is ``rex``, a dog's bark; around it lie the few others that a split needs.
"""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.management import CommandError, call_command

from datasets_app.clips.media import clip_folder
from datasets_app.clips.models import Clip
from datasets_app.domain.votes.answers import Answer
from datasets_app.jobs.models import Job
from datasets_app.labels.services import record_answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user
from datasets_app.releases.models import Release
from datasets_app.releases.verification import verify_release

ONTOLOGY = [
    {"id": "/m/dog", "name": "Dog", "child_ids": ["/m/bark"], "keywords": ["dog"]},
    {"id": "/m/bark", "name": "Bark", "keywords": ["bark"]},
    {"id": "/m/rain", "name": "Rain, drizzle", "keywords": ["rain"], "omit_keywords": ["rainbow"]},
]
UPLOADERS = ["ana", "ben", "cho", "dov", "eli", "fay"]
RATE_HZ = 22_050


def bring_recordings(folder: Path) -> None:
    """What a user has: recordings and ``clips.csv``; ``rex`` is by ana, as is a rain clip."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = [
        ["rex", "rex.wav", "ana", "CC-BY-4.0", "Rex at the gate.wav", "Barking; dog; garden"],
        ["torn", "torn.wav", "ben", "CC0-1.0", "cut off", "rain"],
    ]
    for number, uploader in enumerate(UPLOADERS):
        for word in ("bark", "rain"):
            name = f"{word}-{number}"
            rows.append([name, f"{name}.wav", uploader, "CC0-1.0", f"{word} {number}", word])
    for _, file, *_ in rows:
        samples = rng.normal(0, 0.1, RATE_HZ // 2).astype(np.float32)
        soundfile.write(folder / file, samples, RATE_HZ)
    (folder / "torn.wav").write_bytes((folder / "torn.wav").read_bytes()[:-5_000])
    with (folder / "clips.csv").open("w", encoding="utf-8", newline="") as handle:
        header = ["clip_id", "file", "uploader", "license", "title", "tags"]
        csv.writer(handle).writerows([header, *rows])


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.django_db
def test_one_clip_from_file_to_verified_release(curation_worker, tmp_path, capsys):
    recordings, out = tmp_path / "recordings", tmp_path / "release"
    bring_recordings(recordings)
    sha256 = hashlib.sha256((recordings / "rex.wav").read_bytes()).hexdigest()

    # ontology: the classes are loaded; a Bark is a Dog, so its labels will go up that edge.
    (tmp_path / "garden.json").write_text(json.dumps(ONTOLOGY))
    call_command("load_ontology", str(tmp_path / "garden.json"))

    # clips: the site writes a job folder, the worker listens, the site takes in what is sound.
    call_command("ingest_clips", str(recordings), collection="garden")
    printed = capsys.readouterr()
    assert "13 clips added, 0 were there already, 1 refused." in printed.out
    assert "refused torn: torn.wav is cut off" in printed.err
    rex = Clip.objects.get(external_id="rex")
    assert (rex.sha256, rex.duration_s, rex.sample_rate_hz) == (sha256, 0.5, RATE_HZ)
    assert rex.tags == ["Barking", "dog", "garden"]
    kept = {path.name for path in clip_folder(sha256).iterdir()}
    made = {"preview.mp3", "spectrogram.png", "peaks.json", "fingerprint.bin"}
    assert kept == {"original.wav", *made}
    assert Job.objects.get().state == "finished"

    # nominations: "Barking" meets the keyword "bark". "dog" would nominate Dog as well, but a Bark
    # implies it, so nobody is asked twice.
    call_command("nominate_labels", collection="garden")
    nomination = rex.nominations.get()
    assert nomination.sound_class.name == "Bark"
    assert nomination.origin == Nomination.Origin.KEYWORD
    assert nomination.evidence["matched"] == ["Barking"]

    # votes: the other clips come with answers from elsewhere; rex is judged here, by two people.
    # The first alone decides nothing; the second, who finds the bark in the background, agrees
    # with the first that it is there.
    votes = tmp_path / "votes.csv"
    rows = [
        f"{who},{word}-{number},/m/{word},PP"
        for who in ("crowd-1", "crowd-2")
        for word in ("bark", "rain")
        for number in range(len(UPLOADERS))
    ]
    votes.write_text("\n".join(["annotator,clip_id,mid,answer", *rows]))
    call_command("import_votes", str(votes), collection="garden")
    for name, answer, state in [
        ("ada", Answer.PP, "incomplete"),
        ("bob", Answer.PNP, "decided"),
    ]:
        person = annotator_of_user(user=User.objects.create_user(name))
        record_answer(nomination=nomination, annotator=person, answer=answer)
        nomination.label.refresh_from_db()
        assert nomination.label.state == state

    # labels: every nomination with votes is decided; rex's stays as the page decided it.
    call_command("infer_labels", collection="garden")
    nomination.label.refresh_from_db()
    assert (nomination.label.value, nomination.label.reached_by) == ("PRESENT", "agreement")
    call_command("report_agreement", collection="garden")
    assert "Agreement in garden: α" in capsys.readouterr().out

    # splits: all clips of an uploader go to one side, so rex goes where ana's others go.
    call_command("assign_splits", collection="garden", min_dev=2, min_eval=1)
    split = rex.collection.splits.get()
    part_of = dict(split.assignments.values_list("clip__external_id", "part"))
    is_eval = part_of["rex"] == "eval"
    assert {part_of[name] == "eval" for name in ("rex", "bark-0", "rain-0")} == {is_eval}
    assert set(part_of.values()) == {"train", "val", "eval"}

    # releases: frozen in FSD50K's layout. The label has gone up to Dog, and says where it is from.
    call_command("build_release", "--collection=garden", "--version=1.0", f"--out={out}")
    side = "eval" if is_eval else "dev"
    [truth] = [r for r in read_csv(out / f"ground_truth/{side}.csv") if r["fname"] == "rex"]
    assert (truth["labels"], truth["mids"]) == ("Bark,Dog", "/m/bark,/m/dog")
    labels = [r for r in read_csv(out / "ground_truth/labels.csv") if r["fname"] == "rex"]
    assert {(r["mid"], r["state"], r["origin"]) for r in labels} == {
        ("/m/bark", "positive", "rated"),
        ("/m/dog", "positive", "propagated"),
    }  # Rain is not listed: nobody was asked, an implicit negative
    ratings = json.loads((out / "metadata/pp_pnp_ratings.json").read_text())
    assert sorted(ratings["rex"]["/m/bark"]) == [0.5, 1.0]
    [licence] = [r for r in read_csv(out / "LICENSES.csv") if r["fname"] == "rex"]
    assert (licence["license"], licence["uploader"]) == ("CC-BY-4.0", "ana")
    released = out / f"{side}_audio/rex.wav"
    assert hashlib.sha256(released.read_bytes()).hexdigest() == sha256

    # and verified: every hash, every uploader on one side, labels closed under propagation.
    assert verify_release(out) == []
    call_command("verify_release", str(out))
    assert "garden 1.0 is sound" in capsys.readouterr().out
    assert Release.objects.get().path == str(out)

    # One byte that changes does not pass.
    content = bytearray(released.read_bytes())
    content[-1] ^= 1
    released.unlink()
    released.write_bytes(content)
    with pytest.raises(CommandError, match=r"rex\.wav"):
        call_command("verify_release", str(out))
