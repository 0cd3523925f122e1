"""What bears on an answer: the clip's nominations, locked, and then all the rest in one question.

That is votes, labels, standing words, seats, verification and known keys. Written as SQL because
nine questions of every answer become one, because the ORM has no union of unlike rows, and because
it takes longer to put such questions together than the database to answer them; the same text runs
on both databases. The rest is asked once the locks are held, so that it is what they guard.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from datasets_app.labels.settling import StandingWord

_HOLD = """
SELECT held.id, held.sound_class_id, held.n_wanted, held.is_askable, held.priority, held.clip_id,
    clip.duration_s, clip.state, clip.sha256, held.{column} = %s
FROM datasets_app_nomination AS held JOIN datasets_app_clip AS clip ON clip.id = held.clip_id
WHERE held.clip_id = (
    SELECT clip_id FROM datasets_app_nomination WHERE {column} = %s AND collection_id = %s
)
ORDER BY held.id"""
_LOCK = " FOR NO KEY UPDATE OF held"
_VOTES = """
SELECT 'vote' AS kind, id AS a, nomination_id AS b, annotator_id AS c, answer AS s,
    CASE WHEN is_trusted THEN 'trusted' ELSE '' END AS t,
    CASE WHEN is_expert THEN CAST(cast_at AS text) ELSE '' END AS u, NULL AS x
FROM datasets_app_vote WHERE nomination_id IN ({ids})"""
_LABELS = """
UNION ALL SELECT 'label', id, nomination_id, 0, state, value, reached_by, posterior
FROM datasets_app_label WHERE nomination_id IN ({ids})"""
_WORDS = """
UNION ALL SELECT 'word', id, nomination_id, 0, '', CAST(found_at AS text), '', NULL
FROM datasets_app_refinementdifference WHERE nomination_id IN ({ids})
UNION ALL SELECT 'word', id, nomination_id, 0, answer, CAST(decided_at AS text), '', NULL
FROM datasets_app_adjudication WHERE nomination_id IN ({ids}) AND withdrawn_at IS NULL"""
_SEATS = """
UNION ALL SELECT 'lease', lease.id, lease.page_id, lease.annotator_id,
    CASE WHEN lease.is_answered THEN 'answered' ELSE '' END,
    CASE WHEN page.is_trusted THEN 'trusted' ELSE '' END,
    CASE WHEN page.expires_at < %s THEN 'renew' ELSE '' END, NULL
FROM datasets_app_lease AS lease JOIN datasets_app_page AS page ON page.id = lease.page_id
WHERE lease.nomination_id = %s AND page.closed_at IS NULL AND page.expires_at > %s"""
_VERIFICATIONS = """
UNION ALL SELECT 'verification', met.id, 0, 0, met.answer, CAST(met.former AS text),
    CAST(met.idempotency_key AS text) || ' ' || CAST(met.cast_at AS text),
    CASE WHEN page.closed_at IS NULL THEN 1.0 ELSE 0.0 END
FROM datasets_app_verificationanswer AS met JOIN datasets_app_page AS page ON page.id = met.page_id
WHERE met.nomination_id = %s AND met.annotator_id = %s"""
_KEYS = """
UNION ALL SELECT 'key', 0, nomination_id, annotator_id, '', '', '', NULL
FROM datasets_app_vote WHERE idempotency_key = %s
UNION ALL SELECT 'key', 0, nomination_id, annotator_id, '', '', '', NULL
FROM datasets_app_voterevision WHERE idempotency_key = %s
UNION ALL SELECT 'key', 0, nomination_id, annotator_id, '', '', '', NULL
FROM datasets_app_voterevision WHERE replaced_by_key = %s
UNION ALL SELECT 'key', 0, nomination_id, annotator_id, '', '', '', NULL
FROM datasets_app_verificationanswer WHERE idempotency_key = %s"""
_FITS = """
UNION ALL SELECT 'fit', id, 0, 0, '', '', '', NULL
FROM datasets_app_truthfit WHERE collection_id = %s"""


class HeldNomination(NamedTuple):
    """A locked nomination of a clip, and what bears on it of the clip."""

    pk: int
    sound_class_id: int
    n_wanted: int
    is_askable: bool
    priority: float
    clip_id: int
    duration_s: float | None
    state: str
    sha256: str | None
    is_asked: bool


class VoteRow(NamedTuple):
    """A vote as far as a decision needs it; ``expert_at`` sorts experts' votes, "" for others."""

    pk: int
    nomination_id: int
    annotator_id: int
    answer: str
    is_trusted: bool
    expert_at: str = ""


