"""Changes to a pass: labels, marks in time, its end. Each has a key, so that a client may retry."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Clip
from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.refinement import (
    REFINED_ANSWERS,
    check_every_label_is_judged,
    sound_event,
)
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.refinement.closing import carry_over
from datasets_app.labels.refinement.models import (
    Completeness,
    RefinedLabel,
    RefinementChange,
    RefinementPass,
    SoundEvent,
)
from datasets_app.labels.refinement.queue import lease_end
from datasets_app.labels.refinement.selectors import list_open_labels, list_suggestions
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User

Verb = RefinementChange.Verb


def set_label(
    *,
    refinement: RefinementPass,
    sound_class: SoundClass,
    answer: Answer | None,
    idempotency_key: uuid.UUID,
    actor: User | None = None,
) -> None:
    """Say PP, PNP or NP of a class in this pass's clip; None takes back what was said.

    Its marks in time stay on record with a rejected label and are shown again if it is kept after
    all. In a finished pass the change counts at once, and the certificate no longer holds.

    Raises
    ------
    RuleError
        The answer is U, or the class is not one that recordings are labelled with.
    """
    if answer is not None and answer not in REFINED_ANSWERS:
        raise RuleError(f"Received {answer}; keep a label as PP or PNP, or reject it with NP.")
    if sound_class.is_abstract and answer in (Answer.PP, Answer.PNP):
        raise RuleError(
            f"{sound_class.name} only groups other classes; choose the one of them that sounds."
        )
    with transaction.atomic():
        held = _begin(refinement, idempotency_key)
        if held is None:
            return
        label, before = _label(held, sound_class)
        said = answer.value if answer else ""
        label.answer = said
        if said and not before:
            label.is_suggested = held.second_look_at is not None
        label.save()
        _note(held, idempotency_key, Verb.LABEL, sound_class, {"answer": before}, {"answer": said})
        _changed(held, actor)


def mark_event(
    *,
    refinement: RefinementPass,
    sound_class: SoundClass,
    event: uuid.UUID,
    onset_s: float,
    offset_s: float,
    idempotency_key: uuid.UUID,
) -> None:
    """Mark when a kept class sounds, or move the mark of that uuid.

    Raises
    ------
    RuleError
        The stretch is not within the clip, the class is not kept in this pass, or the mark is
        another label's.
    """
    onset_s, offset_s = sound_event(onset_s, offset_s, refinement.clip.duration_s)
    with transaction.atomic():
        held = _begin(refinement, idempotency_key)
        if held is None:
            return
        label, answer = _label(held, sound_class)
        if answer not in (Answer.PP, Answer.PNP):
            raise RuleError(f"{sound_class.name} is not kept here; keep it before marking it.")
        known = SoundEvent.objects.filter(uuid=event).first()
        if known is not None and known.label_id != label.pk:
            raise RuleError("This mark belongs to another label; delete it and mark anew.")
        before = _stretch(known)
        moved, _ = SoundEvent.objects.update_or_create(
            uuid=event, label=label, defaults={"onset_s": onset_s, "offset_s": offset_s}
        )
        after = {"event": str(event), **_stretch(moved)}
        _note(held, idempotency_key, Verb.MARK, sound_class, before, after)


def remove_event(
    *, refinement: RefinementPass, event: uuid.UUID, idempotency_key: uuid.UUID
) -> None:
    """Delete a mark of this pass; one that is not there any more is no error."""
    with transaction.atomic():
        held = _begin(refinement, idempotency_key)
        if held is None:
            return
        known = SoundEvent.objects.select_related("label__sound_class").filter(
            uuid=event, label__refinement=held
        )
        for one in known:
            before = {"event": str(event), **_stretch(one)}
            _note(held, idempotency_key, Verb.UNMARK, one.label.sound_class, before, {})
            one.delete()


def finish_pass(
    *, refinement: RefinementPass, idempotency_key: uuid.UUID, actor: User | None = None
) -> None:
    """Certify that every audible class is labelled, and have the pass count.

    Its labels become nominations where there were none, and expert votes; where another person's
    finished pass says otherwise, the nomination goes to adjudication. From now on the person is
    shown what a model suggests. Finishing again renews a certificate that a change withdrew.

    Raises
    ------
    RuleError
        Labels that the clip has are neither kept nor rejected.
    """
    with transaction.atomic():
        held = _begin(refinement, idempotency_key)
        if held is None:
            return
        check_every_label_is_judged([c.name for c in list_open_labels(refinement=held)])
        now = timezone.now()
        is_first = held.finished_at is None
        held.finished_at = held.finished_at or now
        if held.second_look_at is None and list_suggestions(refinement=held):
            held.second_look_at = now
        held.save(update_fields=["finished_at", "second_look_at"])
        Completeness.objects.update_or_create(
            clip=held.clip,
            annotator=held.annotator,
            defaults={"certified_at": now, "withdrawn_at": None},
        )
        _note(held, idempotency_key, Verb.FINISH, None, {}, {"is_certified": True})
        found = carry_over(held)
        record_event(
            actor=actor,
            verb="finish_refinement" if is_first else "certify_refinement",
            record=held,
            after={"n_votes": found.n_votes, "n_differences": found.n_differences},
        )


def leave_clip(*, refinement: RefinementPass, idempotency_key: uuid.UUID) -> None:
    """Put an open pass aside: its seat is free at once; what was done stays on record."""
    with transaction.atomic():
        held = _begin(refinement, idempotency_key)
        if held is None or held.finished_at is not None:
            return
        held.left_at = held.lease_until = timezone.now()
        held.save(update_fields=["left_at", "lease_until"])
        _note(held, idempotency_key, Verb.LEAVE, None, {}, {})


def _begin(refinement: RefinementPass, key: uuid.UUID) -> RefinementPass | None:
    """Lock the pass and renew its lease; None when the change with this key was made before.

    Work on a pass is taken whenever it arrives, also after its lease: nothing is ever lost.
    """
    Clip.objects.select_for_update(no_key=True).get(
        pk=refinement.clip_id
    )  # before the pass, always
    held = RefinementPass.objects.select_for_update(of=("self",)).select_related(
        "clip__collection__ontology", "annotator"
    )
    one = held.get(pk=refinement.pk)
    known = RefinementChange.objects.filter(idempotency_key=key).first()
    if known is not None:
        if known.refinement_id != one.pk:
            raise RuleError("This change's key belongs to another; reload the page and repeat it.")
        return None
    one.lease_until, one.left_at = lease_end(), None
    one.save(update_fields=["lease_until", "left_at"])
    return one


def _label(held: RefinementPass, sound_class: SoundClass) -> tuple[RefinedLabel, str]:
    label = RefinedLabel.objects.filter(refinement=held, sound_class=sound_class).first()
    if label is None:
        return RefinedLabel(refinement=held, sound_class=sound_class), ""
    return label, label.answer


def _changed(held: RefinementPass, actor: User | None) -> None:
    """A label changed: in a finished pass that counts at once and undoes the certificate."""
    if held.finished_at is None:
        return
    Completeness.objects.filter(clip=held.clip, annotator=held.annotator, withdrawn_at=None).update(
        withdrawn_at=timezone.now()
    )
    found = carry_over(held)
    record_event(
        actor=actor,
        verb="change_refinement",
        record=held,
        after={"n_votes": found.n_votes, "n_differences": found.n_differences},
    )


def _note(
    held: RefinementPass,
    key: uuid.UUID,
    verb: RefinementChange.Verb,
    sound_class: SoundClass | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    RefinementChange.objects.create(
        refinement=held,
        idempotency_key=key,
        verb=verb,
        sound_class=sound_class,
        before=dict(before),
        after=dict(after),
        is_second_look=held.second_look_at is not None,
    )


def _stretch(event: SoundEvent | None) -> dict[str, float]:
    return {} if event is None else {"onset_s": event.onset_s, "offset_s": event.offset_s}
