"""What shows a class: curators' examples, the ontology's, or clips decided most surely."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet, Window
from django.db.models.functions import RowNumber

from datasets_app.audit.services import record_event
from datasets_app.clips.class_models import ClassExample
from datasets_app.clips.class_services import check_class_is_judged
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.labels.introduction import ExampleSource, first_source
from datasets_app.labels.models import Label
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User
from datasets_app.votes.verification import GoldAnswer

MOST_SHOWN = 3
"""Examples, and again counter-examples, where no curator chose any."""
MOST_CURATED = 6
"""Examples, and again counter-examples, of one class (inclusive)."""
MOST_NAMED = 100
Kind = ClassExample.Kind


@dataclass(frozen=True, slots=True)
class ShownExample:
    """A clip that shows what a class is or is not; ``row`` where a curator chose it."""

    clip: Clip
    note: str = ""
    row: ClassExample | None = None


@dataclass(frozen=True, slots=True)
class ExampleList:
    """Examples of one kind, all of one source; None where there are none."""

    source: ExampleSource | None
    shown: tuple[ShownExample, ...]


@dataclass(frozen=True, slots=True)
class ClassExamples:
    """All that has to be heard before judging a class."""

    examples: ExampleList
    counter_examples: ExampleList

    @property
    def clips(self) -> list[Clip]:
        """Every clip, examples first."""
        return [e.clip for part in (self.examples, self.counter_examples) for e in part.shown]


def class_examples(*, collection: Collection, sound_class: SoundClass) -> ClassExamples:
    """Return what shows a class: at most three queries, one where curators chose both kinds."""
    curated = _curated(collection, sound_class)
    chosen = {
        kind: [ShownExample(row.clip, row.note, row) for row in curated if row.kind == kind]
        for kind in Kind
    }
    decided = _decided(collection, sound_class) if not all(chosen.values()) else {}
    named = [] if chosen[Kind.EXAMPLE] else _of_ontology(collection, sound_class)
    return ClassExamples(
        _list(chosen[Kind.EXAMPLE], named, decided.get(LabelValue.PP, [])),
        _list(chosen[Kind.COUNTER_EXAMPLE], [], decided.get(LabelValue.NP, [])),
    )


@transaction.atomic
def add_class_example(
    *,
    collection: Collection,
    sound_class: SoundClass,
    clip: Clip,
    kind: Kind,
    note: str = "",
    actor: User | None = None,
) -> ClassExample:
    """Let a clip show what a class is (or is not); one that does already changes kind and note.

    Raises
    ------
    ValueError
        The clip cannot be heard or is of another collection, the class of another ontology, the
        note too long, or the class has ``MOST_CURATED`` of the kind.
    """
    check_class_is_judged(collection, sound_class)
    _check_can_be_heard(collection, clip)
    _check_is_no_secret(sound_class, clip)
    if len(note) > ClassExample._meta.get_field("note").max_length:
        raise ValueError(f"The note has {len(note)} letters; write at most 300.")
    of_class = ClassExample.objects.filter(collection=collection, sound_class=sound_class)
    if of_class.filter(kind=kind).exclude(clip=clip).count() >= MOST_CURATED:
        raise ValueError(
            f"{sound_class.name} has {MOST_CURATED} of this kind, all to be heard before judging; "
            "remove one first."
        )
    row, _ = ClassExample.objects.update_or_create(
        collection=collection,
        sound_class=sound_class,
        clip=clip,
        defaults={"kind": kind, "note": note},
    )
    after = {"mid": sound_class.mid, "clip": clip.external_id, "kind": kind.value, "note": note}
    record_event(actor=actor, verb="add_class_example", record=clip, after=after)
    return row


@transaction.atomic
def remove_class_example(*, example: ClassExample, actor: User | None = None) -> None:
    """Let a clip no longer show a class."""
    before = {
        "mid": example.sound_class.mid,
        "clip": example.clip.external_id,
        "kind": example.kind,
        "note": example.note,
    }
    record_event(actor=actor, verb="remove_class_example", record=example.clip, before=before)
    example.delete()


def _check_can_be_heard(collection: Collection, clip: Clip) -> None:
    if clip.collection_id != collection.pk:
        raise ValueError(f"Clip {clip.external_id} is of another collection; choose one of this.")
    if clip.state != Clip.State.AVAILABLE or not clip.has_recording:
        raise ValueError(f"Clip {clip.external_id} cannot be heard; choose one that can.")


def _check_is_no_secret(sound_class: SoundClass, clip: Clip) -> None:
    gold = GoldAnswer.objects.filter(
        nomination__clip=clip, nomination__sound_class=sound_class, is_active=True
    )
    if gold.exists():
        raise ValueError(
            f"Clip {clip.external_id} verifies annotators of {sound_class.name}, so its answer "
            "cannot be shown; retire it as a verification clip first, or choose another."
        )


def _list(chosen: list[ShownExample], named: list[Clip], decided: list[Clip]) -> ExampleList:
    if chosen:
        return ExampleList(ExampleSource.CURATOR, tuple(chosen[:MOST_CURATED]))
    source, clips = first_source(
        {ExampleSource.ONTOLOGY: named, ExampleSource.DECISIONS: decided}, most=MOST_SHOWN
    )
    return ExampleList(source, tuple(ShownExample(clip) for clip in clips))


def _curated(collection: Collection, sound_class: SoundClass) -> list[ClassExample]:
    rows = ClassExample.objects.filter(
        collection=collection, sound_class=sound_class, clip__in=_audible(collection)
    )
    return list(rows.select_related("clip").order_by("pk"))


def _of_ontology(collection: Collection, sound_class: SoundClass) -> list[Clip]:
    """Find the clips that the ontology names, by Freesound's number or by their own id."""
    names = [str(name) for name in sound_class.positive_examples[:MOST_NAMED]]
    if not names:
        return []
    numbers = [int(name) for name in names if name.isascii() and name.isdigit() and len(name) < 18]
    wanted = Q(external_id__in=names) | Q(freesound_id__in=numbers)
    return list(_audible(collection).filter(wanted).order_by("pk")[:MOST_SHOWN])


def _decided(collection: Collection, sound_class: SoundClass) -> dict[str, list[Clip]]:
    """Find, by value, the clips decided PP and NP most surely: one query.

    Nobody is asked about them any more. A verification clip is none of them: its answer is not to
    be known.
    """
    surest = ("-posterior", "nomination__shuffle", "pk")
    labels = (
        Label.objects.filter(
            state=DecisionState.DECIDED.value,
            value__in=(LabelValue.PP.value, LabelValue.NP.value),
            posterior__isnull=False,
            nomination__sound_class=sound_class,
            nomination__n_wanted=0,
            nomination__collection=collection,
            nomination__clip__state=Clip.State.AVAILABLE,
            nomination__clip__sha256__isnull=False,
        )
        .exclude(nomination__gold__is_active=True)
        .annotate(rank=Window(RowNumber(), partition_by="value", order_by=surest))
        .filter(rank__lte=MOST_SHOWN)
        .select_related("nomination__clip")
        .order_by("rank")
    )
    found: dict[str, list[Clip]] = {}
    for label in labels:
        found.setdefault(label.value, []).append(label.nomination.clip)
    return found


def _audible(collection: Collection) -> QuerySet[Clip]:
    return collection.clips.filter(state=Clip.State.AVAILABLE, sha256__isnull=False)
