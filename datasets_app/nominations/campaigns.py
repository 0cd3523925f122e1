"""Campaigns: opened and closed by curators, seen by those they are offered to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.clips.class_models import MOST_CLIPS_WANTED
from datasets_app.clips.models import Collection
from datasets_app.domain.nominations.campaign_offer import (
    CampaignTerms,
    check_campaign_days,
    hidden_classes,
    offered_campaigns,
)
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator, User

MOST_CLASSES = 1000


@transaction.atomic
def open_campaign(
    *,
    collection: Collection,
    name: str,
    classes: Iterable[SoundClass],
    starts_on: date,
    ends_on: date,
    goal: int,
    people: Iterable[Annotator] | None = None,
    is_exclusive: bool = False,
    actor: User | None = None,
) -> Campaign:
    """Offer classes to ``people`` (None: to everyone) from day to day, both included.

    Raises
    ------
    ValueError
        The name is empty, too long or taken, there is no class or nobody, a class is of another
        ontology, the days are reversed, or the goal is not 1 to ``MOST_CLIPS_WANTED``.
    """
    name, offered = name.strip(), list(classes)
    invited = None if people is None else list(people)
    _check_name(collection, name)
    _check_classes(collection, offered)
    check_campaign_days(starts_on, ends_on)
    if not 1 <= goal <= MOST_CLIPS_WANTED:
        raise ValueError(f"Received a goal of {goal:,}; give 1 to {MOST_CLIPS_WANTED:,} clips.")
    if invited == []:
        raise ValueError("The campaign is for nobody; choose people, or offer it to everyone.")
    campaign = Campaign.objects.create(
        collection=collection,
        name=name,
        starts_on=starts_on,
        ends_on=ends_on,
        goal=goal,
        is_for_everyone=invited is None,
        is_exclusive=is_exclusive,
    )
    campaign.classes.set(offered)
    campaign.people.set(invited or [])
    record_event(
        actor=actor,
        verb="open_campaign",
        record=campaign,
        after={
            "name": name,
            "classes": sorted(c.mid for c in offered),
            "people": None if invited is None else sorted(a.pk for a in invited),
            "from": starts_on.isoformat(),
            "to": ends_on.isoformat(),
            "goal": goal,
            "is_exclusive": is_exclusive,
        },
    )
    return campaign


@transaction.atomic
def close_campaign(*, campaign: Campaign, actor: User | None = None) -> None:
    """End a campaign before its last day; closing it again changes nothing."""
    locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if locked.closed_at is None:
        locked.closed_at = timezone.now()
        locked.save(update_fields=["closed_at"])
        record_event(actor=actor, verb="close_campaign", record=locked)


@dataclass(frozen=True, slots=True)
class Offers:
    """What campaigns mean for one person today: those offered, and classes kept from them."""

    campaigns: list[Campaign]
    hidden_class_ids: set[int]


def campaign_offers(*, collection: Collection, annotator: Annotator, day: date) -> Offers:
    """Return what is offered to ``annotator`` in a collection: three queries."""
    return campaign_offers_of_all([collection], annotator=annotator, day=day)[collection.pk]


def campaign_offers_of_all(
    collections: Iterable[Collection], *, annotator: Annotator, day: date
) -> dict[int, Offers]:
    """Return ``campaign_offers`` of several collections by their ids: three queries in all."""
    offers = {collection.pk: Offers([], set()) for collection in collections}
    running = list(
        Campaign.objects.filter(
            collection__in=offers, closed_at=None, starts_on__lte=day, ends_on__gte=day
        )
        .select_related("collection")
        .prefetch_related("classes")
        .order_by("ends_on", "name")
    )
    mine = set(annotator.campaigns.values_list("pk", flat=True)) if running else set()
    by_key = {campaign.pk: campaign for campaign in running}
    terms = [(c.collection_id, campaign_terms(c, includes_person=c.pk in mine)) for c in running]
    for collection_id, found in offers.items():
        own = [term for pk, term in terms if pk == collection_id]
        found.campaigns.extend(by_key[term.key] for term in offered_campaigns(own, day))
        found.hidden_class_ids.update(hidden_classes(own, day))
    return offers


def campaign_terms(campaign: Campaign, *, includes_person: bool) -> CampaignTerms:
    """Return a campaign as the rules see it; its classes are to be prefetched."""
    return CampaignTerms(
        key=campaign.pk,
        classes=frozenset(c.pk for c in campaign.classes.all()),
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        is_closed=campaign.closed_at is not None,
        is_exclusive=campaign.is_exclusive,
        includes_person=campaign.is_for_everyone or includes_person,
    )


def _check_name(collection: Collection, name: str) -> None:
    longest = Campaign._meta.get_field("name").max_length
    if not 1 <= len(name) <= longest:
        raise ValueError(f"The name has {len(name)} letters; give 1 to {longest}.")
    if collection.campaigns.filter(name=name).exists():
        raise ValueError(f"There is a campaign {name!r} already; choose another name.")


def _check_classes(collection: Collection, offered: list[SoundClass]) -> None:
    if not 1 <= len(offered) <= MOST_CLASSES:
        raise ValueError(f"The campaign has {len(offered)} classes; choose 1 to {MOST_CLASSES:,}.")
    foreign = [c.name for c in offered if c.ontology_id != collection.ontology_id]
    if foreign:
        raise ValueError(
            f"{', '.join(foreign[:5])} are of another ontology than {collection.name}; "
            "choose classes of this collection."
        )
