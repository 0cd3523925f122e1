"""Whether someone has heard what a class sounds like before judging it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from datasets_app.clips.class_models import ExampleListening, Introduction
from datasets_app.clips.class_services import record_example_heard, record_introduction
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.introduction import Standing, introduction_standing
from datasets_app.labels.examples import ClassExamples, class_examples
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote

MOST_TIMES_HEARD = 10_000.0


@dataclass(frozen=True, slots=True)
class IntroductionState:
    """Where one person stands with one class; ``heard`` is the share of each clip, by its key."""

    standing: Standing
    heard: dict[int, float]


def introduction_state(
    *,
    annotator: Annotator,
    collection: Collection,
    sound_class: SoundClass,
    examples: ClassExamples | None = None,
    now: datetime | None = None,
) -> IntroductionState:
    """Say whether a class is open to someone, and what they have heard of its examples.

    Open to whoever was introduced or judged the class within the collection's days. One
    query for those who were introduced, two for those who judged it, at most eight for others.
    """
    now = now or timezone.now()
    days = collection.introduction_days
    since = now - timedelta(days=days)
    known_at = _known_since(annotator, collection, sound_class, since)
    if examples is None and known_at is not None:
        standing = introduction_standing([], introduced_at=known_at, now=now, days=days)
        return IntroductionState(standing, {})
    examples = examples or class_examples(collection=collection, sound_class=sound_class)
    heard = _heard(annotator, collection, sound_class, examples, since)
    shares = [heard.get(clip.pk, 0.0) for clip in examples.clips]
    standing = introduction_standing(shares, introduced_at=known_at, now=now, days=days)
    if not standing.is_open:
        # Their own answer may have made the example while it was looked for; so they judged it.
        known_at = _known_since(annotator, collection, sound_class, since)
        standing = introduction_standing(shares, introduced_at=known_at, now=now, days=days)
    return IntroductionState(standing, heard)


@transaction.atomic
def hear_example(
    *,
    annotator: Annotator,
    collection: Collection,
    sound_class: SoundClass,
    clip: Clip,
    heard_fraction: float,
    now: datetime | None = None,
) -> IntroductionState:
    """Take down how much of an example someone heard; the last one introduces them.

    Raises
    ------
    ValueError
        The clip is no example of the class, or the share is below 0 or beyond belief.
    """
    now = now or timezone.now()
    if not 0 <= heard_fraction <= MOST_TIMES_HEARD:
        raise ValueError(
            f"Received {heard_fraction:g} times heard; give 0 to {MOST_TIMES_HEARD:,.0f}."
        )
    examples = class_examples(collection=collection, sound_class=sound_class)
    if clip.pk not in {example.pk for example in examples.clips}:
        raise ValueError(
            f"Recording {clip.external_id} is no example of {sound_class.name} any more; "
            "reload the page."
        )
    record_example_heard(
        annotator=annotator,
        collection=collection,
        sound_class=sound_class,
        clip=clip,
        heard_fraction=heard_fraction,
        heard_since=now - timedelta(days=collection.introduction_days),
        now=now,
    )
    state = introduction_state(
        annotator=annotator,
        collection=collection,
        sound_class=sound_class,
        examples=examples,
        now=now,
    )
    if state.standing.n_to_hear == 0:
        record_introduction(
            annotator=annotator, collection=collection, sound_class=sound_class, now=now
        )
    return state


def _known_since(
    annotator: Annotator, collection: Collection, sound_class: SoundClass, since: datetime
) -> datetime | None:
    """Return when they were introduced, else when they last judged the class; None if before."""
    of_class = {"annotator": annotator, "collection": collection, "sound_class": sound_class}
    introduced = Introduction.objects.filter(**of_class, introduced_at__gte=since).order_by()
    for introduced_at in introduced.values_list("introduced_at", flat=True)[:1]:
        return introduced_at
    judged = Vote.objects.filter(
        annotator=annotator,
        cast_at__gte=since,
        nomination__sound_class=sound_class,
        nomination__collection=collection,
    )
    return judged.order_by("-cast_at").values_list("cast_at", flat=True).first()


def _heard(
    annotator: Annotator,
    collection: Collection,
    sound_class: SoundClass,
    examples: ClassExamples,
    since: datetime,
) -> dict[int, float]:
    clips = [clip.pk for clip in examples.clips]
    if not clips:
        return {}
    rows = ExampleListening.objects.filter(
        annotator=annotator,
        collection=collection,
        sound_class=sound_class,
        clip__in=clips,
        heard_at__gte=since,
    )
    return dict(rows.values_list("clip_id", "heard_fraction"))
