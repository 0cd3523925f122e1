"""An annotator's walk through a class's queue: what they can be given next, and in which order.

The queue is one index, highest priority first. On top of it lie the nominations that this person
has answered and that still want somebody else (each such answer raises its nomination by 1,000), so
looking from the top each time would cost more with every answer. Instead a walk looks at the top
``HEAD`` rows, where what others have just raised comes up, and then goes on from where it stopped
(``QueuePlace``). At the end it begins again; once it has found nothing at all it rests until the
class's count of openings says that something came in.
"""

from dataclasses import dataclass, field

from datasets_app.labels.queue_rows import Queue, Row, count_leased_seats, lock_free_rows
from datasets_app.nominations.models import ClassWork
from datasets_app.votes.pages import QueuePlace
from datasets_app.votes.write_batch import WriteBatch

HEAD = 48
"""Rows at the top of the queue that every walk looks at."""
STRIDE = 64
"""Rows that it looks at together further on."""
_KEPT = ("priority", "shuffle", "nomination_id_before", "exhausted_at")


@dataclass(slots=True)
class Walk:
    """What one walk takes, locked; ``is_busy``: something was passed by that others are busy with.

    ``taken`` are nomination ids in the order of the queue. Where it got to is written to ``batch``.
    """

    place: QueuePlace
    n: int
    batch: WriteBatch
    taken: list[int] = field(default_factory=list)
    is_busy: bool = False
    has_leased: bool = False
    _seen: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Take up to ``n`` nominations; call it in a transaction, with the place locked."""
        n_openings = self._n_openings()
        if self.place.exhausted_at is not None and self.place.exhausted_at == n_openings:
            return
        reached = self._go_through()
        is_over = not self.taken and not self.is_busy and not self.has_leased
        self.place.exhausted_at = n_openings if is_over else None
        _set_place(self.place, reached)
        self.batch.update(
            QueuePlace, self.place.pk, {name: getattr(self.place, name) for name in _KEPT}
        )

    def _n_openings(self) -> int:
        rows = ClassWork.objects.filter(
            collection=self.place.collection_id, sound_class=self.place.sound_class_id
        )
        return rows.values_list("n_openings", flat=True).first() or 0

    def _go_through(self) -> Row | None:
        """Take what there is; return the last row taken further on, None at the queue's end."""
        head = self._queue.first(HEAD)
        self._take(head)
        if len(head) < HEAD:
            return None
        stored = _row_of(self.place)
        behind = max(head[-1], stored, key=_place) if stored else head[-1]
        if self._is_full:
            return behind
        reached = self._go_on(behind)
        if not self.taken and behind is not head[-1]:
            reached = self._go_on(head[-1])
        return reached

    def _go_on(self, behind: Row) -> Row | None:
        while stride := self._queue.behind(behind, STRIDE):
            last = self._take(stride)
            if self._is_full:
                return last
            behind = stride[-1]
        return None

    @property
    def _is_full(self) -> bool:
        return len(self.taken) >= self.n

    @property
    def _queue(self) -> Queue:
        return Queue(self.place.collection_id, self.place.sound_class_id, self.place.annotator_id)

    def _take(self, rows: list[Row]) -> Row | None:
        """Lock and take what is free of these rows; return the last one taken."""
        free = self._free([row for row in rows if row.pk not in self._seen])
        last = None
        while free and not self._is_full:
            need = self.n - len(self.taken)
            some, free = free[:need], free[need:]
            locked = lock_free_rows([row.pk for row in some])
            self.is_busy |= len(locked) < len(some)
            leased = count_leased_seats(list(locked))
            for row in some:
                if row.pk in locked and locked[row.pk] > leased.get(row.pk, 0):
                    self.taken.append(row.pk)
                    self._seen.add(row.pk)
                    last = row
                elif row.pk in locked:
                    self.has_leased = True
        return last

    def _free(self, rows: list[Row]) -> list[Row]:
        """Leave out what this person has answered or has before them, and what is taken."""
        others = [row for row in rows if not row.is_theirs]
        self.has_leased |= any(row.n_leased for row in others)
        return [row for row in others if row.n_leased < row.n_wanted]


def give_back_place(*, place: QueuePlace, rows: list[Row]) -> None:
    """Have the walk go on before the first of these rows, which this person can be given again."""
    place.exhausted_at = None
    stored = _row_of(place)
    first = min(rows, key=_place, default=None)
    if first is not None and stored is not None and _place(first) < _place(stored):
        _set_place(place, first._replace(pk=first.pk - 1))
    place.save(update_fields=_KEPT)


def _place(row: Row) -> tuple[float, float, int]:
    return row.place


def _row_of(place: QueuePlace) -> Row | None:
    if place.priority is None:
        return None
    return Row(place.nomination_id_before, place.priority, place.shuffle, 0)


def _set_place(place: QueuePlace, row: Row | None) -> None:
    place.priority = row.priority if row else None
    place.shuffle = row.shuffle if row else None
    place.nomination_id_before = row.pk if row else None
