"""Classes as the lists of work show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from datasets_app.clips.models import Collection
from datasets_app.domain.labels.class_goals import ClassStanding
from datasets_app.domain.votes.pace import estimated_minutes, seconds_per_answer
from datasets_app.labels.class_standings import PlacedStanding
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator
from datasets_app.votes.pace_selectors import own_seconds, recent_seconds


@dataclass(frozen=True, slots=True)
class ClassCard:
    """A class in a list: its standing, the minutes it takes, and where it stands in the ontology.

    ``minutes`` is None where nobody's pace is known; ``path`` is its first path without itself.
    """

    collection: Collection
    sound_class: SoundClass
    standing: ClassStanding
    minutes: int | None
    path: tuple[SoundClass, ...] = ()
    note: str = ""

    @property
    def percent(self) -> int:
        """Share of the goal that is reached, rounded down, at most 100."""
        return int(100 * self.standing.share_reached)

    @property
    def n_shown(self) -> int:
        """Decided clips as far as the goal's bar reaches."""
        return min(self.standing.n_decided, self.standing.goal)


class Pace:
    """Seconds per answer of one person in some collections: three queries."""

    def __init__(self, collections: Iterable[Collection], annotator: Annotator | None) -> None:
        """Read the latest answers of this person and of everyone."""
        self._own = own_seconds(annotator=annotator) if annotator else []
        self._recent = recent_seconds(collections=collections)

    def minutes(self, collection_id: int, n_answers: int) -> int | None:
        """Return the minutes that so many answers will take, None without a pace."""
        each = seconds_per_answer(self._own, self._recent.get(collection_id, []))
        return estimated_minutes(n_answers, each)


def class_cards(
    placed: Sequence[PlacedStanding],
    *,
    collections: Mapping[int, Collection],
    pace: Pace,
    paths: Mapping[int, Sequence[tuple[SoundClass, ...]]] | None = None,
) -> list[ClassCard]:
    """Return cards in the order given: one query."""
    classes = SoundClass.objects.in_bulk({row.class_id for row in placed})
    return [
        ClassCard(
            collections[row.collection_id],
            classes[row.class_id],
            row.standing,
            pace.minutes(row.collection_id, row.standing.n_open),
            first_path(paths, row.class_id),
        )
        for row in placed
    ]


def first_path(
    paths: Mapping[int, Sequence[tuple[SoundClass, ...]]] | None, class_id: int
) -> tuple[SoundClass, ...]:
    """Return the shortest way down to a class, without the class itself."""
    found = (paths or {}).get(class_id)
    return found[0][:-1] if found else ()
