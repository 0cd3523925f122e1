"""Judges a page by its verification clips, and what follows for its votes."""

from django.db.models import F

from datasets_app.clips.gate import hold_gate
from datasets_app.domain.votes.trust import Outcome, is_right, judge_page
from datasets_app.labels.held_clip import hold_clip
from datasets_app.votes.models import Vote
from datasets_app.votes.pages import Page
from datasets_app.votes.verification import Trust
from datasets_app.votes.verifying import answers_of


def judge_verifications(*, page: Page) -> Outcome:
    """Judge a page that is being closed; call it in that transaction, with the page locked.

    Passed: the annotator is trusted in the class from here on, and the page's own votes with them.
    Failed: they are not until they pass, and the page's votes count in no decision. Without a clear
    answer to a verification clip nothing changes.
    """
    answers = answers_of(page.verifications.order_by("pk"))
    outcome = judge_page(answers)
    if outcome is Outcome.OPEN:
        return outcome
    found = [is_right(known, given) for known, given in answers if given is not None]
    has_passed = outcome is Outcome.PASSED
    record = Trust.objects.filter(
        annotator=page.annotator_id, collection=page.collection_id, sound_class=page.sound_class_id
    )
    record.update(
        n_right=F("n_right") + found.count(True),
        n_wrong=F("n_wrong") + found.count(False),
        is_trusted=has_passed,
        **({"is_verified": True} if has_passed else {}),
    )
    page.has_failed = not has_passed
    page.save(update_fields=["has_failed"])
    _set_trust_of_votes(page, is_trusted=has_passed)
    return outcome


def _set_trust_of_votes(page: Page, *, is_trusted: bool) -> None:
    """Change the page's votes and decide their nominations anew, in the order of their clips."""
    hold_gate(collection_id=page.collection_id)
    votes = Vote.objects.filter(page=page, is_expert=False, is_trusted=not is_trusted)
    pairs = votes.order_by("nomination__clip", "nomination").values_list("nomination_id", "pk")
    for nomination_id, vote_id in list(pairs):
        clip = hold_clip(collection=page.collection, pk=nomination_id)
        if clip is None:
            continue
        former = next((vote for vote in clip.rows.votes if vote.pk == vote_id), None)
        if former is None:
            continue
        clip.batch.update(Vote, vote_id, {"is_trusted": is_trusted})
        clip.set_vote(former._replace(is_trusted=is_trusted), instead_of=former)
        clip.decide()
