"""Who is offered which classes, and from whom they are kept."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.campaign_offer import (
    CampaignTerms,
    check_campaign_days,
    hidden_classes,
    offered_campaigns,
)

DAY = date(2026, 5, 15)


@st.composite
def campaigns(draw) -> CampaignTerms:
    starts = DAY + timedelta(days=draw(st.integers(-9, 9)))
    return CampaignTerms(
        key=draw(st.integers()),
        classes=draw(st.frozensets(st.integers(0, 6))),
        starts_on=starts,
        ends_on=starts + timedelta(days=draw(st.integers(0, 9))),
        is_closed=draw(st.booleans()),
        is_exclusive=draw(st.booleans()),
        includes_person=draw(st.booleans()),
    )


def campaign(**fields) -> CampaignTerms:
    terms = {
        "key": "c",
        "classes": {"bark"},
        "starts_on": DAY,
        "ends_on": DAY,
        "is_closed": False,
        "is_exclusive": True,
        "includes_person": False,
    }
    return CampaignTerms(**{**terms, **fields})


@given(st.lists(campaigns(), max_size=6))
def test_what_is_offered_is_never_hidden_and_what_is_hidden_is_kept_by_a_campaign(found):
    hidden = hidden_classes(found, DAY)
    offered = {key for c in offered_campaigns(found, DAY) for key in c.classes}
    assert not hidden & offered
    for key in hidden:
        assert any(c.is_exclusive and c.runs_on(DAY) and key in c.classes for c in found)


@given(st.lists(campaigns(), max_size=6))
def test_nothing_is_hidden_from_whoever_is_in_every_campaign(found):
    mine = [campaign(**{**_fields(c), "includes_person": True}) for c in found]
    assert hidden_classes(mine, DAY) == set()


def test_both_days_belong_to_a_campaign():
    week = campaign(starts_on=DAY, ends_on=DAY + timedelta(days=6))
    assert hidden_classes([week], DAY) == hidden_classes([week], week.ends_on) == {"bark"}
    assert hidden_classes([week], DAY - timedelta(days=1)) == set()
    assert hidden_classes([week], week.ends_on + timedelta(days=1)) == set()


def test_a_closed_campaign_neither_offers_nor_hides():
    closed = campaign(is_closed=True, includes_person=True)
    assert offered_campaigns([closed], DAY) == []
    assert hidden_classes([campaign(is_closed=True)], DAY) == set()


def test_a_campaign_that_ends_before_it_starts_is_refused():
    with pytest.raises(RuleError, match="not before the first"):
        check_campaign_days(DAY, DAY - timedelta(days=1))


def _fields(terms: CampaignTerms) -> dict:
    return {name: getattr(terms, name) for name in CampaignTerms.__slots__}
