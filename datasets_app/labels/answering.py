"""Takes answers from pages: given, changed, taken back and commented, one at a time.

A verification clip's answer goes the same way, with the same questions to the database and as many
writes, so that neither the reply nor its time tells it from the others.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datasets_app.clips.gate import hold_gate
from datasets_app.clips.models import Collection
from datasets_app.labels.clip_rows import MeetingRow, SeatRow, VoteRow
from datasets_app.labels.held_clip import HeldClip, hold_clip
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote
from datasets_app.votes.pages import Lease, Page, QueuePlace
from datasets_app.votes.services import GivenVote, change_vote, withdraw_vote
from datasets_app.votes.verification import Trust, VerificationAnswer

_OF_VOTES = ("task", "is_expert", "is_trusted")
"""What a vote has and the answer to a verification clip has not."""
_NOTHING_SAID: dict[str, object] = {
    "answer": "",
    "comment": "",
    "heard_fraction": None,
    "gain_db": None,
    "seconds_taken": None,
}
"""A verification clip after its answer was taken back: a vote would be gone with all of these."""
_NEWEST, _LATEST = 2**62, "9999"
"""A vote that is only now being written stands behind all others."""


class NotThere(LookupError):
    """There is no such nomination for this person; the message is for them."""


class NotOpen(RuntimeError):
    """The nomination asks this person nothing; the message is for them."""


class AnsweredElsewhere(RuntimeError):
    """The same person has saved another answer since their page last knew; both are kept here."""

    def __init__(self, *, saved: str, given: str) -> None:
        super().__init__(
            _("You answered this one elsewhere meanwhile; choose which of the two answers holds.")
        )
        self.saved = saved
        self.given = given


@dataclass(slots=True)
class _Asked:
    """A nomination that somebody answers, locked, with all that bears on whether they may.

    ``meeting`` is set where it is a verification clip to them.
    """

    clip: HeldClip
    annotator_id: int
    vote: VoteRow | None
    meeting: MeetingRow | None
    seat: SeatRow | None
    n_leased: int

    @property
    def saved(self) -> str:
        """What this person's answer is now, or empty."""
        found = self.meeting or self.vote
        return found.answer if found else ""


def take_answer(
    *,
    collection: Collection,
    annotator: Annotator,
    nomination: uuid.UUID,
    given: GivenVote,
    seen_answer: str | None = None,
) -> str:
    """Record an answer and decide its nomination; return the answer that is saved now.

    ``seen_answer`` is what the page believes to be saved ("" for none); None skips the check. A key
    that was used for this before changes nothing.

    Raises
    ------
    NotThere
        The nomination is unknown, of another collection, or its clip is withdrawn or has no
        recording.
    NotOpen
        It wants no answer of this person any more, or the key belongs to another answer.
    AnsweredElsewhere
        ``seen_answer`` is not what is saved.

    Notes
    -----
    About five queries in one transaction, whatever the size of the collection.
    """

    def answer(asked: _Asked) -> str:
        _check_seen(asked.saved, given.answer.value, seen_answer)
        if asked.meeting is not None:
            _write_meeting(asked, given.fields())
        else:
            _check_wanted(asked)
            _write_vote(asked, given)
        _finish(asked, is_answered=True)
        return given.answer.value

    return _ask(collection, annotator, nomination, given.idempotency_key, answer)


def withdraw_answer(
    *,
    collection: Collection,
    annotator: Annotator,
    nomination: uuid.UUID,
    idempotency_key: uuid.UUID,
    seen_answer: str | None = None,
) -> str:
    """Take an answer back and decide its nomination without it; return what is saved now.

    Its history stays. Without an answer there is nothing to do. Raises as ``take_answer``.
    """

    def withdraw(asked: _Asked) -> str:
        _check_seen(asked.saved, "", seen_answer)
        if asked.meeting is not None:
            _write_meeting(asked, {**_NOTHING_SAID, "idempotency_key": idempotency_key})
        elif asked.vote is not None:
            vote = Vote.objects.get(pk=asked.vote.pk)
            withdraw_vote(vote=vote, idempotency_key=idempotency_key)
            asked.clip.set_vote(None, instead_of=asked.vote)
            _ask_again(asked, annotator)
        else:
            return ""
        _finish(asked, is_answered=False)
        return ""

    return _ask(collection, annotator, nomination, idempotency_key, withdraw)


@transaction.atomic
def comment_answer(
    *, collection: Collection, annotator: Annotator, nomination: uuid.UUID, comment: str
) -> str:
    """Set the comment of an answer that is saved; return it.

    Raises
    ------
    NotOpen
        There is no such answer yet.
    """
    of_pair = {"annotator": annotator, "nomination__uuid": nomination}
    votes = Vote.objects.filter(nomination__collection=collection, **of_pair)
    verified = VerificationAnswer.objects.filter(page__collection=collection, **of_pair)
    n_changed = votes.update(comment=comment)
    n_changed += verified.exclude(answer="").update(comment=comment)
    if not n_changed:
        raise NotOpen(_("There is no saved answer to comment on yet; answer first."))
    return comment


