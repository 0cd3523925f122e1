"""Whether an answer may be given, and giving it."""

from annotator.tasks.forms import GivenAnswer
from datasets_app.clips.models import Clip, Collection
from datasets_app.labels.services import record_answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote

NOT_HERE = "This recording is no longer part of the collection; your answer is not needed."
DECIDED = "Others have settled this one meanwhile; your answer is no longer needed."
KEY_IN_USE = "This answer's key belongs to another answer; reload the page and give it again."


class NotThere(LookupError):
    """There is no such nomination for this person; the message is for them."""


class NotOpen(RuntimeError):
    """The nomination asks this person nothing; the message is for them."""


def give_answer(
    *, collection: Collection, annotator: Annotator, given: GivenAnswer, is_expert: bool
) -> Vote:
    """Record an answer to a nomination that is open to ``annotator`` or was answered by them.

    Raises
    ------
    NotThere
        The nomination is unknown, of another collection, or its clip is withdrawn or has no
        recording.
    NotOpen
        It was decided without this person, or the key was used for another answer.
    """
    nomination = _answerable(collection, annotator, given)
    vote = record_answer(
        nomination=nomination,
        annotator=annotator,
        answer=given.answer,
        heard_fraction=given.heard_fraction,
        seconds_taken=given.seconds_taken,
        is_expert=is_expert,
        idempotency_key=given.idempotency_key,
    )
    if (vote.nomination_id, vote.annotator_id) != (nomination.pk, annotator.pk):
        raise NotOpen(KEY_IN_USE)
    return vote


def _answerable(collection: Collection, annotator: Annotator, given: GivenAnswer) -> Nomination:
    nomination = (
        Nomination.objects.select_related("clip__collection")
        .filter(uuid=given.nomination, clip__collection=collection)
        .filter(clip__state=Clip.State.AVAILABLE, clip__sha256__isnull=False)
        .first()
    )
    if nomination is None:
        raise NotThere(NOT_HERE)
    if not nomination.n_wanted and not nomination.votes.filter(annotator=annotator).exists():
        raise NotOpen(DECIDED)
    return nomination
