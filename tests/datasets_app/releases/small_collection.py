"""A collection small enough to know by heart, with everything a release must settle.

Animal <- Dog <- Bark propagates; Instrument <- "Bell, chime" does not. The vocabulary has no Dog,
so that Bark implies Animal through a class that is not released.
"""

import hashlib
import wave
from pathlib import Path

from django.utils import timezone

from datasets_app.clips.media import original_path
from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass
from datasets_app.people.models import Annotator
from datasets_app.splits.models import (
    Split,
    SplitAssignment,
    Vocabulary,
    VocabularyClass,
    VocabularyMerge,
)
from datasets_app.votes.models import Vote

CLASSES = {
    "/m/animal": "Animal",
    "/m/bark": "Bark",
    "/m/bell": "Bell, chime",
    "/m/dog": "Dog",
    "/m/instrument": "Instrument",
}
EDGES = [
    ("/m/dog", "/m/animal", True),
    ("/m/bark", "/m/dog", True),
    ("/m/bell", "/m/instrument", False),
]
VOCABULARY = ["/m/animal", "/m/bark", "/m/bell", "/m/instrument"]
# external id: uploader, part, answers by class
CLIPS = {
    "c01": ("ann", "train", {"/m/bark": ["PP", "PP"]}),
    "c02": ("ann", "train", {"/m/bark": ["PP", "PNP"], "/m/animal": ["NP", "NP"]}),
    "c03": ("bo", "train", {"/m/bell": ["PNP", "PNP", "NP"], "/m/bark": ["NP", "NP"]}),
    "c04": ("bo", "val", {"/m/dog": ["PP", "PP"], "/m/bell": ["U", "PP"]}),
    "c05": ("cy", "eval", {"/m/bark": ["PP", "PP"], "/m/animal": ["PP", "NP"]}),
    "c06": ('di, the "2nd"', "eval", {"/m/instrument": ["PP", "PP"], "/m/bell": ["PP"]}),
    "c07": ("ed", None, {"/m/bell": ["NP", "NP"]}),
}


def make_collection(name: str = "small") -> Collection:
    """Write records and recordings, decide, and split as ``CLIPS`` says."""
    ontology = Ontology.objects.create(name=f"{name} ontology", source_sha256="0" * 64)
    classes = {
        mid: SoundClass.objects.create(
            ontology=ontology, mid=mid, name=title, description=f"The sound of {title}."
        )
        for mid, title in reversed(CLASSES.items())
    }
    for child, parent, propagates in EDGES:
        Edge.objects.create(child=classes[child], parent=classes[parent], propagates=propagates)
        Closure.objects.create(
            descendant=classes[child], ancestor=classes[parent], depth=1, propagates=propagates
        )
    Closure.objects.create(
        descendant=classes["/m/bark"], ancestor=classes["/m/animal"], depth=2, propagates=True
    )
    collection = Collection.objects.create(name=name, ontology=ontology)
    for fname in reversed(CLIPS):
        _make_clip(collection, fname, classes)
    infer_labels(collection=collection)
    _make_split(collection, classes)
    return collection


def _make_clip(collection: Collection, fname: str, classes: dict[str, SoundClass]) -> None:
    uploader, _, answers = CLIPS[fname]
    content = recording(fname)
    sha256 = hashlib.sha256(content).hexdigest()
    path = original_path(sha256, ".wav")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    clip = Clip.objects.create(
        collection=collection,
        uploader=Uploader.objects.get_or_create(collection=collection, name=uploader)[0],
        external_id=fname,
        suffix=".wav",
        sha256=sha256,
        duration_s=0.01,
        sample_rate_hz=8000,
        n_channels=1,
        duplicate_group="c01" if fname in ("c01", "c03") else None,
        title=f'Clip {fname}, "as heard"\nin two lines',
        tags=["ünïcode", fname],
        license="CC0" if uploader == "ann" else "CC-BY",
    )
    for mid, given in answers.items():
        nomination = Nomination.objects.create(
            clip=clip, sound_class=classes[mid], origin=Nomination.Origin.KEYWORD
        )
        for number, answer in enumerate(given):
            cast_vote(nomination, f"annotator {number}", answer)


def cast_vote(nomination: Nomination, name: str, answer: str) -> None:
    annotator, _ = Annotator.objects.get_or_create(source="small", name=name)
    Vote.objects.create(
        nomination=nomination,
        annotator=annotator,
        answer=answer,
        task=Vote.Task.IMPORT,
        cast_at=timezone.now(),
    )


def recording(fname: str) -> bytes:
    """Return a wav file of ten milliseconds that differs from clip to clip."""
    path = Path(original_path("0" * 64, ".wav"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as handle:
        handle.setparams((1, 2, 8000, 80, "NONE", ""))
        handle.writeframes(hashlib.sha256(fname.encode()).digest() * 5)
    return path.read_bytes()


def _make_split(collection: Collection, classes: dict[str, SoundClass]) -> Split:
    vocabulary = Vocabulary.objects.create(collection=collection, min_dev=1, min_eval=1)
    for mid in VOCABULARY:
        VocabularyClass.objects.create(
            vocabulary=vocabulary, sound_class=classes[mid], n_dev=1, n_eval=1
        )
    merge = VocabularyMerge.objects.create(
        vocabulary=vocabulary, sound_class=classes["/m/dog"], reason="1 clip in dev is too few"
    )
    merge.into.add(classes["/m/animal"])
    shares = {"min": 0.0, "mean": 0.25, "max": 1 / 3}
    rest = {"n_contaminated_groups": 1, "n_val_labels": 3, "val_share_per_class": shares}
    contamination = {
        "contamination": {"within_class": 0.0, "between_class": 1 / 3, **rest},
        "random": {"within_class": 0.5, "between_class": 0.25, **rest},
        "iterative": {"within_class": 0.5, "between_class": 0.5, **rest},
        "chosen": "contamination",
    }
    split = Split.objects.create(
        collection=collection,
        vocabulary=vocabulary,
        seed=3,
        eval_share=0.3,
        val_share=0.15,
        contamination=contamination,
    )
    for fname, (_, part, _) in CLIPS.items():
        if part:
            clip = collection.clips.get(external_id=fname)
            SplitAssignment.objects.create(split=split, clip=clip, part=part)
    return split
