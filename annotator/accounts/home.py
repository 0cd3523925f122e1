"""What the home page shows: where to go on, what needs ears most, and one's last week."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from annotator.accounts.roles import JUDGES, has_any_role
from annotator.explore.class_cards import ClassCard, Pace, class_cards
from datasets_app.clips.access import visible_collections
from datasets_app.clips.models import Collection
from datasets_app.domain.labels.class_goals import furthest_first
from datasets_app.labels.class_standings import Place, PlacedStanding, class_standings
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.nominations.campaigns import campaign_offers_of_all
from datasets_app.people.models import Annotator, User
from datasets_app.people.services import annotator_of_user, has_role
from datasets_app.votes.models import Vote
from datasets_app.votes.pace_selectors import answers_by_day, count_answers

DAYS = 7
MOST_CLASSES = 6
MOST_CAMPAIGNS = 3
MOST_COLLECTIONS = 12


@dataclass(frozen=True, slots=True)
class DayOfAnswers:
    """One day of the last seven, and its answers as a share of the busiest day's, 0 to 100."""

    day: date
    n_answers: int
    percent: int


@dataclass(frozen=True, slots=True)
class CollectionWork:
    """A collection, and what it has for this person."""

    collection: Collection
    n_open: int
    n_classes: int


@dataclass(frozen=True, slots=True)
class HomePage:
    """All the home page needs; ``collections`` are those with most to hear, at most twelve."""

    may_judge: bool
    may_steer: bool
    resume: ClassCard | None
    cards: list[ClassCard]
    campaigns: list[Campaign]
    collections: list[CollectionWork]
    n_collections: int
    n_open: int
    n_classes: int
    n_answers: int
    week: list[DayOfAnswers]

    @property
    def n_this_week(self) -> int:
        """Answers of the last seven days."""
        return sum(day.n_answers for day in self.week)

    @property
    def has_several(self) -> bool:
        """Say whether a class has to be named with its collection."""
        return self.n_collections > 1


def home_page(user: User) -> HomePage:
    """Gather the page: at most twenty-four queries, however many collections and classes."""
    may_judge = has_any_role(user, *JUDGES)
    may_steer = has_role(user=user, role=User.Role.CURATOR)
    if not (may_judge or may_steer):
        return HomePage(False, False, None, [], [], [], 0, 0, 0, 0, [])
    seen = visible_collections(user).select_related("ontology").order_by("name")
    collections = {c.pk: c for c in seen}
    if not may_judge:
        work = _collection_work(collections, {})
        return HomePage(False, True, None, [], [], work, len(collections), 0, 0, 0, [])
    return _page_of_judge(annotator_of_user(user=user), may_steer, collections)


def _page_of_judge(
    annotator: Annotator, may_steer: bool, collections: Mapping[int, Collection]
) -> HomePage:
    today = timezone.localdate()
    offers = campaign_offers_of_all(collections.values(), annotator=annotator, day=today)
    rows = class_standings(
        collections=collections.values(),
        annotator=annotator,
        hidden={pk: offer.hidden_class_ids for pk, offer in offers.items()},
    )
    placed = {(row.collection_id, row.class_id): row for row in rows}
    resume, cards = _cards(annotator, placed, collections)
    n_open = [row.standing.n_open for row in rows if row.standing.n_open]
    campaigns = [campaign for offer in offers.values() for campaign in offer.campaigns]
    return HomePage(
        may_judge=True,
        may_steer=may_steer,
        resume=resume,
        cards=cards,
        campaigns=sorted(campaigns, key=lambda c: c.ends_on)[:MOST_CAMPAIGNS],
        collections=_collection_work(collections, placed),
        n_collections=len(collections),
        n_open=sum(n_open),
        n_classes=len(n_open),
        n_answers=count_answers(annotator=annotator),
        week=_week(annotator, today),
    )


def _cards(
    annotator: Annotator,
    placed: Mapping[Place, PlacedStanding],
    collections: Mapping[int, Collection],
) -> tuple[ClassCard | None, list[ClassCard]]:
    """Return where to go on, if there is something left, and the classes that need ears most."""
    last = _last_place(annotator)
    resumed = placed.get(last) if last else None
    if resumed is not None and not resumed.standing.n_open:
        resumed = None
    needed = furthest_first(row.standing for row in placed.values())[: MOST_CLASSES + 1]
    others = [placed[s.key] for s in needed if resumed is None or s.key != last][:MOST_CLASSES]
    shown = [resumed, *others] if resumed else others
    pace = Pace(collections.values(), annotator)
    cards = class_cards(shown, collections=collections, pace=pace)
    return (cards[0], cards[1:]) if resumed else (None, cards)


def _last_place(annotator: Annotator) -> Place | None:
    """Return the collection and class that this person judged last."""
    votes = Vote.objects.filter(annotator=annotator, task=Vote.Task.VALIDATION)
    place = ("nomination__collection_id", "nomination__sound_class_id")
    return votes.order_by("-cast_at").values_list(*place).first()


def _collection_work(
    collections: Mapping[int, Collection], placed: Mapping[Place, PlacedStanding]
) -> list[CollectionWork]:
    open_in: dict[int, list[int]] = {pk: [] for pk in collections}
    for row in placed.values():
        if row.standing.n_open:
            open_in[row.collection_id].append(row.standing.n_open)
    work = [CollectionWork(collections[pk], sum(n), len(n)) for pk, n in open_in.items()]
    return sorted(work, key=lambda w: (-w.n_open, w.collection.name))[:MOST_COLLECTIONS]


def _week(annotator: Annotator, today: date) -> list[DayOfAnswers]:
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    since = timezone.make_aware(datetime.combine(days[0], time.min))
    counts = answers_by_day(annotator=annotator, since=since)
    busiest = max(counts.values(), default=0) or 1
    return [DayOfAnswers(d, counts.get(d, 0), 100 * counts.get(d, 0) // busiest) for d in days]
