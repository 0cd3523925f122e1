"""One nomination and what its decision touches, locked and read in a handful of queries.

An answer decides its nomination, and by its clip's direct labels moves the priority of the clip's
others; so all of the clip's nominations are locked, in the order of their keys.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.domain.nominations.priority import validation_priority
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.labels.clip_rows import (
    Asking,
    ClipRows,
    HeldNomination,
    VoteRow,
    hold_nominations,
    read_clip_rows,
)
from datasets_app.labels.inference import infer_from
from datasets_app.labels.models import Label
from datasets_app.nominations.class_work import Delta, add_to_class_work
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import PRESENT_ANSWERS, PRESENT_VALUES
from datasets_app.votes.selectors import VoteCounts, VoteTriples
from datasets_app.votes.write_batch import WriteBatch

_COLUMN = {answer.value: column for column, answer in enumerate(ANSWERS)}
_LABEL_FIELDS = ("state", "value", "reached_by", "posterior")
_NO_LABEL = ("", "", "", None)
RENEW_BELOW = 0.75
"""An answer renews its page once less than this share of the page's time is left."""


@dataclass(slots=True)
class HeldClip:
    """A nomination (``asked``) with its clip's others, and what was read of all of them.

    What is written gathers in ``batch`` until ``decide`` or ``touch`` sends it.
    """

    collection: Collection
    asked: HeldNomination
    all: list[HeldNomination]
    rows: ClipRows
    batch: WriteBatch

    @property
    def can_be_heard(self) -> bool:
        """Whether people may be asked about the clip."""
        return self.asked.state == Clip.State.AVAILABLE and self.asked.sha256 is not None

    def vote_of(self, annotator_id: int) -> VoteRow | None:
        """Return an annotator's vote on the nomination, if there is one."""
        return next((v for v in self._own_votes() if v.annotator_id == annotator_id), None)

    def set_vote(self, vote: VoteRow | None, *, instead_of: VoteRow | None) -> None:
        """Have decisions see a vote as it is being written."""
        if instead_of is not None:
            self.rows.votes.remove(instead_of)
        if vote is not None:
            self.rows.votes.append(vote)

    def decide(self) -> None:
        """Decide the nomination from its votes and write what follows: three queries."""
        pk, votes = self.asked.pk, self._own_votes()
        row, n_wanted = self._inferred(votes)
        before = self.rows.labels.get(pk, _NO_LABEL)
        if not votes and row[0] == DecisionState.INCOMPLETE:
            Label.objects.filter(nomination=pk).delete()
            row = _NO_LABEL
        elif row != before:
            label = Label(nomination_id=pk, decided_at=timezone.now(), **_named(row))
            self.batch.insert(label, replacing=(*_LABEL_FIELDS, "decided_at"), by="nomination")
        self.rows.labels[pk] = row
        self._write_nominations(n_wanted)
        self.batch.run()
        self._count(before[0], row[0], n_wanted)

    def touch(self) -> None:
        """Ask and write as much as ``decide`` does, and change nothing of the nomination."""
        self._inferred(self._own_votes())
        self._write_nominations(self.asked.n_wanted)
        self._write_nominations(self.asked.n_wanted)
        self.batch.run()
        self._add_to_counts(Delta())

    def _own_votes(self) -> list[VoteRow]:
        return [v for v in self.rows.votes if v.nomination_id == self.asked.pk]

    def _inferred(self, votes: list[VoteRow]) -> tuple[tuple[str, str, str, float], int]:
        trusted = [v for v in votes if v.is_trusted]
        counts = np.zeros((1, len(ANSWERS)), dtype=np.int64)
        for vote in trusted:
            counts[0, _COLUMN[vote.answer]] += 1
        experts = sorted((v.expert_at, v.pk, v.answer) for v in trusted if v.expert_at)
        ids = np.array([self.asked.pk], dtype=np.int64)
        found = infer_from(
            collection=self.collection,
            votes=VoteCounts(
                ids,
                np.array([self.asked.sound_class_id]),
                counts,
                np.array([_COLUMN[experts[-1][2]] if experts else -1]),
            ),
            triples=VoteTriples(
                np.repeat(ids, len(trusted)),
                np.array([v.annotator_id for v in trusted], dtype=np.int64),
                np.array([_COLUMN[v.answer] for v in trusted], dtype=np.int64),
            ),
            words=self.rows.words,
            has_fit=self.rows.has_fit,
        )
        state, value = found.decisions.state[0], found.decisions.value[0]
        how, posterior = found.decisions.reached_by[0], float(found.posterior[0])
        row = (state.value, value.value if value else "", how.value, round(posterior, 4))
        return row, int(found.n_wanted[0])

    def _write_nominations(self, n_wanted: int) -> None:
        priorities = self._priorities()
        own = {"n_wanted": n_wanted, "priority": priorities[self.asked.pk]}
        self.batch.update(Nomination, self.asked.pk, own)
        for other in self.all:
            if other.pk != self.asked.pk and other.priority != priorities[other.pk]:
                self.batch.update(Nomination, other.pk, {"priority": priorities[other.pk]})

    def _priorities(self) -> dict[int, float]:
        present = [v.nomination_id for v in self.rows.votes if _is_present(v)]
        n_direct = sum(value in PRESENT_VALUES for _, value, _, _ in self.rows.labels.values())
        duration_s = self.asked.duration_s
        return {
            held.pk: validation_priority(
                n_present_votes=present.count(held.pk),
                duration_s=np.inf if duration_s is None else duration_s,
                n_direct_labels=n_direct,
            )
            for held in self.all
        }

    def _count(self, before: str, after: str, n_wanted: int) -> None:
        was_open = self.asked.is_askable and self.asked.n_wanted > 0
        is_open = self.asked.is_askable and n_wanted > 0
        delta = Delta(
            n_open=is_open - was_open,
            n_decided=(after == DecisionState.DECIDED) - (before == DecisionState.DECIDED),
            n_conflicted=(after == DecisionState.CONFLICTED) - (before == DecisionState.CONFLICTED),
            n_openings=int(is_open and not was_open),
        )
        self._add_to_counts(delta)

    def _add_to_counts(self, delta: Delta) -> None:
        add_to_class_work(self.collection.pk, self.asked.sound_class_id, delta)


def hold_clip(
    *,
    collection: Collection,
    pk: int | None = None,
    uuid: UUID | None = None,
    annotator_id: int = 0,
    key: UUID | None = None,
) -> HeldClip | None:
    """Lock the clip of one nomination of the collection and read it; None if there is none.

    Give its ``pk`` or its ``uuid``; ``annotator_id`` and ``key`` are of an answer to it. Two
    queries, whatever the size of the collection. Call it in a transaction that holds the
    collection's gate.
    """
    held = hold_nominations(collection_id=collection.pk, pk=pk, uuid=uuid)
    found = next((h for h in held if h.is_asked), None)
    if found is None:
        return None
    now = timezone.now()
    due = now + timedelta(seconds=RENEW_BELOW * collection.lease_s)
    read = read_clip_rows(
        collection_id=collection.pk,
        nomination_ids=[h.pk for h in held],
        asking=Asking(found.pk, annotator_id, key, now, due) if annotator_id else None,
    )
    return HeldClip(collection, found, held, read, WriteBatch())


def _named(row: tuple[str, str, str, float]) -> dict[str, Any]:
    return dict(zip(_LABEL_FIELDS, row, strict=True))


def _is_present(vote: VoteRow) -> bool:
    return vote.is_trusted and vote.answer in PRESENT_ANSWERS
