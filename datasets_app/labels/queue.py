"""The annotators' queue: what is still open, and for whom."""

from django.db.models import Count, Q, QuerySet

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.nominations.models import ClassWork, Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator


def class_work(*, collection: Collection) -> QuerySet[ClassWork]:
    """Return the collection's counts, a row per class that was ever nominated, by class name.

    One query of as many rows as classes, whatever the number of nominations; each row has its
    ``sound_class`` with it. Nobody's own answers are taken out: ``n_open`` is everybody's.
    """
    rows = ClassWork.objects.filter(collection=collection).select_related("sound_class")
    return rows.order_by("sound_class__name", "sound_class__mid")


def count_open(*, collection: Collection, sound_class: SoundClass) -> int:
    """Return how many nominations of a class want somebody's answer; one query of one row."""
    rows = ClassWork.objects.filter(collection=collection, sound_class=sound_class).order_by()
    return next(iter(rows.values_list("n_open", flat=True)), 0)


def open_nominations(
    *, collection: Collection, sound_class: SoundClass, annotator: Annotator
) -> QuerySet[Nomination]:
    """Return what this annotator can still judge of a class, in the order of the queue.

    Nominations that want no more answers ask nobody; conflicts are for adjudication; nobody meets a
    clip twice. A clip without a recording cannot be heard and waits until it has one.
    """
    return (
        Nomination.objects.filter(
            collection=collection,
            sound_class=sound_class,
            is_open=True,
            clip__state=Clip.State.AVAILABLE,
        )
        .exclude(votes__annotator=annotator)
        .select_related("clip", "sound_class")
        .order_by("-priority", "shuffle", "pk")
    )


def open_work_by_class(*, collection: Collection, annotator: Annotator) -> QuerySet[SoundClass]:
    """Return the classes with work for this annotator: ``n_open``, ``n_decided``, ``n_all``."""
    of_collection = Q(
        nominations__clip__collection=collection, nominations__clip__state=Clip.State.AVAILABLE
    )
    is_open = Q(nominations__n_wanted__gt=0)
    can_be_heard = Q(nominations__clip__sha256__isnull=False)
    answered = Nomination.objects.filter(votes__annotator=annotator).values("pk")
    return (
        collection.ontology.classes.annotate(
            n_all=Count("nominations", filter=of_collection),
            n_open=Count(
                "nominations",
                filter=of_collection & is_open & can_be_heard & ~Q(nominations__pk__in=answered),
            ),
            n_decided=Count(
                "nominations",
                filter=of_collection & Q(nominations__label__state=DecisionState.DECIDED.value),
            ),
        )
        .filter(n_open__gt=0)
        .order_by("-n_open", "name")
    )
