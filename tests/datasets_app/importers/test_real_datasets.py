"""FSD50K's development part and AudioSet's balanced list, as published.

Counts: FSD50K 1.0 (Fonseca et al. 2021); 36 conflicts, at least two present and at least two
absent answers, counted from the file of ratings by itself.
"""

import hashlib
import json
from collections import Counter

import pytest

from datasets_app.clips.models import Clip, Collection
from datasets_app.importers.audioset_segments import import_audioset_segments
from datasets_app.importers.fsd50k import import_fsd50k
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.services import load_ontology
from datasets_app.votes.models import Vote

pytestmark = pytest.mark.real_data


@pytest.fixture
def audioset(db, shared_data):
    content = (shared_data / "audioset/ontology.json").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return load_ontology(name="audioset", data=json.loads(content), source_sha256=digest)[0]


def test_the_development_part_of_fsd50k(audioset, shared_data):
    folder = shared_data / "fsd50k"
    summary = import_fsd50k(source=folder, collection="fsd50k", ontology=audioset)
    assert (summary.n_clips, summary.n_votes) == (40_966, 106_132)
    assert summary.n_by_part == {"train": 36_796, "val": 4_170}
    assert Clip.objects.count() == 40_966
    assert Vote.objects.count() == 106_132
    answers = Counter(Vote.objects.values_list("answer", flat=True))
    assert answers == {"PP": 78_877, "PNP": 19_830, "NP": 5_575, "U": 1_850}
    rated = Nomination.objects.filter(votes__isnull=False).distinct().count()
    assert (rated, Nomination.objects.count()) == (47_031, 47_031 + 692)
    collection = Collection.objects.get()
    vocabulary = collection.splits.get().vocabulary
    assert (vocabulary.classes.count(), vocabulary.min_dev) == (200, 51)
    assert infer_labels(collection=collection).n_by_state["conflicted"] == 36
    again = import_fsd50k(source=folder, collection="fsd50k", ontology=audioset)
    assert (again.n_added, again.n_known, collection.splits.count()) == (0, 40_966, 1)


def test_the_balanced_list_of_audioset(audioset, shared_data):
    path = shared_data / "audioset/balanced_train_segments.csv"
    summary = import_audioset_segments(source=path, collection="balanced", ontology=audioset)
    assert (summary.n_clips, summary.n_votes) == (22_160, 0)
    assert Clip.objects.filter(duration_s=10.0).count() > 21_000
