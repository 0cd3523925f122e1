"""Takes predictions in: who may, whether the file can be scored, what it is worth, what counts."""

from collections.abc import Collection
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.challenges.eval_truth import expected_of, load_truth
from datasets_app.challenges.kept_files import KeptFile, kept_file
from datasets_app.challenges.models import Challenge, Participation, Submission
from datasets_app.challenges.opening import is_challenge_open
from datasets_app.clips.access import visible_collections
from datasets_app.domain.challenges.entry_rules import (
    MOST_CHOSEN,
    Sent,
    best_in_public,
    counting,
    day_of,
    final_of,
    submissions_left,
)
from datasets_app.domain.challenges.scoring import Worth, worth_of
from datasets_app.domain.challenges.submission_format import ReadPredictions, read_submission
from datasets_app.domain.challenges.team_name import team_name
from datasets_app.people.models import User

MOST_NOTE_LETTERS = 200


class SubmissionRefused(ValueError):
    """The submission may not be taken, or the choice not be made; the sentence says why."""


def check_user_can_take_part(*, user: User, challenge: Challenge) -> None:
    """Raise unless ``user`` may see the challenge's collection.

    Raises
    ------
    SubmissionRefused
        They may not.
    """
    if not visible_collections(user).filter(pk=challenge.release.collection_id).exists():
        raise SubmissionRefused(_("This challenge is for those who may see its collection."))


def submit_predictions(
    *,
    challenge: Challenge,
    user: User,
    handle: BinaryIO,
    team: str = "",
    note: str = "",
    now: datetime | None = None,
) -> Submission:
    """Check, score and keep a csv of predictions; the first one makes the person take part.

    A file that fails the format check is not kept and does not count against the daily limit.

    Parameters
    ----------
    handle
        The csv, as ``submission_format`` describes it, open for reading bytes.
    team
        Needed with the first submission; later it renames the team, or leaves the name if empty.
    note
        The team's own, shown to nobody else.
    now
        When it arrived: this instant decides about deadline and day.

    Raises
    ------
    SubmissionRefused
        Not theirs to enter, too late, disqualified, or today's submissions are used up.
    SubmissionMalformed
        With the place of up to 20 problems.
    RuleError
        The team's name cannot be shown.

    Notes
    -----
    Cost: 4,500 clips of 80 classes take up to 0.8 s, 10,000 of 200 up to 3 s (one core).
    """
    now = now or timezone.now()
    challenge.refresh_from_db()
    check_user_can_take_part(user=user, challenge=challenge)
    note = " ".join(note.split())
    if len(note) > MOST_NOTE_LETTERS or "\x00" in note:
        raise SubmissionRefused(_("Write a note of 200 characters or fewer."))
    found = Participation.objects.filter(challenge=challenge, user=user).first()
    _check_is_taken(challenge, found, now)
    name = _team_wanted(team, found)
    with kept_file(challenge, handle) as kept:
        read = read_submission(kept, expected_of(challenge))
        worth = _worth(challenge, read)
        with transaction.atomic():
            mine = _join(challenge, user, name, now)
            submission = _record(mine, kept, worth, note, now)
            kept.keep(submission.uuid)
    return submission


@transaction.atomic
def choose_submissions(
    *, participation: Participation, chosen: Collection[UUID], now: datetime | None = None
) -> None:
    """Say which of a team's submissions count in the end; none for the two best in public.

    Raises
    ------
    SubmissionRefused
        More than two, another's, or the challenge has ended.
    """
    now = now or timezone.now()
    mine = Participation.objects.select_for_update().get(pk=participation.pk)
    if not is_challenge_open(mine.challenge, now=now):
        raise SubmissionRefused(_("The challenge has ended; the choice stands as it is."))
    wanted = set(chosen)
    if len(wanted) > MOST_CHOSEN:
        raise SubmissionRefused(
            _("Received %(n)d submissions; choose two at most.") % {"n": len(wanted)}
        )
    found = mine.submissions.filter(uuid__in=wanted)
    if found.count() != len(wanted):
        raise SubmissionRefused(_("One of the submissions is not your team's; choose your own."))
    mine.submissions.filter(is_chosen=True).exclude(uuid__in=wanted).update(is_chosen=False)
    found.update(is_chosen=True)
    _settle(mine)
    numbers = sorted(mine.submissions.filter(is_chosen=True).values_list("number", flat=True))
    record_event(actor=mine.user, verb="choose_submissions", record=mine, after={"chosen": numbers})


