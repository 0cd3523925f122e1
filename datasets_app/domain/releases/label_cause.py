"""Why a release says something else of a (clip, class) than the release before it.

Conventions: what a release says is a ``TrainingState``, or None where it does not list the pair. A
class is implied by another one of the same clip where a propagating path leads up to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.label_states import LabelOrigin, TrainingState
from datasets_app.domain.releases.label_evidence import (
    AnswerKind,
    GivenAnswer,
    LabelEvidence,
    Window,
    dropped_answers,
    new_answers,
)

Said: TypeAlias = tuple[TrainingState, LabelOrigin]


class ChangeKind(StrEnum):
    """What became of the positive label: there now, gone, or never there."""

    GAINED = "gained"
    LOST = "lost"
    OTHER = "other"


class Cause(StrEnum):
    """Why a label changed, in the order in which the rule asks."""

    CLIP_ADDED = "clip_added"
    CLIP_WITHDRAWN = "clip_withdrawn"
    CLIP_LEFT_OUT = "clip_left_out"
    CLASS_ADDED = "class_added"
    CLASS_MERGED = "class_merged"
    CLASS_LEFT_OUT = "class_left_out"
    ADJUDICATION = "adjudication"
    REFINEMENT = "refinement"
    EXPERT = "expert"
    MODEL_FLAG = "model_flag"
    ANSWERS = "answers"
    VERIFICATION = "verification"
    PROPAGATED = "propagated"
    NO_LONGER_IMPLIED = "no_longer_implied"
    CONTRADICTED = "contradicted"
    DECIDED_ANEW = "decided_anew"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LabelChange:
    """What the two releases say of one class of one clip, and what else they know of both.

    ``implied_before`` and ``implied_now`` are the clip's directly labelled classes that imply this
    one, in each release. ``merged_into`` are the classes that took over one that was merged.
    """

    before: Said | None
    now: Said | None
    is_clip_before: bool = True
    is_clip_now: bool = True
    is_clip_withdrawn: bool = False
    is_class_before: bool = True
    is_class_now: bool = True
    merged_into: tuple[str, ...] = ()
    implied_before: tuple[str, ...] = ()
    implied_now: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A cause with what it rests on.

    ``classes`` are the classes it came from or went to. ``given`` are the new answers that count,
    ``dropped`` those replaced or taken back, ``set_aside`` those that verification took out, each
    oldest first. ``adjudged`` is an adjudicator's answer, "" where one was withdrawn.
    """

    cause: Cause
    classes: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    adjudged: str | None = None
    model_score: float | None = field(default=None)


def change_kind(before: TrainingState | None, now: TrainingState | None) -> ChangeKind:
    """Say what became of the positive label.

    Raises
    ------
    RuleError
        Nothing changed.

    Examples
    --------
    >>> change_kind(None, TrainingState.POSITIVE).value
    'gained'
    >>> change_kind(TrainingState.POSITIVE, TrainingState.NEGATIVE).value
    'lost'
    >>> change_kind(None, TrainingState.NEGATIVE).value
    'other'
    """
    if before is now:
        raise RuleError(f"Received {before} before and now; give a label that changed.")
    if now is TrainingState.POSITIVE:
        return ChangeKind.GAINED
    return ChangeKind.LOST if before is TrainingState.POSITIVE else ChangeKind.OTHER


def explain_label(
    change: LabelChange, evidence: LabelEvidence | None, window: Window
) -> Explanation:
    """Return why a label changed: the first cause of ``Cause`` that the records show.

    A clip or a class that only one of the releases has explains all its labels. Otherwise people's
    word in the window does, the weightier first: an adjudicator's, a refinement pass, an expert,
    answers to what a model had proposed, other answers; then answers set aside because their page
    failed verification. Labels that nobody touched follow from others: they are implied by a label
    of the clip, no longer implied, or now clash with one. Failing all, the label was decided anew
    by another rule, or the records do not say.

    A label that is propagated in the new release, or was in the old one and is nothing now, is
    explained by the labels below it even where people answered without a decision.

    Parameters
    ----------
    change
        What the two releases say.
    evidence
        What is on record of the nomination; None where there is none.
    window
        The time between the releases.

    Notes
    -----
    The order is ours: from what is final to what follows from it. O(answers of the nomination).

    Examples
    --------
    >>> from datetime import datetime
    >>> year = Window(datetime(2025, 1, 1), datetime(2026, 1, 1))
    >>> heard = (TrainingState.POSITIVE, LabelOrigin.RATED)
    >>> answers = tuple(GivenAnswer("PP", datetime(2025, m, 1)) for m in (3, 4))
    >>> found = explain_label(LabelChange(None, heard), LabelEvidence(answers), year)
    >>> found.cause.value, found.given
    ('answers', ('PP', 'PP'))
    >>> implied = (TrainingState.POSITIVE, LabelOrigin.PROPAGATED)
    >>> found = explain_label(LabelChange(None, implied, implied_now=("/m/bark",)), None, year)
    >>> found.cause.value, found.classes
    ('propagated', ('/m/bark',))
    """
    for found in (_by_presence(change), _by_propagation(change)):
        if found is not None:
            return found
    known = evidence or LabelEvidence()
    return _by_word(known, window) or _by_implication(change) or _by_record(known, window)


