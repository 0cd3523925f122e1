"""Answers to verification clips, and the clips' upkeep by curators."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import Answer
from datasets_app.domain.votes.trust import (
    Candidate,
    choose_verification_clips,
    n_verification_clips,
)
from datasets_app.nominations.clip_states import follow_clips
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator, User
from datasets_app.votes.pages import Page
from datasets_app.votes.verification import GoldAnswer, Trust, VerificationAnswer

MOST_CONSIDERED = 200
"""Verification clips of a class looked at for one page."""


@transaction.atomic
def add_gold_answer(*, nomination: Nomination, answer: Answer, actor: User) -> GoldAnswer:
    """Make a nomination a verification clip of its class with this known answer.

    It leaves the queue. A retired one comes back with the answer given now.

    Raises
    ------
    RuleError
        The answer is "unsure", or the clip is withdrawn or has no recording.
    """
    if answer is Answer.U:
        raise RuleError("Received U as a known answer; give PP, PNP or NP.")
    if not nomination.clip.can_be_heard:
        raise RuleError(f"Clip {nomination.clip} cannot be heard; choose one that is available.")
    before = GoldAnswer.objects.filter(nomination=nomination).values("answer", "is_active").first()
    gold, _ = GoldAnswer.objects.update_or_create(
        nomination=nomination,
        defaults={
            "collection_id": nomination.collection_id,
            "sound_class_id": nomination.sound_class_id,
            "answer": answer.value,
            "is_active": True,
            "added_by": actor,
            "added_at": timezone.now(),
            "retired_at": None,
        },
    )
    follow_clips(clips=[nomination.clip_id])
    record_event(
        actor=actor,
        verb="add_gold_answer",
        record=gold,
        before=before,
        after={"nomination": str(nomination.uuid), "answer": answer.value},
    )
    return gold


@transaction.atomic
def retire_gold_answer(*, gold: GoldAnswer, actor: User) -> bool:
    """Show a verification clip to nobody as such any more; return whether it was active.

    Its nomination is in the queue again if it still wants answers; meetings stay on record.
    """
    held = GoldAnswer.objects.select_for_update(no_key=True).get(pk=gold.pk)
    if not held.is_active:
        return False
    GoldAnswer.objects.filter(pk=gold.pk).update(is_active=False, retired_at=timezone.now())
    gold.is_active = False
    clip_id = Nomination.objects.values_list("clip_id", flat=True).get(pk=held.nomination_id)
    follow_clips(clips=[clip_id])
    record_event(actor=actor, verb="retire_gold_answer", record=gold)
    return True


def gold_answers(
    *, collection: Collection, sound_class: SoundClass | None = None
) -> QuerySet[GoldAnswer]:
    """Return verification clips with ``n_met``, ``n_right``, ``n_wrong`` and ``n_unsure``.

    The pass rate is n_right / (n_right + n_wrong). PP and PNP count as the same. Active ones come
    first; each has its nomination, clip and class with it.
    """
    present = (Answer.PP.value, Answer.PNP.value)
    agree = Q(meetings__expected__in=present, meetings__answer__in=present) | Q(
        meetings__expected=Answer.NP.value, meetings__answer=Answer.NP.value
    )
    clear = Q(meetings__answer__in=(*present, Answer.NP.value))
    rows = GoldAnswer.objects.filter(collection=collection)
    if sound_class is not None:
        rows = rows.filter(sound_class=sound_class)
    return (
        rows.select_related("nomination__clip", "sound_class", "added_by")
        .annotate(
            n_met=Count("meetings"),
            n_right=Count("meetings", filter=agree),
            n_wrong=Count("meetings", filter=clear & ~agree),
            n_unsure=Count("meetings", filter=Q(meetings__answer=Answer.U.value)),
        )
        .order_by("-is_active", "sound_class__name", "pk")
    )


def gold_candidates(
    *, collection: Collection, sound_class: SoundClass, min_posterior: float = 0.99
) -> QuerySet[Nomination]:
    """Return decided nominations fit to become verification clips: by an expert, or nearly certain.

    ``min_posterior`` is inclusive. Unsure ones and those that are or were verification clips are
    left out; the most certain first.
    """
    by_expert = Q(label__reached_by="expert")
    return (
        Nomination.objects.filter(
            collection=collection,
            sound_class=sound_class,
            clip__state=Clip.State.AVAILABLE,
            clip__sha256__isnull=False,
            gold__isnull=True,
            label__value__in=(Answer.PP.value, Answer.PNP.value, Answer.NP.value),
        )
        .filter(by_expert | Q(label__posterior__gte=min_posterior))
        .select_related("clip", "label")
        .order_by("-label__posterior", "shuffle", "pk")
    )


@dataclass(frozen=True, slots=True)
class OwnAgreement:
    """An annotator's own record in a class; ``share`` is None until something was judged."""

    collection: Collection
    sound_class: SoundClass
    n_right: int
    n_wrong: int

    @property
    def n_judged(self) -> int:
        """How many of their answers were held against a known one."""
        return self.n_right + self.n_wrong

    @property
    def share(self) -> float | None:
        """The share of judged verification answers that agreed with what is known."""
        return self.n_right / self.n_judged if self.n_judged else None


