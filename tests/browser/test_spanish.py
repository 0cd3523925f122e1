"""In Spanish the pages play, draw and answer as they do in English."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.refinement.models import RefinementSettings
from datasets_app.labels.services import record_answer
from datasets_app.people.models import User
from datasets_app.votes.models import Vote

pytestmark = pytest.mark.browser
SPANISH = {"viewport": {"width": 1440, "height": 900}, "locale": "es-ES"}
FOR_MACHINES = [
    "value",
    "max",
    "min",
    "x",
    "y",
    "width",
    "height",
    "cx",
    "cy",
    "r",
    "aria-valuenow",
]
DECIMAL_COMMAS = """(names) => [...document.querySelectorAll("main *")].flatMap((element) =>
  [...element.attributes].filter(({ name, value }) =>
    names.includes(name) && !element.closest("[data-figure]") && /^-?\\d+,\\d+$/.test(value)
  ).map(({ name, value }) => `${element.tagName} ${name}=${value}`))"""


@pytest.fixture
def everyone(world) -> User:
    """A person of every role, in a collection that has recordings, an answer and a goal."""
    RefinementSettings.objects.create(collection=world.collection, side="all")
    made = [world.nominate(world.sounding_clip(seconds=1.5)) for _ in range(3)]
    person = world.annotator_record(world.annotator())
    record_answer(nomination=made[0], annotator=person, answer=Answer.PP)
    return world.user("ada", *User.Role)


def test_a_recording_is_heard_and_answered_by_keys(world, visit, everyone):
    visitor = visit(**SPANISH)
    visitor.sign_in("ada")
    page = visitor.open_validation()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator(".clip.is-active")).to_have_attribute(
        "aria-label", re.compile(r"^Grabación 1 de 3, 1,5 segundos")
    )
    expect(page.locator("[data-does=toggle] kbd").first).to_have_text("espacio")
    position = page.locator(".clip.is-active [role=slider]").first
    expect(position).to_have_attribute("aria-valuemax", "1.5")
    page.keyboard.press("1")
    expect(page.locator(".clip").first).to_contain_text("guardada")
    assert Vote.objects.filter(annotator__user=everyone).count() == 1
    assert page.evaluate(DECIMAL_COMMAS, FOR_MACHINES) == []
    assert visitor.complaints == []


def test_every_page_is_drawn_and_fits_a_phone(world, visit, everyone):
    visitor = visit(viewport={"width": 390, "height": 844}, locale="es-ES", has_touch=True)
    visitor.sign_in("ada")
    page = visitor.page
    yard, bark = "yard", world.bark.mid
    clip = world.collection.clips.last()
    for name, args in (
        ("home", []),
        ("class", [yard, bark]),
        ("classes", [yard]),
        ("board", [yard]),
        ("collection", [yard]),
        ("refine", [yard]),
        ("clip", [clip.uuid]),
        ("runs", [yard]),
        ("me", []),
        ("people", []),
    ):
        page.goto(visitor.site + reverse(name, args=args))
        assert page.evaluate("document.documentElement.lang") == "es", name
        assert page.evaluate(DECIMAL_COMMAS, FOR_MACHINES) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert visitor.complaints == []


def test_one_chooses_another_language_on_any_page(world, visit, everyone):
    visitor = visit(**SPANISH)
    visitor.sign_in("ada")
    page = visitor.page
    page.goto(visitor.site + reverse("me"))
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(visitor.site + reverse("me"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(visitor.site + reverse("board", args=["yard"]))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert visitor.complaints == []