def left_today(participation: Participation | None, challenge: Challenge, now: datetime) -> int:
    """Return how many submissions a team may still send on this UTC day."""
    n_today = 0
    if participation is not None:
        start, end = day_of(now)
        today = participation.submissions.filter(submitted_at__gte=start, submitted_at__lt=end)
        n_today = today.count()
    return submissions_left(n_today, daily_limit=challenge.daily_limit)


def _check_is_taken(challenge: Challenge, mine: Participation | None, now: datetime) -> None:
    if now < challenge.opened_at or not is_challenge_open(challenge, now=now):
        raise SubmissionRefused(
            _("Submissions were taken until %(when)s UTC; the challenge has ended.")
            % {"when": f"{challenge.ends_at:%Y-%m-%d %H:%M}"}
        )
    if mine is not None and mine.disqualified_at is not None:
        raise SubmissionRefused(
            _("Your team was disqualified: %(why)s") % {"why": mine.disqualified_for}
        )
    if left_today(mine, challenge, now) == 0:
        raise SubmissionRefused(
            _("Your team has sent its %(n)d submissions of today; the next day begins at %(at)s.")
            % {"n": challenge.daily_limit, "at": f"{day_of(now)[1]:%Y-%m-%d %H:%M} UTC"}
        )


def _team_wanted(team: str, mine: Participation | None) -> tuple[str, str]:
    if not team.strip() and mine is not None:
        return mine.team, mine.team_key
    return team_name(team)


def _worth(challenge: Challenge, read: ReadPredictions) -> tuple[Worth, Worth]:
    truth = load_truth(challenge)
    public, private = (
        worth_of(
            truth.predictions(read.scores, public=side),
            main=challenge.metric,
            names_only=read.names_only,
            seed=challenge.seed,
        )
        for side in (True, False)
    )
    return public, private


def _join(challenge: Challenge, user: User, name: tuple[str, str], now: datetime) -> Participation:
    """Lock the person's part in the challenge, make it if new, and ask again what may have changed.

    The challenge is locked first, so that no submission slips past its end and no name is given to
    two teams.
    """
    locked = Challenge.objects.select_for_update().get(pk=challenge.pk)
    team, key = name
    namesakes = Participation.objects.filter(challenge=locked, team_key=key).exclude(user=user)
    if namesakes.exists():
        raise SubmissionRefused(_("Another team has this name, or one that looks like it."))
    mine = Participation.objects.select_for_update().filter(challenge=locked, user=user).first()
    _check_is_taken(locked, mine, now)
    if mine is None:
        return Participation.objects.create(challenge=locked, user=user, team=team, team_key=key)
    if mine.team != team:
        mine.team, mine.team_key = team, key
        mine.save(update_fields=["team", "team_key"])
    return mine


def _record(
    mine: Participation, kept: KeptFile, worth: tuple[Worth, Worth], note: str, now: datetime
) -> Submission:
    public, private = worth
    submission = Submission.objects.create(
        participation=mine,
        number=mine.submissions.count() + 1,
        submitted_at=now,
        note=note,
        sha256=kept.sha256,
        n_bytes=kept.n_bytes,
        public_score=public.score,
        public_low=public.low,
        public_high=public.high,
        public=dict(public.values),
        private_score=private.score,
        private_low=private.low,
        private_high=private.high,
        private=dict(private.values),
    )
    _settle(mine)
    after = {"team": mine.team, "number": submission.number, "sha256": kept.sha256}
    record_event(actor=mine.user, verb="submit_predictions", record=submission, after=after)
    return submission


def _settle(mine: Participation) -> None:
    """Write down what counts, what leads in public, and what will rank in the end."""
    columns = ("number", "public_score", "private_score", "is_chosen")
    sent = [Sent(*row) for row in mine.submissions.order_by("number").values_list(*columns)]
    counts = [one.number for one in counting(sent)]
    mine.submissions.filter(number__in=counts).update(counts=True)
    mine.submissions.exclude(number__in=counts).update(counts=False)
    best, final = best_in_public(sent), final_of(sent)
    mine.best = mine.submissions.get(number=best.number) if best else None
    mine.final = mine.submissions.get(number=final.number) if final else None
    mine.save(update_fields=["best", "final"])
