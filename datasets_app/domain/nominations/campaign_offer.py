"""Which classes are offered to whom, and which are kept for others."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date

from datasets_app.domain.errors import RuleError


@dataclass(frozen=True, slots=True)
class CampaignTerms:
    """What a campaign offers: its classes, from day to day, and to whom.

    ``starts_on`` to ``ends_on`` are inclusive. ``includes_person`` says whether the person in
    question is among those invited, or everyone is.
    """

    key: Hashable
    classes: Collection[Hashable]
    starts_on: date
    ends_on: date
    is_closed: bool
    is_exclusive: bool
    includes_person: bool

    def runs_on(self, day: date) -> bool:
        """Say whether it runs on ``day``."""
        return not self.is_closed and self.starts_on <= day <= self.ends_on


def check_campaign_days(starts_on: date, ends_on: date) -> None:
    """Raise RuleError where a campaign would end before it starts.

    >>> check_campaign_days(date(2026, 5, 1), date(2026, 5, 1))
    """
    if ends_on < starts_on:
        raise RuleError(
            f"The campaign would start on {starts_on} and end on {ends_on}; "
            "give a last day that is not before the first."
        )


def offered_campaigns(campaigns: Iterable[CampaignTerms], day: date) -> list[CampaignTerms]:
    """Return the campaigns that run on ``day`` and include the person."""
    return [c for c in campaigns if c.runs_on(day) and c.includes_person]


def hidden_classes(campaigns: Iterable[CampaignTerms], day: date) -> set[Hashable]:
    """Return the classes that the person may not judge on ``day``.

    A class is kept from someone while an exclusive campaign that has it runs, unless a running
    campaign offers it to them. Before, after and once closed, a campaign keeps nothing from anyone.

    Notes
    -----
    Source: issue 4 §1, campaigns offer some classes to some people. O(campaigns x classes).

    Examples
    --------
    >>> may = (date(2026, 5, 1), date(2026, 5, 31))
    >>> def campaign(classes, *, exclusive, mine):
    ...     return CampaignTerms("c", classes, *may, False, exclusive, mine)
    >>> experts = campaign({"bark", "howl"}, exclusive=True, mine=False)
    >>> sorted(hidden_classes([experts, campaign({"bark"}, exclusive=False, mine=True)],
    ...                       date(2026, 5, 31)))
    ['howl']
    >>> hidden_classes([experts], date(2026, 6, 1))
    set()
    """
    running = [c for c in campaigns if c.runs_on(day)]
    kept = {key for c in running if c.is_exclusive for key in c.classes}
    offered = {key for c in running if c.includes_person for key in c.classes}
    return kept - offered
