"""The rows of a class's queue as one walk asks for them: which come next, whose they are, locks.

Written as SQL because three questions of every stride become one, and because it takes longer to
put such questions together than the database to answer them; the same text runs on both databases.
Votes and leases are counted, not joined: so each row costs a look into an index or two, however
much a person has answered and whatever the planner believes of that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from datasets_app.clips.models import Clip

_ROWS = """
SELECT id, priority, shuffle, n_wanted,
    (SELECT COUNT(*) FROM datasets_app_vote AS vote
     WHERE vote.nomination_id = queue.id AND vote.annotator_id = %s)
    + (SELECT COUNT(*) FROM datasets_app_lease AS lease
     JOIN datasets_app_page AS page ON page.id = lease.page_id
     WHERE lease.nomination_id = queue.id AND lease.annotator_id = %s AND page.closed_at IS NULL),
    (SELECT COUNT(*) FROM datasets_app_lease AS lease
     JOIN datasets_app_page AS page ON page.id = lease.page_id
     WHERE lease.nomination_id = queue.id AND NOT lease.is_answered
     AND page.closed_at IS NULL AND page.expires_at > %s)
FROM (
    SELECT id, priority, shuffle, n_wanted FROM datasets_app_nomination
    WHERE collection_id = %s AND sound_class_id = %s AND is_open{part}
    ORDER BY priority DESC, shuffle, id LIMIT %s
) AS queue
ORDER BY priority DESC, shuffle, id"""
_SAME_PRIORITY = " AND priority = %s AND (shuffle, id) > (%s, %s)"
_LOWER_PRIORITY = " AND priority < %s"
_HOLD = """
SELECT held.id, held.n_wanted FROM datasets_app_nomination AS held
JOIN datasets_app_clip AS clip ON clip.id = held.clip_id
WHERE held.id IN ({ids}) AND held.is_open AND clip.state = %s"""
_LOCK = " FOR NO KEY UPDATE OF held SKIP LOCKED"
_LEASED = """
SELECT lease.nomination_id, COUNT(*) FROM datasets_app_lease AS lease
JOIN datasets_app_page AS page ON page.id = lease.page_id
WHERE lease.nomination_id IN ({ids}) AND NOT lease.is_answered
    AND page.closed_at IS NULL AND page.expires_at > %s
GROUP BY lease.nomination_id"""


class Row(NamedTuple):
    """A nomination in its place in the queue.

    ``is_theirs``: the walking person has answered it or has it before them; ``n_leased`` seats are
    taken by anybody's live leases.
    """

    pk: int
    priority: float
    shuffle: float
    n_wanted: int
    is_theirs: bool = False
    n_leased: int = 0

    @property
    def place(self) -> tuple[float, float, int]:
        """Ascending in the order of the queue."""
        return -self.priority, self.shuffle, self.pk


@dataclass(frozen=True, slots=True)
class Queue:
    """What is open of a class, highest priority first, as one person sees it."""

    collection_id: int
    class_id: int
    annotator_id: int

    def first(self, n: int) -> list[Row]:
        """Return the top ``n`` rows."""
        return self._rows("", [], n)

    def behind(self, row: Row, n: int) -> list[Row]:
        """Return ``n`` rows behind another: two ranges of the index, never read from the top."""
        found = self._rows(_SAME_PRIORITY, [row.priority, row.shuffle, row.pk], n)
        if len(found) < n:
            found += self._rows(_LOWER_PRIORITY, [row.priority], n - len(found))
        return found

    def _rows(self, part: str, values: list[Any], n: int) -> list[Row]:
        of_person = [self.annotator_id, self.annotator_id, _now()]
        of_queue = [self.collection_id, self.class_id, *values, n]
        found = _fetch(_ROWS.format(part=part), [*of_person, *of_queue])
        return [Row(*row[:4], bool(row[4]), row[5]) for row in found]


def lock_free_rows(ids: Sequence[int]) -> dict[int, int]:
    """Lock those that are still in the queue and that nobody holds; return ``n_wanted`` by id."""
    text = _HOLD.format(ids=_marks(ids))
    if connection.features.has_select_for_update_skip_locked:
        text += _LOCK
    return dict(_fetch(text, [*ids, Clip.State.AVAILABLE.value]))


def count_leased_seats(ids: Sequence[int]) -> dict[int, int]:
    """Return the seats that live leases take, by nomination; ask once the nominations are held."""
    return dict(_fetch(_LEASED.format(ids=_marks(ids)), [*ids, _now()])) if ids else {}


def _marks(ids: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(ids))


def _now() -> Any:
    return connection.ops.adapt_datetimefield_value(timezone.now())


def _fetch(text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall()
