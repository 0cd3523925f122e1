"""The format is kept: for the worker that reads it, and byte for byte from one day to the next."""

from datasets_app.releases.models import Release
from ml_worker.release import LabelState, Split, read_release

MANIFEST_SHA256 = "7f0c34633f350f22d4208ae0e56ccc301eedb7551b38a3d0b7d497a8faa031c5"
"""Of the small release 1.0, on SQLite and on PostgreSQL. It changes only when the format
is changed on purpose: then write the new value here and say so in the changelog."""


def test_the_same_bytes_on_every_database_and_day(folder):
    assert Release.objects.get().manifest_sha256 == MANIFEST_SHA256


def test_the_worker_reads_what_was_released(folder):
    release = read_release(folder)
    assert [c.mid for c in release.classes] == ["/m/animal", "/m/bark", "/m/bell", "/m/instrument"]
    train = release.clips_of(Split.TRAIN)
    assert [clip.fname for clip in train] == ["c01", "c02", "c03"]
    implicit, positive = LabelState.IMPLICIT_NEGATIVE, LabelState.POSITIVE
    assert release.label_states(train).tolist() == [
        [positive, positive, implicit, implicit],
        [LabelState.UNDECIDED, positive, implicit, implicit],
        [implicit, LabelState.EXPLICIT_NEGATIVE, positive, implicit],
    ]
