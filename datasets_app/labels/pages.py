"""Opens, keeps and closes pages of the queue.

A page hands up to ``PAGE_SIZE`` nominations of a class to one annotator and keeps their seats until
it is closed or expires. Some of them may be verification clips; closing the page judges it by them.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.votes.trust import hidden_positions
from datasets_app.labels.judging import judge_verifications
from datasets_app.labels.queue_rows import Row
from datasets_app.labels.walking import Walk, give_back_place
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote
from datasets_app.votes.pages import Lease, Page, QueuePlace
from datasets_app.votes.verification import Trust, VerificationAnswer
from datasets_app.votes.verifying import (
    draw_verification_clips,
    meet_verification_clips,
    trust_of,
)
from datasets_app.votes.write_batch import WriteBatch

PAGE_SIZE = 12
PAGES_AHEAD = 2
"""Pages of a class that one person has open at most: the present one and the one fetched ahead."""
SWEPT_AT_ONCE = 2
"""Expired pages of anybody that are closed whenever a page is opened."""
TRIES = 25
PAUSE_S = 0.02
"""An opening that met nothing but rows others are busy with is tried again after this pause."""


class PageGone(LookupError):
    """The page has expired or was released, or is nobody's of that name."""


@dataclass(frozen=True, slots=True)
class PageItem:
    """A nomination on a page, with its reader's answer and comment so far."""

    nomination: Nomination
    answer: str
    comment: str


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page and what stands on it, in its order."""

    page: Page
    items: list[PageItem]


def open_page(
    *,
    collection: Collection,
    sound_class: SoundClass,
    annotator: Annotator,
    is_expert: bool = False,
    after: uuid.UUID | None = None,
) -> OpenPage | None:
    """Return this person's present page of a class, or open the next; None when nothing is left.

    With ``after`` it is the page behind that one, to be fetched ahead. An open page comes back as
    it was, with its answers, until all of it is answered. Experts' pages hide no verification
    clips: their answer decides.

    Notes
    -----
    About twenty-five queries with those that close the page before; the cost grows neither with
    the queue nor with what was answered before.
    """
    pages = _close_what_is_over(collection, sound_class, annotator, keep=after)
    if found := _first_behind(pages, after):
        return OpenPage(found, _items(found))
    for attempt in range(TRIES):
        opening = _Opening(collection, sound_class, annotator, is_expert)
        found = opening.new(after)
        if found is not None or not opening.is_busy:
            return found and OpenPage(found, _items(found, is_new=opening.is_new))
        time.sleep(PAUSE_S * (attempt + 1) / TRIES)
    return None


@transaction.atomic
def renew_page(*, page: uuid.UUID, annotator: Annotator) -> Page:
    """Keep an open page's seats for another ``lease_s`` seconds.

    Raises
    ------
    PageGone
        It is not this person's, or has been closed, or has expired.
    """
    now = timezone.now()
    rows = Page.objects.select_for_update(no_key=True, of=("self",)).select_related("collection")
    found = rows.filter(uuid=page, annotator=annotator, closed_at=None, expires_at__gt=now).first()
    if found is None:
        raise PageGone(page)
    found.expires_at = now + timedelta(seconds=found.collection.lease_s)
    found.save(update_fields=["expires_at"])
    return found


def release_page(*, page: uuid.UUID, annotator: Annotator) -> bool:
    """Give the unused seats of one's page back and judge it; return whether it was open."""
    pk = Page.objects.filter(uuid=page, annotator=annotator).values_list("pk", flat=True).first()
    return pk is not None and close_page(pk=pk)


@transaction.atomic
def close_page(*, pk: int) -> bool:
    """Close a page, free its seats and judge it by its verification clips; False if it was closed.

    A page that fails leaves its votes outside every decision, and their nominations are decided
    anew.
    """
    page = Page.objects.select_for_update().filter(pk=pk, closed_at=None).first()
    if page is None:
        return False
    page.closed_at = timezone.now()
    page.save(update_fields=["closed_at"])
    unused = page.leases.filter(is_answered=False).values_list(
        "nomination_id", "nomination__priority", "nomination__shuffle", "nomination__n_wanted"
    )
    given_back = [Row(*row) for row in unused]
    page.leases.all().delete()
    if given_back:
        for place in QueuePlace.objects.select_for_update(no_key=True).filter(
            annotator=page.annotator_id,
            collection=page.collection_id,
            sound_class=page.sound_class_id,
        ):
            give_back_place(place=place, rows=given_back)
    judge_verifications(page=page)
    return True


def close_expired_pages(*, limit: int) -> int:
    """Close some pages whose time is over, the longest ago first; return how many."""
    rows = Page.objects.filter(closed_at=None, expires_at__lte=timezone.now())
    ids = list(rows.order_by("expires_at").values_list("pk", flat=True)[:limit])
    return sum(close_page(pk=pk) for pk in ids)


