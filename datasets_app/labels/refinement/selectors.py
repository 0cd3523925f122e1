"""What an expert is shown of a clip, and how far refinement has come."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from datasets_app.clips.class_models import ClassExample
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.labels.refinement.models import (
    Completeness,
    RefinedLabel,
    RefinementPass,
    SoundEvent,
)
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.votes.models import Vote


@dataclass(frozen=True, slots=True)
class ClipLabel:
    """A label that a clip had before anybody refined it, with the answers given to it then.

    ``n_answers`` has a count for each of ``ANSWERS``; ``n_untrusted`` of them count for nothing.
    """

    sound_class: SoundClass
    origin: str
    state: str
    value: str
    n_answers: tuple[int, ...]
    n_untrusted: int

    @property
    def is_refused(self) -> bool:
        """Whether people decided that it is not there: nobody has to judge it again."""
        return self.value == LabelValue.NP


@dataclass(frozen=True, slots=True)
class RefinedClass:
    """What a pass says of a class, with its marks in time."""

    sound_class: SoundClass
    answer: str
    is_suggested: bool
    events: tuple[SoundEvent, ...]


def list_clip_labels(*, refinement: RefinementPass) -> list[ClipLabel]:
    """Return the labels that the clip had before refinement, one query; by name.

    Left out is what only a model suspects: it waits for the second look. Another expert's votes
    are not counted: nobody sees what the other said.
    """
    votes = Q(votes__isnull=False) & ~Q(votes__task=Vote.Task.REFINEMENT)
    counts = {
        f"n_{a.value}": Count("votes", filter=votes & Q(votes__answer=a.value)) for a in ANSWERS
    }
    untrusted = Count("votes", filter=votes & Q(votes__is_trusted=False))
    rows = _shown(refinement.clip).select_related("sound_class", "prior")
    rows = rows.annotate(**counts, n_untrusted=untrusted).order_by("sound_class__name", "pk")
    return [
        ClipLabel(
            row.sound_class,
            row.origin,
            row.prior.state,
            row.prior.value,
            tuple(getattr(row, name) for name in counts),
            row.n_untrusted,
        )
        for row in rows
    ]


def list_refined_classes(*, refinement: RefinementPass) -> list[RefinedClass]:
    """Return what the pass says now, two queries, in the order in which it was said first."""
    labels = RefinedLabel.objects.filter(refinement=refinement).exclude(answer="")
    rows = labels.select_related("sound_class").prefetch_related("events").order_by("pk")
    return [
        RefinedClass(
            row.sound_class,
            row.answer,
            row.is_suggested,
            tuple(sorted(row.events.all(), key=lambda e: (e.onset_s, e.pk))),
        )
        for row in rows
    ]


def list_open_labels(*, refinement: RefinementPass) -> list[SoundClass]:
    """Return the classes that must be kept or rejected before the pass can end, by name."""
    judged = refinement.labels.exclude(answer="").values("sound_class")
    rows = _shown(refinement.clip).exclude(prior__value=LabelValue.NP)
    rows = rows.exclude(sound_class__in=judged).select_related("sound_class")
    return [row.sound_class for row in rows.order_by("sound_class__name", "pk")]


def list_suggestions(*, refinement: RefinementPass) -> list[Nomination]:
    """Return what a model suspects in the clip and this pass says nothing of, best score first."""
    judged = refinement.labels.exclude(answer="").values("sound_class")
    rows = Nomination.objects.filter(clip=refinement.clip, origin=Nomination.Origin.MODEL)
    rows = rows.exclude(pk__in=_shown(refinement.clip).values("pk"))
    rows = rows.exclude(sound_class__in=judged).select_related("sound_class")
    return sorted(rows, key=lambda n: (-_score(n), n.pk))


def completeness(*, collection: Collection) -> dict[int, int]:
    """Return, by clip id, how many people certify that every audible class is labelled.

    Clips without a certificate that holds are left out. It makes no label of its own: what nobody
    named in such a clip stays an implicit negative, for it was heard as a whole and not class by
    class; a release may state the certificate beside it.
    """
    rows = Completeness.objects.filter(clip__collection=collection, withdrawn_at=None)
    counted = rows.order_by().values("clip").annotate(n=Count("pk"))
    return dict(counted.values_list("clip", "n"))


@dataclass(frozen=True, slots=True)
class RefinementProgress:
    """How far the refinement of some clips has come; one clip counts in one of the first three."""

    n_clips: int
    n_refined: int
    n_begun: int
    n_differences: int

    @property
    def n_untouched(self) -> int:
        """Clips that nobody has taken."""
        return self.n_clips - self.n_refined - self.n_begun


def refinement_progress(*, among: QuerySet[Clip], n_people: int) -> RefinementProgress:
    """Return how many of the clips are refined by enough people; one query."""
    available = among.filter(state=Clip.State.AVAILABLE, sha256__isnull=False).order_by()
    passes = Count("refinements", distinct=True)
    finished = Count("refinements", filter=Q(refinements__finished_at__isnull=False), distinct=True)
    differing = Nomination.objects.filter(
        clip=OuterRef("pk"),
        refinement_difference__isnull=False,
        label__state=DecisionState.CONFLICTED.value,
    )
    rows = available.annotate(n_passes=passes, n_finished=finished, differs=Exists(differing))
    found = rows.aggregate(
        n_clips=Count("pk"),
        n_refined=Count("pk", filter=Q(n_finished__gte=n_people)),
        n_begun=Count("pk", filter=Q(n_finished__lt=n_people, n_passes__gt=0)),
        n_differences=Count("pk", filter=Q(differs=True)),
    )
    return RefinementProgress(**found)


def example_clips(*, collection: Collection, class_ids: Iterable[int]) -> dict[int, Clip]:
    """Return a recording of each class to compare by ear, two queries.

    One that a curator chose, else one decided PP, the surest first; classes without any are left
    out.
    """
    audible = {"clip__state": Clip.State.AVAILABLE, "clip__sha256__isnull": False}
    of_class = {"sound_class": OuterRef("pk"), **audible}
    chosen = ClassExample.objects.filter(
        **of_class, collection=collection, kind=ClassExample.Kind.EXAMPLE
    ).order_by("pk")
    decided = Nomination.objects.filter(
        **of_class, clip__collection=collection, label__value=LabelValue.PP
    ).order_by(F("label__posterior").desc(nulls_last=True), "clip")
    rows = SoundClass.objects.filter(pk__in=list(class_ids)).annotate(
        example=Coalesce(Subquery(chosen.values("clip")[:1]), Subquery(decided.values("clip")[:1]))
    )
    by_class = {pk: clip for pk, clip in rows.values_list("pk", "example") if clip is not None}
    clips = Clip.objects.in_bulk(set(by_class.values()))
    return {pk: clips[clip] for pk, clip in by_class.items()}


def _score(nomination: Nomination) -> float:
    score = nomination.evidence.get("score")
    return float(score) if isinstance(score, int | float) else 0.0


def _shown(clip: Clip) -> QuerySet[Nomination]:
    """The nominations that were there before refinement, but for what only a model suspects."""
    suspected = Q(origin=Nomination.Origin.MODEL) & ~Q(prior__state=DecisionState.DECIDED.value)
    return Nomination.objects.filter(clip=clip, prior__isnull=False).exclude(suspected)
