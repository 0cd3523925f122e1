"""Recordings that sound like one, on its page."""

import csv
import json

import numpy as np
import pytest
from django.urls import reverse

from datasets_app.clips.models import Clip
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.models import Job
from ml_worker.contract import JobKind


@pytest.fixture
def embedded(world, tmp_path) -> list[Clip]:
    """Four clips that turn step by step away from the first, the third withdrawn."""
    clips = [world.clip(title=f"Sound {i}") for i in range(4)]
    Clip.objects.filter(pk=clips[2].pk).update(state=Clip.State.WITHDRAWN)
    angles = np.arange(4) / 4
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    np.save(tmp_path / "embeddings.npy", vectors)
    np.save(tmp_path / "norms.npy", np.ones(4, np.float32))
    with (tmp_path / "clips.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["clip_id", "sha256"])
        writer.writerows((clip.external_id, clip.sha256) for clip in clips)
    settings = {"size": 2, "n_clips": 4, "index": None}
    (tmp_path / "provider.json").write_text(json.dumps(settings))
    Job.objects.create(
        kind=JobKind.EMBED.value,
        collection=world.collection,
        state=JobState.FINISHED.value,
        job_dir="x",
        out_dir=str(tmp_path),
    )
    return clips


def test_the_most_alike_come_first_and_withdrawn_ones_not(embedded, as_annotator):
    address = reverse("similar-clips", args=[embedded[0].uuid])
    assert address in as_annotator.get(reverse("clip", args=[embedded[0].uuid])).content.decode()
    page = as_annotator.get(address).content.decode()
    assert page.index("Sound 1") < page.index("Sound 3")
    assert "Sound 0" not in page
    assert "Sound 2" not in page


def test_a_clip_that_was_not_embedded_says_so(embedded, world, as_annotator):
    address = reverse("similar-clips", args=[world.clip().uuid])
    assert "has no embedding" in as_annotator.get(address).content.decode()


def test_nothing_is_offered_where_nothing_was_embedded(world, as_annotator):
    clip = world.clip()
    page = as_annotator.get(reverse("clip", args=[clip.uuid])).content.decode()
    assert "Sounds like this" not in page
    assert as_annotator.get(reverse("similar-clips", args=[clip.uuid])).status_code == 404
