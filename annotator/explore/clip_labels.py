"""The labels and votes of a clip, as far as someone may see them.

Blindness: as long as a nomination is open to someone who judges, they see nobody else's answer to
it and no decision. A verification clip looks the same to them at all times: what was decided of it
is its secret.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise

from annotator.explore.access import Onlooker
from annotator.explore.words import ORIGINS, REACHED_BY, STATES, decision_in_words
from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.labels.blindness import is_withheld
from datasets_app.labels.models import Label
from datasets_app.labels.propagation import PropagatedLabel, propagated_labels
from datasets_app.nominations.models import Nomination
from datasets_app.votes.models import Vote
from datasets_app.votes.verification import VerificationAnswer


@dataclass(frozen=True, slots=True)
class ShownNomination:
    """A class proposed for a clip. ``is_blind``: decision and others' votes are withheld."""

    nomination: Nomination
    is_blind: bool
    own_answer: str
    label: Label | None
    votes: list[Vote] = field(default_factory=list)

    @property
    def asks_you(self) -> bool:
        """Say whether this person is still to answer."""
        return self.is_blind and not self.own_answer

    @property
    def decision(self) -> Promise | str:
        """What was decided, in words; nothing more than "needs more answers" while withheld."""
        return STATES[DecisionState.INCOMPLETE] if self.is_blind else decision_in_words(self.label)

    @property
    def answer_class(self) -> str:
        """The answer whose colour the decision has, "" without one."""
        value = self.label.value if self.label else ""
        return LabelValue.PP.value if value == LabelValue.PRESENT.value else value

    @property
    def origin(self) -> Promise | str:
        """Who proposed it, in words."""
        return ORIGINS.get(self.nomination.origin, self.nomination.origin)

    @property
    def reached_by(self) -> Promise | str:
        """What made the decision, in words."""
        return REACHED_BY.get(self.label.reached_by, "") if self.label else ""


@dataclass(frozen=True, slots=True)
class ClipLabels:
    """What is known of a clip; ``propagated`` is withheld while anything is."""

    nominations: list[ShownNomination]
    propagated: list[PropagatedLabel]

    @property
    def visible_ids(self) -> list[int]:
        """The keys of the nominations of which nothing is withheld."""
        return [shown.nomination.pk for shown in self.nominations if not shown.is_blind]


def clip_labels(clip: Clip, person: Onlooker) -> ClipLabels:
    """Return a clip's labels for one person: at most seven queries."""
    nominations = list(
        clip.nominations.select_related("sound_class", "label", "gold").order_by("pk")
    )
    votes = list(
        Vote.objects.filter(nomination__in=nominations)
        .select_related("annotator")
        .order_by("cast_at", "pk")
    )
    verified = _verification_answers(nominations, person)
    shown = [_shown(n, [v for v in votes if v.nomination_id == n.pk], verified, person)
             for n in nominations]  # fmt: skip
    is_whole = not any(n.is_blind for n in shown)
    return ClipLabels(shown, propagated_labels(clip=clip) if is_whole else [])


def _shown(
    nomination: Nomination, votes: list[Vote], verified: dict[int, str], person: Onlooker
) -> ShownNomination:
    own = [v for v in votes if person.annotator and v.annotator_id == person.annotator.pk]
    own_answer = own[0].answer if own else verified.get(nomination.pk, "")
    is_blind = person.is_blind and _is_secret(nomination, has_answered=bool(own))
    if is_blind:
        return ShownNomination(nomination, True, own_answer, None, own)
    seen = votes if person.sees_all_votes else own
    return ShownNomination(nomination, False, own_answer, getattr(nomination, "label", None), seen)


def _is_secret(nomination: Nomination, *, has_answered: bool) -> bool:
    gold = getattr(nomination, "gold", None)
    return is_withheld(
        n_wanted=nomination.n_wanted,
        is_verification=gold is not None and gold.is_active,
        has_answered=has_answered,
    )


def _verification_answers(nominations: Iterable[Nomination], person: Onlooker) -> dict[int, str]:
    if person.annotator is None:
        return {}
    rows = VerificationAnswer.objects.filter(
        annotator=person.annotator, nomination__in=[n.pk for n in nominations]
    ).exclude(answer="")
    return dict(rows.order_by("pk").values_list("nomination_id", "answer"))
