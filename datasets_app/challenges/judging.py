"""Takes a team out of a challenge's ranking, and lets it back in."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.challenges.models import Participation
from datasets_app.challenges.opening import ChallengeRefused
from datasets_app.people.models import User

MOST_REASON_LETTERS = 500


@transaction.atomic
def disqualify_team(*, participation: Participation, reason: str, actor: User | None) -> None:
    """Take a team out of the ranking, before or after the end; the team is told the reason.

    Raises
    ------
    ChallengeRefused
        It is out already, or the reason is missing or too long.
    """
    found = Participation.objects.select_for_update().get(pk=participation.pk)
    why = " ".join(reason.split())
    if not 1 <= len(why) <= MOST_REASON_LETTERS or "\x00" in why:
        raise ChallengeRefused(_("Give a reason of 1 to 500 characters; the team will read it."))
    if found.disqualified_at is not None:
        raise ChallengeRefused(_("The team is disqualified already."))
    found.disqualified_at, found.disqualified_for = timezone.now(), why
    found.save(update_fields=["disqualified_at", "disqualified_for"])
    after = {"team": found.team, "reason": why}
    record_event(actor=actor, verb="disqualify_team", record=found, after=after)


@transaction.atomic
def readmit_team(*, participation: Participation, actor: User | None) -> None:
    """Let a disqualified team rank again.

    Raises
    ------
    ChallengeRefused
        It is not disqualified.
    """
    found = Participation.objects.select_for_update().get(pk=participation.pk)
    if found.disqualified_at is None:
        raise ChallengeRefused(_("The team is not disqualified."))
    before = {"team": found.team, "reason": found.disqualified_for}
    found.disqualified_at, found.disqualified_for = None, ""
    found.save(update_fields=["disqualified_at", "disqualified_for"])
    record_event(actor=actor, verb="readmit_team", record=found, before=before)
