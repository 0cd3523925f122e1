"""Walks a collection's nominations by (class, id): one index, in strides of bounded length.

Lists of nominations, of labels and of votes all go this way. What is filtered beyond class and clip
is filtered within a stride, so that no page costs more than its stride, however little fits.

What fits is found by keys alone, put in order here, and only the records of the page itself are
read: joins in a given order over a whole stride took PostgreSQL a second of nested loops.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from datasets_app.api.rights import is_blind, judging_annotator
from datasets_app.clips.models import Clip
from datasets_app.labels.blindness import is_withheld
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import User
from datasets_app.votes.models import Vote
from datasets_app.votes.pages import Lease
from datasets_app.votes.verification import GoldAnswer, VerificationAnswer

WINDOW = 500
"""Nominations that one page looks through at most."""
Step = tuple[int, int]
"""The class and the id of a nomination."""


def walk_nominations(
    *,
    collection_id: int,
    sound_class_id: int | None = None,
    clip: Clip | None = None,
    after: Step | None = None,
    most: int = WINDOW,
) -> list[Step]:
    """Return the next ``most`` nominations behind ``after``: one query, or two at a class's end."""
    rows = Nomination.objects.filter(collection=collection_id)
    if clip is not None:
        rows = Nomination.objects.filter(clip=clip)
    if sound_class_id is not None:
        rows = rows.filter(sound_class=sound_class_id)
    if after is None:
        return _steps(rows, most)
    of_class, pk = after
    found = _steps(rows.filter(sound_class=of_class, pk__gt=pk), most)
    if len(found) < most and sound_class_id is None:
        found += _steps(rows.filter(sound_class__gt=of_class), most - len(found))
    return found


def _steps(rows: QuerySet[Nomination], most: int) -> list[Step]:
    return list(rows.order_by("sound_class_id", "pk").values_list("sound_class_id", "pk")[:most])


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may know of some nominations.

    ``answers`` are their own, by id; ``given`` are those that stand on a page of theirs.
    """

    is_blind: bool
    answers: dict[int, str] = field(default_factory=dict)
    given: frozenset[int] = frozenset()
    secret: frozenset[int] = frozenset()

    def knows(self, pk: int) -> bool:
        """Say whether a nomination was ever put before them, as far as they can tell."""
        return not self.is_blind or pk in self.answers or pk in self.given

    def is_withheld(self, pk: int, n_wanted: int) -> bool:
        """Say whether the decision of a nomination is kept from them.

        A program could ask for the label of each answer it has just given and learn which of them
        never get one: the verification clips, while its page is still open. So what somebody has
        met they are told nothing of, whatever became of it.
        """
        return self.is_blind and (
            self.knows(pk)
            or is_withheld(n_wanted=n_wanted, is_verification=pk in self.secret, has_answered=False)
        )


def sight_of(user: User, ids: Iterable[int]) -> Sight:
    """Return what ``user`` may know of nominations: four queries at most, whatever they are."""
    pks, annotator = list(ids), judging_annotator(user)
    blind = is_blind(user)
    gold = GoldAnswer.objects.filter(nomination__in=pks, is_active=True)
    secret = frozenset(gold.values_list("nomination_id", flat=True)) if blind else frozenset()
    if annotator is None:
        return Sight(blind, secret=secret)
    of_ids = {"annotator": annotator, "nomination__in": pks}
    verified = VerificationAnswer.objects.filter(**of_ids).exclude(answer="").order_by("pk")
    votes = Vote.objects.filter(**of_ids)
    answers = {
        pk: answer
        for rows in (verified, votes)
        for pk, answer in rows.values_list("nomination_id", "answer")
    }
    leases = Lease.objects.filter(**of_ids).values_list("nomination_id", flat=True)
    return Sight(blind, answers, frozenset(leases), secret)
