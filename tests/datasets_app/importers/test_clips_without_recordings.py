"""A clip that is metadata alone asks nobody, shows nothing, and gets its recording by ingest."""

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from datasets_app.clips.models import Clip
from datasets_app.clips.services import add_analysed_clips, rows_to_add
from datasets_app.clips.table import ClipRow
from datasets_app.importers.records import ImportedClip, ImportedNomination, import_records
from datasets_app.labels.queue import open_nominations, open_work_by_class
from datasets_app.nominations.clip_states import ask_about_clips
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import nominate_labels, refresh_priorities
from datasets_app.people.models import User
from datasets_app.releases.services import build_release

FOUND = {
    "clip_id": "a",
    "ok": True,
    "sha256": "5" * 64,
    "duration_s": 4.0,
    "sample_rate_hz": 16_000,
    "n_channels": 1,
    "loudness_lufs": -20.0,
}


@pytest.fixture
def clip(ontology, sound_class) -> Clip:
    """A clip of metadata alone, tagged rain, with an imported nomination of Dog."""
    nomination = ImportedNomination(sound_class("/m/dog").pk, {"source": "test"})
    clips = [ImportedClip("f", "a", "ana", title="Ours", tags=["rain"], nominations=[nomination])]
    import_records(collection="yard", ontology=ontology, source="test", clips=clips)
    return Clip.objects.get()


def give_recording(clip: Clip, monkeypatch) -> int:
    monkeypatch.setattr("datasets_app.clips.services.keep_recording", lambda **_: None)
    added, refused = add_analysed_clips(
        collection=clip.collection,
        folder=Path("folder"),
        rows=[ClipRow("a", "a.wav", "somebody", "CC0", title="Theirs")],
        analysis=[FOUND],
        analysis_dir=Path("analysis"),
    )
    ask_about_clips(collection=clip.collection, clip_ids=["a"])
    clip.refresh_from_db()
    assert refused == []
    return added


def test_it_is_in_nobodys_queue_until_it_has_a_recording(
    clip, sound_class, make_annotator, monkeypatch
):
    ana = make_annotator("ana")
    asked = {"collection": clip.collection, "annotator": ana}
    assert not open_nominations(sound_class=sound_class("/m/dog"), **asked).exists()
    assert list(open_work_by_class(**asked)) == []
    give_recording(clip, monkeypatch)
    assert open_nominations(sound_class=sound_class("/m/dog"), **asked).count() == 1
    assert [c.n_open for c in open_work_by_class(**asked)] == [1]


def test_its_media_are_not_found(clip, client, settings):
    client.force_login(User.objects.create_user("ana"))
    response = client.get(reverse("clip-media", args=[clip.uuid, "preview.mp3"]))
    assert response.status_code == 404


def test_keyword_rules_take_an_unknown_length_as_within_bounds(clip):
    summary = nominate_labels(collection=clip.collection)
    assert (summary.n_clips_out_of_bounds, summary.n_added) == (0, 1)
    assert set(clip.nominations.values_list("sound_class__mid", flat=True)) == {
        "/m/dog",
        "/m/rain",
    }


def test_its_priority_is_its_votes_until_its_length_is_known(clip, vote, monkeypatch):
    nomination = clip.nominations.get()
    vote(nomination, "ana", "PP")
    refresh_priorities(collection=clip.collection)
    assert Nomination.objects.get().priority == 1.0
    give_recording(clip, monkeypatch)
    refresh_priorities(collection=clip.collection)
    assert Nomination.objects.get().priority == 1300.0


def test_ingest_gives_it_its_recording_and_keeps_what_was_said_of_it(clip, monkeypatch):
    rows = [ClipRow("a", "a.wav", "somebody", "CC0")]
    assert rows_to_add(collection=clip.collection, rows=rows) == rows
    assert give_recording(clip, monkeypatch) == 1
    assert (clip.title, clip.uploader.name, clip.suffix) == ("Ours", "ana", ".wav")
    assert (clip.has_recording, clip.duration_s, clip.n_channels) == (True, 4.0, 1)
    assert rows_to_add(collection=clip.collection, rows=rows) == []
    assert give_recording(clip, monkeypatch) == 0
    assert Clip.objects.count() == 1


def test_it_cannot_be_released(clip, make_clip, tmp_path):
    make_clip("b")
    clips = [ImportedClip("f", "a", "ana", part="train"), ImportedClip("f", "b", "ana", part="val")]
    clips.append(ImportedClip("f", "c", "ben", part="eval"))
    collection = clip.collection
    import_records(collection="yard", ontology=collection.ontology, source="test", clips=clips)
    with pytest.raises(ValueError, match="2 of 3 clips to release have no recording"):
        build_release(collection=collection, version="1.0", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_several_may_lack_a_recording_but_none_may_share_one(clip, make_clip):
    Clip.objects.create(collection=clip.collection, uploader=clip.uploader, external_id="b")
    heard, other = make_clip("c"), make_clip("d")
    with pytest.raises(IntegrityError), transaction.atomic():
        Clip.objects.filter(pk=other.pk).update(sha256=heard.sha256)


def test_a_recording_is_measured_or_is_none(clip):
    with pytest.raises(IntegrityError), transaction.atomic():
        Clip.objects.filter(pk=clip.pk).update(sha256="5" * 64)