def own_agreement(*, annotator: Annotator, min_judged: int = 0) -> list[OwnAgreement]:
    """Return an annotator's agreement with known answers, by collection and class; one query.

    Classes with fewer than ``min_judged`` judged answers are left out. No clip is named, so that
    nobody learns which ones were known.
    """
    rows = Trust.objects.filter(annotator=annotator).alias(n=F("n_right") + F("n_wrong"))
    rows = rows.filter(n__gte=min_judged).select_related("collection", "sound_class")
    return [
        OwnAgreement(row.collection, row.sound_class, row.n_right, row.n_wrong)
        for row in rows.order_by("collection__name", "sound_class__name", "pk")
    ]


def trust_of(*, annotator: Annotator, collection: Collection, sound_class: SoundClass) -> Trust:
    """Return an annotator's record in a class, made on first use."""
    trust, _ = Trust.objects.get_or_create(
        collection=collection, sound_class=sound_class, annotator=annotator
    )
    return trust


def draw_verification_clips(*, trust: Trust, rng: Random) -> list[GoldAnswer]:
    """Choose the verification clips of this annotator's next page in the class; two queries.

    One query where the class has none. Left out are clips that they have judged as ordinary ones,
    or met as often as allowed.
    """
    n = n_verification_clips(
        is_verified=trust.is_verified,
        is_trusted=trust.is_trusted,
        n_pages_since=trust.n_pages_since,
        rng=rng,
    )
    if not n:
        return []
    active = GoldAnswer.objects.filter(
        collection=trust.collection_id, sound_class=trust.sound_class_id, is_active=True
    )
    if not active.exists():
        return []
    own = Q(meetings__annotator=trust.annotator_id)
    rows = (
        active.filter(nomination__clip__state=Clip.State.AVAILABLE)
        .exclude(nomination__votes__annotator=trust.annotator_id)
        .exclude(nomination__leases__annotator=trust.annotator_id)
        .annotate(n_met=Count("meetings", filter=own), last_met=Max("meetings__met_at", filter=own))
        .order_by("n_met", "pk")[:MOST_CONSIDERED]
    )
    golds = {gold.pk: gold for gold in rows}
    candidates = [Candidate(g.pk, g.n_met, g.last_met) for g in golds.values()]
    return [golds[key] for key in choose_verification_clips(candidates, n, rng=rng)]


def meet_verification_clips(*, page: Page, golds: Sequence[GoldAnswer]) -> None:
    """Note that these stand on a page."""
    VerificationAnswer.objects.bulk_create(
        VerificationAnswer(
            page=page,
            gold=gold,
            annotator_id=page.annotator_id,
            nomination_id=gold.nomination_id,
            expected=gold.answer,
            met_at=page.opened_at,
        )
        for gold in golds
    )


def answers_of(verifications: Iterable[VerificationAnswer]) -> list[tuple[Answer, Answer | None]]:
    """Return (known, given) pairs for the rule that judges a page."""
    return [(Answer(v.expected), Answer(v.answer) if v.answer else None) for v in verifications]
