"""Campaigns: offered to some, kept from others, opened and closed by curators."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.nominations.campaigns import open_campaign
from datasets_app.people.models import User

CAMPAIGNS = reverse("campaigns", args=["yard"])
CLASSES = reverse("classes", args=["yard"])
BARK = ["yard", "/m/05tny_"]


def today():
    return timezone.localdate()


def campaign(world, *people: User, **fields) -> Campaign:
    asked = {
        "collection": world.collection,
        "name": f"Campaign {Campaign.objects.count()}",
        "classes": [world.bark],
        "starts_on": today(),
        "ends_on": today() + timedelta(days=3),
        "goal": 10,
        "people": [world.annotator_record(p) for p in people] or None,
    }
    return open_campaign(**{**asked, **fields})


def form(world, **fields) -> dict:
    asked = {
        "name": "Spring",
        "classes": [world.bark.pk],
        "starts_on": today().isoformat(),
        "ends_on": today().isoformat(),
        "goal": 20,
        "audience": "everyone",
    }
    return {**asked, **fields}


def seen_by(client, user: User, address: str) -> str:
    client.force_login(user)
    return client.get(address).content.decode()


def test_a_campaign_is_seen_by_those_it_is_offered_to(world, client):
    world.nominated_clips(1)
    ben, cleo = world.annotator("ben"), world.annotator("cleo")
    made = campaign(world, ben, name="Dogs of spring")
    for address in (CAMPAIGNS, CLASSES, reverse("home")):
        assert "Dogs of spring" in seen_by(client, ben, address), address
        assert "Dogs of spring" not in seen_by(client, cleo, address), address
    assert '0</span> of <span class="number">10</span> decided' in seen_by(client, ben, CAMPAIGNS)
    assert made.is_exclusive is False
    assert ">Bark<" in seen_by(client, cleo, CLASSES)


def test_an_exclusive_campaign_keeps_its_classes_from_others_while_it_runs(world, client):
    world.nominated_clips(1)
    ben, cleo = world.annotator("ben"), world.annotator("cleo")
    made = campaign(world, ben, is_exclusive=True)
    validate = reverse("validate", args=BARK)
    searched = f"{CLASSES}?q=bark"
    for address in (CLASSES, searched, reverse("home")):
        assert ">Bark<" in seen_by(client, ben, address).replace('<span class="class__name">', ">")
        assert ">Bark<" not in seen_by(client, cleo, address)
    assert "offered through a campaign for others" in seen_by(
        client, cleo, reverse("class", args=BARK)
    )
    assert client.get(validate).status_code == 302
    client.force_login(ben)
    assert client.get(validate).status_code == 200
    Campaign.objects.filter(pk=made.pk).update(ends_on=today() - timedelta(days=1),
                                               starts_on=today() - timedelta(days=2))  # fmt: skip
    client.force_login(cleo)
    assert client.get(validate).status_code == 200


def test_a_curator_opens_a_campaign_for_chosen_people_and_closes_it(world, client):
    world.nominated_clips(1)
    ben = world.annotator_record(world.annotator("ben"))
    client.force_login(world.curator())
    asked = form(world, audience="people", people=[ben.pk], is_exclusive="on")
    assert client.post(CAMPAIGNS, asked)["Location"] == CAMPAIGNS
    made = Campaign.objects.get()
    assert (made.name, made.goal, made.is_exclusive, made.is_for_everyone) == (
        "Spring",
        20,
        True,
        False,
    )
    assert list(made.people.all()) == [ben]
    assert "Spring" in client.get(CAMPAIGNS).content.decode()
    close = reverse("campaign-closed", args=["yard", made.uuid])
    client.post(close)
    client.post(close)
    made.refresh_from_db()
    assert made.closed_at
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["open_campaign", "close_campaign"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "required"),
        ({"goal": 0}, "greater than or equal to 1"),
        ({"classes": []}, "required"),
        ({"classes": [10**9]}, "not one of the available choices"),
        ({"ends_on": "2001-01-01"}, "not before the first"),
        ({"ends_on": "soon"}, "valid date"),
        ({"audience": "people"}, "for nobody"),
    ],
)
def test_a_wrong_campaign_is_told_and_nothing_is_kept(world, as_curator, wrong, sentence):
    world.nominated_clips(1)
    response = as_curator.post(CAMPAIGNS, form(world, **wrong))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Campaign.objects.exists()


def test_two_campaigns_of_a_collection_have_two_names(world):
    campaign(world, name="Spring")
    with pytest.raises(ValueError, match="choose another name"):
        campaign(world, name=" Spring ")


def test_only_curators_open_and_close_campaigns(world, as_annotator):
    assert as_annotator.post(CAMPAIGNS, form(world)).status_code == 403
    close = reverse("campaign-closed", args=["yard", campaign(world).uuid])
    assert as_annotator.post(close).status_code == 403


def test_nothing_offered_is_said_kindly(world, as_annotator):
    assert "Nothing is offered to you just now" in as_annotator.get(CAMPAIGNS).content.decode()


def test_the_page_asks_the_database_no_more_for_more_campaigns(world, client, count_queries):
    client.force_login(world.user("carl", User.Role.CURATOR, User.Role.ANNOTATOR))
    ben = world.annotator("ben")

    def add(n: int) -> None:
        for _ in range(n):
            sound_class = world.sound_class(f"/m/{world.n_clips}", f"Class {world.n_clips}")
            world.nominate(world.clip(), sound_class)
            campaign(world, ben, classes=[sound_class, world.bark])

    add(1)
    few = count_queries(client, CAMPAIGNS)
    add(9)
    assert count_queries(client, CAMPAIGNS) == few <= 26