def _by_presence(change: LabelChange) -> Explanation | None:
    """Explain by a clip or a class that only one of the releases has."""
    if not change.is_clip_now:
        is_withdrawn = change.is_clip_withdrawn
        return Explanation(Cause.CLIP_WITHDRAWN if is_withdrawn else Cause.CLIP_LEFT_OUT)
    if not change.is_clip_before:
        return Explanation(Cause.CLIP_ADDED)
    if not change.is_class_now:
        merged = change.merged_into
        return Explanation(Cause.CLASS_MERGED if merged else Cause.CLASS_LEFT_OUT, merged)
    return None if change.is_class_before else Explanation(Cause.CLASS_ADDED)


def _by_propagation(change: LabelChange) -> Explanation | None:
    """Explain a label that another one carries, or carried, alone."""
    if change.now is not None and change.now[1] is LabelOrigin.PROPAGATED:
        return Explanation(Cause.PROPAGATED, _new_first(change.implied_now, change.implied_before))
    if change.now is None and change.before and change.before[1] is LabelOrigin.PROPAGATED:
        return Explanation(Cause.NO_LONGER_IMPLIED, change.implied_before)
    return None


def _by_word(known: LabelEvidence, window: Window) -> Explanation | None:
    """Explain by what people said in the window."""
    given, dropped = new_answers(known.answers, window), dropped_answers(known.answers, window)
    aside = [a for a in known.answers if a.is_set_aside_in(window)]
    adjudged = _adjudged(known, window)
    cause = _weightiest(known, given, dropped, window)
    if adjudged is not None:
        cause = Cause.ADJUDICATION
    if cause is None and aside:
        cause = Cause.VERIFICATION
    if cause is None:
        return None
    return Explanation(
        cause,
        given=_texts(given),
        dropped=_texts([a for a in dropped if a.is_trusted]),
        set_aside=_texts(aside),
        adjudged=adjudged,
        model_score=known.model_score,
    )


def _weightiest(
    known: LabelEvidence,
    given: Sequence[GivenAnswer],
    dropped: Sequence[GivenAnswer],
    window: Window,
) -> Cause | None:
    kinds = {answer.kind for answer in (*given, *(a for a in dropped if a.is_trusted))}
    if AnswerKind.REFINEMENT in kinds:
        return Cause.REFINEMENT
    if AnswerKind.EXPERT in kinds:
        return Cause.EXPERT
    if not kinds:
        return None
    is_flagged = known.is_from_model and window.holds(known.proposed_at)
    return Cause.MODEL_FLAG if is_flagged else Cause.ANSWERS


def _adjudged(known: LabelEvidence, window: Window) -> str | None:
    """Return the last adjudication that holds, "" if the window only withdrew one, else None."""
    made = [a for a in known.adjudications if window.holds(a.at)]
    holding = [a for a in made if a.withdrawn_at is None or a.withdrawn_at > window.until]
    if holding:
        return max(holding, key=lambda a: a.at).answer
    withdrawn = [a for a in known.adjudications if window.holds(a.withdrawn_at)]
    return "" if any(a.at <= window.after for a in withdrawn) else None


def _by_implication(change: LabelChange) -> Explanation | None:
    """Explain a refused label that begins or ceases to clash with one that implies it."""
    before, now = (said and said[0] for said in (change.before, change.now))
    if now is TrainingState.UNDECIDED and change.implied_now:
        return Explanation(
            Cause.CONTRADICTED, _new_first(change.implied_now, change.implied_before)
        )
    ended = set(change.implied_before) - set(change.implied_now)
    if before is TrainingState.UNDECIDED and ended and not change.implied_now:
        return Explanation(Cause.NO_LONGER_IMPLIED, change.implied_before)
    if change.before and change.before[1] is LabelOrigin.PROPAGATED and ended:
        return Explanation(Cause.NO_LONGER_IMPLIED, change.implied_before)
    return None


def _by_record(known: LabelEvidence, window: Window) -> Explanation:
    is_anew = window.holds(known.decided_at)
    return Explanation(Cause.DECIDED_ANEW if is_anew else Cause.UNKNOWN)


def _new_first(now: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    """Return the classes that imply only now, or all that do where none is new."""
    return tuple(mid for mid in now if mid not in before) or now


def _texts(answers: Sequence[GivenAnswer]) -> tuple[str, ...]:
    return tuple(answer.answer for answer in answers)