def _close_what_is_over(
    collection: Collection,
    sound_class: SoundClass,
    annotator: Annotator,
    *,
    keep: uuid.UUID | None,
) -> list[Page]:
    """Close this person's expired and wholly answered pages, and some expired ones of others.

    Return this person's pages that stay open, the first opened first.
    """
    close_expired_pages(limit=SWEPT_AT_ONCE)
    unanswered = Lease.objects.filter(page=OuterRef("pk"), is_answered=False)
    mine = _open_pages(annotator=annotator, collection=collection, sound_class=sound_class)
    now, left = timezone.now(), []
    for page in mine.annotate(has_work=Exists(unanswered)):
        if page.expires_at <= now or not (page.has_work or page.uuid == keep):
            close_page(pk=page.pk)
        else:
            left.append(page)
    return left


def _open_pages(**of: Any) -> QuerySet[Page]:
    return Page.objects.filter(**of, closed_at=None).order_by("pk")


def _first_behind(pages: list[Page], after: uuid.UUID | None) -> Page | None:
    """Return the first page, or with ``after`` the first behind that one."""
    before = [page.uuid for page in pages]
    start = before.index(after) + 1 if after in before else 0
    return next(iter(pages[start:]), None)


class _Opening:
    """One try to find or open a page."""

    def __init__(
        self,
        collection: Collection,
        sound_class: SoundClass,
        annotator: Annotator,
        is_expert: bool,
    ) -> None:
        self._of = {
            "annotator": annotator,
            "collection": collection,
            "sound_class": sound_class,
        }
        self._lease = timedelta(seconds=collection.lease_s)
        self._is_expert = is_expert
        self.is_busy = False
        self.is_new = False

    @transaction.atomic
    def new(self, after: uuid.UUID | None) -> Page | None:
        """Open a page, unless the same person has just done so, or has enough of them."""
        place = self._locked_place()
        pages = list(_open_pages(**self._of))
        if found := _first_behind(pages, after):
            return found
        if len(pages) >= PAGES_AHEAD:
            return None
        now = timezone.now()
        page = Page(**self._of, opened_at=now, expires_at=now + self._lease)
        rng = Random(f"{settings.SECRET_KEY}/{page.uuid}")  # noqa: S311  # nosec B311
        trust = None if self._is_expert else trust_of(**self._of)
        golds = draw_verification_clips(trust=trust, rng=rng) if trust else []
        batch = WriteBatch()
        walk = Walk(place, PAGE_SIZE - len(golds), batch)
        walk.run()
        self.is_busy = walk.is_busy
        if walk.taken:
            if trust is not None:
                page.is_trusted = trust.is_trusted
                n_pages_since = 0 if golds else trust.n_pages_since + 1
                batch.update(Trust, trust.pk, {"n_pages_since": n_pages_since, "changed_at": now})
            page.save(force_insert=True)
            _lease(page, walk.taken, [gold.nomination_id for gold in golds], rng, batch)
        batch.run()
        if not walk.taken:
            return None
        meet_verification_clips(page=page, golds=golds)
        self.is_new = True
        return page

    def _locked_place(self) -> QueuePlace:
        """Lock the person's place in the class, so that their two windows take turns."""
        places = QueuePlace.objects.select_for_update(no_key=True)
        try:
            return places.get(**self._of)
        except QueuePlace.DoesNotExist:
            QueuePlace.objects.bulk_create([QueuePlace(**self._of)], ignore_conflicts=True)
            return places.get(**self._of)


def _lease(
    page: Page, taken: Sequence[int], hidden: Sequence[int], rng: Random, batch: WriteBatch
) -> None:
    at = set(hidden_positions(len(hidden), len(taken) + len(hidden), rng=rng))
    ordinary, verifying = iter(taken), iter(hidden)
    leases = [
        Lease(
            page=page,
            annotator_id=page.annotator_id,
            nomination_id=next(verifying if position in at else ordinary),
            position=position,
        )
        for position in range(len(taken) + len(hidden))
    ]
    batch.insert(*leases)


def _items(page: Page, *, is_new: bool = False) -> list[PageItem]:
    """Read a page: three queries, one of a new one. Clips withdrawn meanwhile are left out."""
    of_page = Nomination.objects.filter(leases__page=page, clip__state=Clip.State.AVAILABLE)
    shown = list(of_page.select_related("clip").order_by("leases__position"))
    said = {} if is_new else _said(page, [nomination.pk for nomination in shown])
    return [PageItem(nomination, *said.get(nomination.pk, ("", ""))) for nomination in shown]


def _said(page: Page, ids: list[int]) -> dict[int, tuple[str, str]]:
    """Return its reader's answers and comments so far, by nomination."""
    votes = Vote.objects.filter(nomination__in=ids, annotator=page.annotator_id)
    verified = VerificationAnswer.objects.filter(page=page)
    return {
        pk: (answer, comment)
        for rows in (votes, verified)
        for pk, answer, comment in rows.values_list("nomination_id", "answer", "comment")
    }
