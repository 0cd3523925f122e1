"""Goals of classes, and the listening to their examples."""

from datetime import datetime

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.class_models import (
    MOST_CLIPS_WANTED,
    ClassGoal,
    ExampleListening,
    Introduction,
)
from datasets_app.clips.models import Clip, Collection
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator, User

MOST_DAYS = 3650


@transaction.atomic
def set_collection_goal(*, collection: Collection, n_clips: int, actor: User | None = None) -> None:
    """Say how many decided clips a class should have where it has no goal of its own.

    Raises
    ------
    ValueError
        ``n_clips`` is not 1 to ``MOST_CLIPS_WANTED`` (inclusive).
    """
    _check_goal(n_clips)
    before, collection.class_goal = collection.class_goal, n_clips
    collection.save(update_fields=["class_goal"])
    _record_goal(actor, collection, before, n_clips)


@transaction.atomic
def set_class_goal(
    *,
    collection: Collection,
    sound_class: SoundClass,
    n_clips: int | None,
    actor: User | None = None,
) -> None:
    """Give one class a goal of its own; None gives it the collection's again.

    Raises
    ------
    ValueError
        ``n_clips`` is not 1 to ``MOST_CLIPS_WANTED`` (inclusive), or the class is not of the
        collection's ontology.
    """
    check_class_is_judged(collection, sound_class)
    own = ClassGoal.objects.filter(collection=collection, sound_class=sound_class)
    before = own.values_list("n_clips", flat=True).first()
    if n_clips is None:
        own.delete()
    else:
        _check_goal(n_clips)
        ClassGoal.objects.update_or_create(
            collection=collection, sound_class=sound_class, defaults={"n_clips": n_clips}
        )
    _record_goal(actor, collection, before, n_clips, mid=sound_class.mid)


@transaction.atomic
def set_introduction_days(*, collection: Collection, days: int, actor: User | None = None) -> None:
    """Say for how many days (0 to ten years) those who heard a class's examples may judge it.

    Raises
    ------
    ValueError
        ``days`` is outside of that.
    """
    if not 0 <= days <= MOST_DAYS:
        raise ValueError(f"Received {days} days; give 0 to {MOST_DAYS:,}.")
    before, collection.introduction_days = collection.introduction_days, days
    collection.save(update_fields=["introduction_days"])
    record_event(
        actor=actor,
        verb="set_introduction_days",
        record=collection,
        before={"days": before},
        after={"days": days},
    )


def check_class_is_judged(collection: Collection, sound_class: SoundClass) -> None:
    """Raise ValueError unless the class is of the collection's ontology."""
    if sound_class.ontology_id != collection.ontology_id:
        raise ValueError(
            f"Class {sound_class.name} is of another ontology than {collection.name}; "
            "choose a class of this collection."
        )


def record_example_heard(
    *,
    annotator: Annotator,
    collection: Collection,
    sound_class: SoundClass,
    clip: Clip,
    heard_fraction: float,
    heard_since: datetime,
    now: datetime,
) -> ExampleListening:
    """Keep the largest share of an example that was heard since ``heard_since``."""
    row, created = ExampleListening.objects.get_or_create(
        annotator=annotator,
        collection=collection,
        sound_class=sound_class,
        clip=clip,
        defaults={"heard_fraction": heard_fraction, "heard_at": now},
    )
    is_old = row.heard_at < heard_since
    if not created and (is_old or heard_fraction > row.heard_fraction):
        row.heard_fraction, row.heard_at = heard_fraction, now
        row.save(update_fields=["heard_fraction", "heard_at"])
    return row


def record_introduction(
    *, annotator: Annotator, collection: Collection, sound_class: SoundClass, now: datetime
) -> None:
    """Write down that an annotator has heard every example of a class."""
    Introduction.objects.update_or_create(
        annotator=annotator,
        collection=collection,
        sound_class=sound_class,
        defaults={"introduced_at": now},
    )


def _check_goal(n_clips: int) -> None:
    if not 1 <= n_clips <= MOST_CLIPS_WANTED:
        raise ValueError(f"Received a goal of {n_clips:,}; give 1 to {MOST_CLIPS_WANTED:,} clips.")


def _record_goal(
    actor: User | None,
    collection: Collection,
    before: int | None,
    after: int | None,
    **where: str,
) -> None:
    record_event(
        actor=actor,
        verb="set_goal",
        record=collection,
        before={"n_clips": before, **where},
        after={"n_clips": after, **where},
    )
