"""Finding work in one collection: what is furthest from its goal, by ontology, easy, by search."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotator.explore.class_cards import ClassCard, Pace, class_cards
from datasets_app.clips.models import Collection
from datasets_app.domain.labels.class_goals import ClassStanding, furthest_first
from datasets_app.domain.ontology.class_search import MatchedIn
from datasets_app.domain.ontology.descendant_totals import descendant_totals
from datasets_app.labels.class_standings import PlacedStanding, class_standings, easy_class_ids
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.nominations.campaigns import Offers, campaign_offers
from datasets_app.ontology.models import SoundClass
from datasets_app.ontology.selectors import child_classes, class_paths, closure_pairs, find_classes
from datasets_app.people.models import Annotator

PAGE_SIZE = 40
EASY_KEPT_S = 600


class View(StrEnum):
    """How the classes are shown."""

    NEEDED = "needed"
    TREE = "tree"
    EASY = "easy"


class Sort(StrEnum):
    """In which order a list is."""

    FURTHEST = "furthest"
    NEAREST = "nearest"
    MOST = "most"
    NAME = "name"


VIEW_NAMES: dict[View, Promise] = {
    View.NEEDED: _("Needed most"),
    View.TREE: _("By ontology"),
    View.EASY: _("Good to begin with"),
}
SORT_NAMES: dict[Sort, Promise] = {
    Sort.FURTHEST: _("furthest from the goal"),
    Sort.NEAREST: _("nearest to the goal"),
    Sort.MOST: _("most to hear"),
    Sort.NAME: _("name"),
}
_ORDERS: dict[Sort, Callable[[ClassStanding], tuple]] = {
    Sort.NEAREST: lambda s: (s.share_reached >= 1, -s.share_reached, s.name),
    Sort.MOST: lambda s: (-s.n_open, s.name),
    Sort.NAME: lambda s: (s.name.casefold(),),
}
MATCHED_IN: dict[MatchedIn, Promise] = {
    MatchedIn.SYNONYM: _("found in its keywords"),
    MatchedIn.DESCRIPTION: _("found in its description"),
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A class as a branch of the tree; ``n_open`` counts it and all below it, each once."""

    sound_class: SoundClass
    standing: ClassStanding | None
    n_open: int
    has_children: bool


@dataclass(frozen=True, slots=True)
class Place:
    """What the pages of finding work know of a collection and a person; read once a request."""

    collection: Collection
    annotator: Annotator | None
    offers: Offers
    standings: dict[int, PlacedStanding] = field(repr=False)

    @property
    def n_open(self) -> int:
        """Recordings still to be heard, counted once per class."""
        return sum(row.standing.n_open for row in self.standings.values())

    @property
    def campaigns(self) -> list[Campaign]:
        """The campaigns offered to this person today."""
        return self.offers.campaigns

    def list_of(self, standings: list[ClassStanding]) -> list[PlacedStanding]:
        """Return the rows of standings, in their order."""
        return [self.standings[s.key[1]] for s in standings]


def read_place(collection: Collection, annotator: Annotator | None) -> Place:
    """Read how far the classes are for one person: six queries."""
    offers = Offers([], set())
    if annotator is not None:
        day = timezone.localdate()
        offers = campaign_offers(collection=collection, annotator=annotator, day=day)
    rows = class_standings(
        collections=[collection],
        annotator=annotator,
        hidden={collection.pk: offers.hidden_class_ids},
    )
    return Place(collection, annotator, offers, {row.class_id: row for row in rows})


def needed_page(place: Place, *, sort: Sort, number: object) -> Page:
    """Return one page of the classes that have open work, in the order wanted, as cards."""
    return _cards_page(place, _sorted(place, sort, set(place.standings)), number)


def easy_page(place: Place, *, sort: Sort, number: object) -> Page:
    """Return one page of the classes that suit a beginner, as cards."""
    key = f"harken.easy.{place.collection.uuid}"
    easy = cache.get(key)
    if easy is None:
        rows = class_standings(collections=[place.collection])
        easy = easy_class_ids(collection=place.collection, standings=rows)
        cache.set(key, easy, EASY_KEPT_S)
    return _cards_page(place, _sorted(place, sort, easy), number)


def found_cards(place: Place, query: str) -> list[ClassCard]:
    """Return the classes that a text finds, best first, also those without open work."""
    found = find_classes(ontology=place.collection.ontology, query=query)
    visible = [f for f in found if f.sound_class.pk not in place.offers.hidden_class_ids]
    paths = class_paths(sound_classes=[f.sound_class for f in visible])
    pace = Pace([place.collection], place.annotator)
    return [
        ClassCard(
            place.collection,
            f.sound_class,
            standing := _standing(place, f.sound_class),
            pace.minutes(place.collection.pk, standing.n_open),
            paths[f.sound_class.pk][0][:-1],
            str(MATCHED_IN.get(f.matched_in, "")),
        )
        for f in visible
    ]


def branches(place: Place, parent: SoundClass | None) -> list[Branch]:
    """Return the branches below a class, or the roots: three queries."""
    children = child_classes(ontology=place.collection.ontology, parent=parent)
    pairs = closure_pairs(ontology=place.collection.ontology)
    own = {pk: row.standing.n_open for pk, row in place.standings.items()}
    totals = descendant_totals(own, pairs, [c.pk for c in children])
    with_children = {ancestor for ancestor, _ in pairs}
    return [
        Branch(
            c,
            place.standings[c.pk].standing if c.pk in place.standings else None,
            totals[c.pk],
            c.pk in with_children,
        )
        for c in children
        if c.pk not in place.offers.hidden_class_ids or c.pk in with_children
    ]


def _sorted(place: Place, sort: Sort, wanted: set[int]) -> list[ClassStanding]:
    waiting = furthest_first(row.standing for pk, row in place.standings.items() if pk in wanted)
    return sorted(waiting, key=_ORDERS[sort]) if sort in _ORDERS else waiting


def _cards_page(place: Place, standings: list[ClassStanding], number: object) -> Page:
    page = Paginator(standings, PAGE_SIZE).get_page(number)
    rows = place.list_of(list(page.object_list))
    classes = SoundClass.objects.in_bulk([row.class_id for row in rows])
    page.object_list = class_cards(
        rows,
        collections={place.collection.pk: place.collection},
        pace=Pace([place.collection], place.annotator),
        paths=class_paths(sound_classes=classes.values()),
    )
    return page


def _standing(place: Place, sound_class: SoundClass) -> ClassStanding:
    row = place.standings.get(sound_class.pk)
    if row is not None:
        return row.standing
    return ClassStanding(sound_class.pk, sound_class.name, 0, place.collection.class_goal, 0)
