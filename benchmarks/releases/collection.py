"""A collection of metadata alone, written straight into the tables.

FSD50K's proportions: 2.6 nominations a clip, three answers each, a seventh as many uploaders as
clips. Labels are written as decided; how votes become labels is measured elsewhere.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
from django.utils import timezone

from benchmarks.synthetic.clips import LICENSES
from benchmarks.synthetic.ontology import leaf_mid, make_ontology, make_vocabulary
from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.ontology.services import load_ontology
from datasets_app.people.models import Annotator
from datasets_app.splits.models import Split, SplitAssignment, Vocabulary, VocabularyClass
from datasets_app.votes.models import Vote

N_CLASSES = 200
N_ANNOTATORS = 350
SEED = 51_200
BATCH = 5000
_ANSWERS = (("PP", "PP", "PNP"), ("PP", "PP", "PP"), ("NP", "NP", "PNP"), ("PNP", "U", "NP"))
_DECIDED = (("decided", "PP"), ("decided", "PP"), ("decided", "NP"), ("incomplete", ""))


def populate_collection(n_clips: int) -> str:
    """Write the records of so many clips; return what there is, in words."""
    ontology, _ = load_ontology(
        name="synthetic", data=make_ontology(N_CLASSES, SEED), source_sha256=""
    )
    collection = Collection.objects.create(name="synthetic", ontology=ontology)
    split = _split(collection)
    words = make_vocabulary(N_CLASSES, SEED).noise_words
    mids = [leaf_mid(i) for i in range(N_CLASSES)]
    by_mid = dict(SoundClass.objects.filter(mid__in=mids).values_list("mid", "pk"))
    leaves = [by_mid[mid] for mid in mids]
    annotators = Annotator.objects.bulk_create(
        Annotator(source="synthetic", name=f"annotator-{i}") for i in range(N_ANNOTATORS)
    )
    uploaders = Uploader.objects.bulk_create(
        [Uploader(collection=collection, name=f"uploader {i}") for i in range(max(5, n_clips // 7))]
    )
    rng = np.random.default_rng(SEED)
    n_votes = 0
    for clips in _clips(collection, uploaders, words, n_clips, rng):
        _assign(split, clips)
        n_votes += _judge(clips, leaves, [a.pk for a in annotators], rng)
    return f"{n_votes:,} votes"


def _split(collection: Collection) -> Split:
    vocabulary = Vocabulary.objects.create(collection=collection, min_dev=1, min_eval=1)
    VocabularyClass.objects.bulk_create(
        VocabularyClass(vocabulary=vocabulary, sound_class=c, n_dev=1, n_eval=1)
        for c in collection.ontology.classes.all()
    )
    return Split.objects.create(
        collection=collection, vocabulary=vocabulary, seed=1, eval_share=0.2, val_share=0.15
    )


def _clips(
    collection: Collection,
    uploaders: list[Uploader],
    words: list[str],
    n_clips: int,
    rng: np.random.Generator,
) -> Iterator[list[Clip]]:
    for start in range(0, n_clips, BATCH):
        numbers = range(start, min(start + BATCH, n_clips))
        drawn = rng.integers(len(words), size=(len(numbers), 20))
        rows = []
        for number, chosen in zip(numbers, drawn.tolist(), strict=True):
            spoken = [words[i] for i in chosen]
            rows.append(
                Clip(
                    collection=collection,
                    uploader=uploaders[number % len(uploaders)],
                    external_id=f"clip{number:07d}",
                    suffix=".wav",
                    sha256=hashlib.sha256(str(number).encode()).hexdigest(),
                    duration_s=1 + number % 29 + 0.123,
                    sample_rate_hz=44_100,
                    n_channels=1,
                    loudness_lufs=-23.5,
                    title=" ".join(spoken[:3]),
                    description=" ".join(spoken[3:13]),
                    tags=spoken[13:],
                    license=LICENSES[number % len(LICENSES)],
                    source_url=f"https://freesound.org/s/{number}/",
                )
            )
        yield Clip.objects.bulk_create(rows)


def _assign(split: Split, clips: list[Clip]) -> None:
    """A fifth of the uploaders is eval; no uploader is on both sides."""
    SplitAssignment.objects.bulk_create(
        SplitAssignment(split=split, clip=clip, part=_part(clip)) for clip in clips
    )


def _part(clip: Clip) -> str:
    if clip.uploader_id % 5 == 0:
        return "eval"
    return "val" if clip.pk % 7 == 0 else "train"


def _judge(
    clips: list[Clip], leaves: list[int], annotators: list[int], rng: np.random.Generator
) -> int:
    """Nominate, answer and decide; return the number of votes."""
    rows = []
    for clip in clips:
        n = 2 + int(rng.random() < 0.62)
        chosen = rng.choice(len(leaves), n, replace=False).tolist()
        rows += [
            Nomination(
                clip=clip,
                collection_id=clip.collection_id,
                sound_class_id=leaves[column],
                origin=Nomination.Origin.KEYWORD,
            )
            for column in chosen
        ]
    nominations = Nomination.objects.bulk_create(rows, batch_size=BATCH)
    kinds = rng.choice(len(_ANSWERS), len(nominations), p=[0.3, 0.4, 0.2, 0.1]).tolist()
    first = rng.integers(len(annotators), size=len(nominations)).tolist()
    now = timezone.now()
    Vote.objects.bulk_create(
        (
            Vote(
                nomination=nomination,
                annotator_id=annotators[(start + place) % len(annotators)],
                answer=answer,
                task=Vote.Task.SIMULATION,
                cast_at=now,
            )
            for nomination, kind, start in zip(nominations, kinds, first, strict=True)
            for place, answer in enumerate(_ANSWERS[kind])
        ),
        batch_size=BATCH,
    )
    Label.objects.bulk_create(
        (
            Label(nomination=n, state=_DECIDED[k][0], value=_DECIDED[k][1], reached_by="agreement")
            for n, k in zip(nominations, kinds, strict=True)
        ),
        batch_size=BATCH,
    )
    return 3 * len(nominations)