class SeatRow(NamedTuple):
    """A lease of an open page."""

    pk: int
    page_id: int
    annotator_id: int
    is_answered: bool
    is_trusted: bool
    is_due: bool


class MeetingRow(NamedTuple):
    """The asking annotator's last meeting with the nomination as a verification clip."""

    pk: int
    answer: str
    former: list[dict[str, str]]
    key_and_time: str
    is_open: bool


@dataclass(slots=True)
class ClipRows:
    """The rows, by kind; ``labels`` by nomination id: state, value, reached by, posterior."""

    votes: list[VoteRow] = field(default_factory=list)
    labels: dict[int, tuple[str, str, str, float | None]] = field(default_factory=dict)
    words: list[StandingWord] = field(default_factory=list)
    seats: list[SeatRow] = field(default_factory=list)
    meeting: MeetingRow | None = None
    key_holders: set[tuple[int, int]] = field(default_factory=set)
    has_fit: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks about which nomination, under which key, and when a page is to be renewed."""

    nomination_id: int
    annotator_id: int
    key: UUID | None
    now: datetime
    renew_before: datetime


def hold_nominations(
    *, collection_id: int, pk: int | None = None, uuid: UUID | None = None
) -> list[HeldNomination]:
    """Lock all nominations of the clip that one of the collection is of, in the order of their ids.

    That one, ``is_asked``, is named by its ``pk`` or its ``uuid``. One query.
    """
    column, value = ("id", pk) if uuid is None else ("uuid", _key(uuid))
    text = _HOLD.format(column=column)
    if connection.features.has_select_for_no_key_update:
        text += _LOCK
    with connection.cursor() as cursor:
        cursor.execute(text, [value, value, collection_id])
        return [HeldNomination(*row) for row in cursor.fetchall()]


def read_clip_rows(
    *, collection_id: int, nomination_ids: list[int], asking: Asking | None = None
) -> ClipRows:
    """Read what a decision on a clip's nominations needs and, with ``asking``, an answer.

    One query; call it once the nominations are locked.
    """
    ids = ", ".join(["%s"] * len(nomination_ids))
    text = (_VOTES + _LABELS + _WORDS).format(ids=ids) + _FITS
    values: list[Any] = [*nomination_ids * 4, collection_id]
    if asking is not None:
        text += _SEATS + _VERIFICATIONS
        moments = [_moment(asking.renew_before), asking.nomination_id, _moment(asking.now)]
        values += [*moments, asking.nomination_id, asking.annotator_id]
        if asking.key is not None:
            text += _KEYS
            values += [_key(asking.key)] * 4
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return _sorted(cursor.fetchall())


def _sorted(rows: Sequence[tuple[Any, ...]]) -> ClipRows:
    found = ClipRows()
    for kind, a, b, c, s, t, u, x in rows:
        if kind == "vote":
            found.votes.append(VoteRow(a, b, c, s, bool(t), u))
        elif kind == "label":
            found.labels[b] = (s, t, u, x)
        elif kind == "word":
            found.words.append(StandingWord(b, s, t, a))
        elif kind == "lease":
            found.seats.append(SeatRow(a, b, c, bool(s), bool(t), bool(u)))
        elif kind == "verification" and (found.meeting is None or found.meeting.pk < a):
            found.meeting = MeetingRow(a, s, json.loads(t), u or "", bool(x))
        elif kind == "key":
            found.key_holders.add((b, c))
        elif kind == "fit":
            found.has_fit = True
    return found


def _moment(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def _key(key: UUID) -> str:
    return str(key) if connection.features.has_native_uuid_field else key.hex
