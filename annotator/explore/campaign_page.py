"""Campaigns as those they are offered to see them, and as curators steer them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from annotator.explore.access import Onlooker
from annotator.explore.class_cards import ClassCard, Pace, class_cards
from annotator.explore.forms import CampaignForm
from datasets_app.clips.access import people_who_see
from datasets_app.clips.models import Collection
from datasets_app.domain.labels.class_goals import ClassStanding, furthest_first
from datasets_app.labels.class_standings import PlacedStanding, class_standings
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.nominations.campaigns import campaign_offers
from datasets_app.nominations.models import ClassWork
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator

MOST_SHOWN = 50
MOST_CARDS = 6
MOST_PEOPLE = 500


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign and how far its classes are towards its goal.

    ``n_decided`` counts each class's decided clips as far as the goal, ``n_wanted`` the goals.
    """

    campaign: Campaign
    day: date
    cards: list[ClassCard]
    n_classes: int
    n_decided: int
    n_wanted: int
    n_people: int

    @property
    def state(self) -> str:
        """One of: closed, planned, over, running."""
        if self.campaign.closed_at:
            return "closed"
        if self.day < self.campaign.starts_on:
            return "planned"
        return "over" if self.day > self.campaign.ends_on else "running"

    @property
    def percent(self) -> int:
        """How much of it is done, rounded down."""
        return 100 * self.n_decided // self.n_wanted if self.n_wanted else 0

    @property
    def more_classes(self) -> int:
        """Classes with open work that are not among the cards, and those without."""
        return self.n_classes - len(self.cards)


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """Campaigns that someone sees; ``classes`` and ``people`` to choose from, for curators."""

    collection: Collection
    rows: list[CampaignRow]
    may_steer: bool
    classes: list[SoundClass]
    people: list[Annotator]
    today: date
    chosen_classes: frozenset[int] = frozenset()
    chosen_people: frozenset[int] = frozenset()

    @property
    def today_iso(self) -> str:
        """Today as a field of a form takes it."""
        return self.today.isoformat()


def campaign_page(collection: Collection, person: Onlooker, form: CampaignForm) -> CampaignPage:
    """Gather the page: a bounded number of queries, whatever the number of campaigns.

    What was ticked in ``form`` stays ticked.
    """
    today = timezone.localdate()
    campaigns = visible_campaigns(collection, person, today)
    rows = campaign_rows(collection, campaigns, person.annotator, today)
    classes, people = [], []
    if person.is_curator:
        work = ClassWork.objects.filter(collection=collection, n_all__gt=0).values("sound_class")
        classes = list(SoundClass.objects.filter(pk__in=work).order_by("name"))
        of_site = Annotator.objects.filter(user__in=people_who_see(collection))
        people = list(of_site.order_by("name")[:MOST_PEOPLE])
    return CampaignPage(
        collection,
        rows,
        person.is_curator,
        classes,
        people,
        today,
        _ticked(form, "classes"),
        _ticked(form, "people"),
    )


def _ticked(form: CampaignForm, name: str) -> frozenset[int]:
    values = form.data.getlist(name) if form.is_bound else []
    return frozenset(int(v) for v in values if v.isascii() and v.isdigit())


def visible_campaigns(collection: Collection, person: Onlooker, today: date) -> list[Campaign]:
    """Return all campaigns for curators, for others those offered to them today."""
    if not person.is_curator:
        offers = campaign_offers(collection=collection, annotator=person.annotator, day=today)
        return offers.campaigns
    rows = collection.campaigns.prefetch_related("classes", "people").order_by("-pk")
    return list(rows[:MOST_SHOWN])


def campaign_rows(
    collection: Collection,
    campaigns: Iterable[Campaign],
    annotator: Annotator | None,
    today: date,
) -> list[CampaignRow]:
    """Return campaigns with their bars: at most eight queries."""
    campaigns = list(campaigns)
    ids = {c.pk for campaign in campaigns for c in campaign.classes.all()}
    placed = {
        row.class_id: row
        for row in class_standings(collections=[collection], annotator=annotator, classes=ids)
    }
    pace = Pace([collection], annotator)
    cards = {c.sound_class.pk: c for c in _cards(collection, placed, pace)}
    return [_row(campaign, placed, cards, today) for campaign in campaigns]


def _cards(
    collection: Collection, placed: dict[int, PlacedStanding], pace: Pace
) -> list[ClassCard]:
    return class_cards(list(placed.values()), collections={collection.pk: collection}, pace=pace)


def _row(
    campaign: Campaign,
    placed: dict[int, PlacedStanding],
    cards: dict[int, ClassCard],
    today: date,
) -> CampaignRow:
    classes = [c.pk for c in campaign.classes.all()]
    standings = {pk: _towards(placed[pk], campaign.goal) for pk in classes if pk in placed}
    waiting = furthest_first(standings.values())[:MOST_CARDS]
    shown = [
        ClassCard(cards[s.key].collection, cards[s.key].sound_class, s, cards[s.key].minutes)
        for s in waiting
    ]
    n_decided = sum(min(s.n_decided, campaign.goal) for s in standings.values())
    n_people = 0 if campaign.is_for_everyone else len(campaign.people.all())
    return CampaignRow(
        campaign, today, shown, len(classes), n_decided, campaign.goal * len(classes), n_people
    )


def _towards(row: PlacedStanding, goal: int) -> ClassStanding:
    s = row.standing
    return ClassStanding(row.class_id, s.name, s.n_decided, goal, s.n_open)
