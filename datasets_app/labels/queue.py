"""The annotators' queue: what is still open, and for whom."""

from django.db.models import Count, Q, QuerySet

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator


def open_nominations(
    *, collection: Collection, sound_class: SoundClass, annotator: Annotator
) -> QuerySet[Nomination]:
    """Return what this annotator can still judge of a class, in the order of the queue.

    Nominations that want no more answers ask nobody; conflicts are for adjudication; nobody meets a
    clip twice. A clip without a recording cannot be heard and waits until it has one.
    """
    return (
        Nomination.objects.filter(
            clip__collection=collection,
            clip__state=Clip.State.AVAILABLE,
            clip__sha256__isnull=False,
            sound_class=sound_class,
            n_wanted__gt=0,
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