@transaction.atomic
def _ask(
    collection: Collection,
    annotator: Annotator,
    nomination: uuid.UUID,
    key: uuid.UUID | None,
    act: Callable[[_Asked], str],
) -> str:
    hold_gate(collection_id=collection.pk)
    clip = hold_clip(collection=collection, uuid=nomination, annotator_id=annotator.pk, key=key)
    if clip is None or not clip.can_be_heard:
        raise NotThere(
            _("This recording is no longer part of the collection; your answer is not needed.")
        )
    asked = _asked(clip, annotator)
    if holders := clip.rows.key_holders:
        if holders == {(clip.asked.pk, annotator.pk)}:
            return asked.saved
        raise NotOpen(
            _("This answer's key belongs to another answer; reload the page and give it again.")
        )
    return act(asked)


def _asked(clip: HeldClip, annotator: Annotator) -> _Asked:
    vote, meeting, seats = clip.vote_of(annotator.pk), clip.rows.meeting, clip.rows.seats
    if meeting is not None and not meeting.is_open and (vote or clip.asked.is_askable):
        meeting = None  # it is no verification clip any more
    return _Asked(
        clip=clip,
        annotator_id=annotator.pk,
        vote=vote,
        meeting=meeting,
        seat=next((seat for seat in seats if seat.annotator_id == annotator.pk), None),
        n_leased=sum(s.annotator_id != annotator.pk and not s.is_answered for s in seats),
    )


def _check_seen(saved: str, given: str, seen: str | None) -> None:
    if seen is not None and saved not in (seen, given):
        raise AnsweredElsewhere(saved=saved, given=given)


def _check_wanted(asked: _Asked) -> None:
    """Raise unless the nomination has a seat for this person; a changed answer keeps its own."""
    if asked.vote is not None:
        return
    n_wanted = asked.clip.asked.n_wanted
    if not n_wanted:
        raise NotOpen(_("Others have settled this one meanwhile; your answer is no longer needed."))
    if not asked.clip.asked.is_askable:
        raise NotOpen(_("This one is no longer asked; your answer is not needed."))
    if asked.seat is None and asked.n_leased >= n_wanted:
        raise NotOpen(
            _("Your time for this one ran out and others have it before them; go on to the next.")
        )


def _write_vote(asked: _Asked, given: GivenVote) -> None:
    if asked.vote is not None:
        given = replace(given, is_trusted=asked.vote.is_trusted)
        change_vote(vote=Vote.objects.get(pk=asked.vote.pk), given=given)
    else:
        given = replace(given, is_trusted=_is_trusted(asked, given))
        vote = Vote(
            nomination_id=asked.clip.asked.pk,
            annotator_id=asked.annotator_id,
            page_id=asked.seat.page_id if asked.seat else None,
            **given.fields(),
        )
        asked.clip.batch.insert(vote)
    asked.clip.set_vote(
        VoteRow(
            pk=asked.vote.pk if asked.vote else _NEWEST,
            nomination_id=asked.clip.asked.pk,
            annotator_id=asked.annotator_id,
            answer=given.answer.value,
            is_trusted=given.is_trusted,
            expert_at=_LATEST if given.is_expert else "",
        ),
        instead_of=asked.vote,
    )


def _is_trusted(asked: _Asked, given: GivenVote) -> bool:
    if given.is_expert:
        return True
    if asked.seat is not None:
        return asked.seat.is_trusted
    rows = Trust.objects.filter(
        annotator=asked.annotator_id,
        collection=asked.clip.collection,
        sound_class=asked.clip.asked.sound_class_id,
    )
    return rows.values_list("is_trusted", flat=True).first() is not False


def _write_meeting(asked: _Asked, fields: dict[str, object]) -> None:
    """Set the answer to a verification clip, or take it back; the former one stays on record."""
    meeting = asked.meeting
    if meeting.answer:
        former = {"answer": meeting.answer, "key_and_time": meeting.key_and_time}
        fields["former"] = [*meeting.former, former]
    kept = {name: value for name, value in fields.items() if name not in _OF_VOTES}
    asked.clip.batch.update(VerificationAnswer, meeting.pk, kept)


def _ask_again(asked: _Asked, annotator: Annotator) -> None:
    """Have the walk look again: what this person took back can be given to them once more."""
    QueuePlace.objects.filter(
        annotator=annotator,
        collection=asked.clip.collection,
        sound_class=asked.clip.asked.sound_class_id,
    ).update(exhausted_at=None)


def _finish(asked: _Asked, *, is_answered: bool) -> None:
    """Mark the lease, keep the page, and decide; as much work for a verification clip."""
    clip, seat = asked.clip, asked.seat
    if seat is not None:
        clip.batch.update(Lease, seat.pk, {"is_answered": is_answered})
        if seat.is_due:
            whole = timedelta(seconds=clip.collection.lease_s)
            clip.batch.update(Page, seat.page_id, {"expires_at": timezone.now() + whole})
    if asked.meeting is None:
        clip.decide()
    else:
        clip.touch()
