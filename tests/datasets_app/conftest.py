"""A small ontology, a collection judged against it, and clips without sound."""

from collections.abc import Callable
from typing import Any

import pytest

from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.clips.services import open_collection
from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.class_work import recount_class_work
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import Ontology, SoundClass
from datasets_app.ontology.services import load_ontology
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote
from datasets_app.votes.services import cast_vote

CLASSES: list[dict[str, Any]] = [
    {
        "id": "/m/animal",
        "name": "Animal",
        "child_ids": ["/m/dog", "/m/cat"],
        "restrictions": ["abstract"],
        "keywords": ["animal"],
    },
    {
        "id": "/m/dog",
        "name": "Dog",
        "child_ids": ["/m/bark", "/m/growl", "/m/howl"],
        "keywords": ["dog"],
    },
    {"id": "/m/bark", "name": "Bark", "keywords": ["bark", ["dog", "woof"]]},
    {
        "id": "/m/growl",
        "name": "Growling",
        "keywords": ["growl"],
        "propagate_to_parents": False,
    },
    {"id": "/m/cat", "name": "Cat", "keywords": ["cat"], "omit_keywords": ["caterpillar"]},
    {"id": "/m/rain", "name": "Rain", "keywords": ["rain"], "omit_keywords": ["rainstick"]},
    {"id": "/m/howl", "name": "Howl", "restrictions": ["blacklist"]},
    {
        "id": "/m/hum",
        "name": "Hum",
        "keywords": ["hum"],
        "restrictions": ["blacklist"],
    },
]
"""Labels go up from Bark to Dog to Animal; Growling does not propagate."""


@pytest.fixture
def ontology(db) -> Ontology:
    loaded, _ = load_ontology(name="small", data=CLASSES, source_sha256="0" * 64)
    return loaded


@pytest.fixture
def collection(ontology: Ontology) -> Collection:
    return open_collection(name="yard", ontology=ontology)


@pytest.fixture
def sound_class(ontology: Ontology) -> Callable[[str], SoundClass]:
    """Return the class of a mid."""
    return lambda mid: ontology.classes.get(mid=mid)


@pytest.fixture
def make_clip(collection: Collection) -> Callable[..., Clip]:
    """Add a clip to the collection's records, without a recording."""

    def make(clip_id: str, *, uploader: str = "ana", **fields: Any) -> Clip:
        owner, _ = Uploader.objects.get_or_create(collection=collection, name=uploader)
        known = {"duration_s": 5.0, "sample_rate_hz": 44_100, "n_channels": 1, "suffix": ".wav"}
        return Clip.objects.create(
            collection=collection,
            uploader=owner,
            external_id=clip_id,
            sha256=f"{clip_id:0>64}",
            license="CC0-1.0",
            **{**known, **fields},
        )

    return make


@pytest.fixture
def make_nomination(sound_class) -> Callable[..., Nomination]:
    def make(clip: Clip, mid: str, **fields: Any) -> Nomination:
        fields = {"origin": Nomination.Origin.KEYWORD, **fields}
        made = Nomination.objects.create(clip=clip, sound_class=sound_class(mid), **fields)
        recount_class_work(collection=clip.collection)
        return made

    return make


@pytest.fixture
def make_annotator(db) -> Callable[[str], Annotator]:
    return lambda name: Annotator.objects.get_or_create(source="yard", name=name)[0]


@pytest.fixture
def vote(make_annotator) -> Callable[..., Vote]:
    """Let an annotator of that name answer a nomination."""

    def cast(nomination: Nomination, name: str, answer: str, **fields: Any) -> Vote:
        is_trusted = fields.pop("is_trusted", True)
        given = cast_vote(
            nomination=nomination,
            annotator=make_annotator(name),
            answer=Answer(answer),
            task=Vote.Task.VALIDATION,
            **fields,
        )
        if not is_trusted:
            Vote.objects.filter(pk=given.pk).update(is_trusted=False)
        return given

    return cast
