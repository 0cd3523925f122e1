"""From looking for a class to judging it, as an annotator does with the keyboard."""

import numpy as np
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from datasets_app.clips.class_models import ClassExample, ExampleListening, Introduction
from datasets_app.labels.examples import add_class_example
from datasets_app.ontology.models import Closure, Edge
from tests.browser.conftest import PHONE
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser
CLASSES = reverse("classes", args=["yard"])
Kind = ClassExample.Kind


@pytest.fixture
def bark_with_examples(world):
    """Two recordings to judge, and one example and one counter-example to hear before."""
    world.annotator()
    animal = world.sound_class("/m/animal", "Animal")
    world.sound_class("/m/rain", "Rain")
    Edge.objects.create(parent=animal, child=world.bark)
    Closure.objects.create(ancestor=animal, descendant=world.bark, depth=1, propagates=True)
    for kind in (Kind.EXAMPLE, Kind.COUNTER_EXAMPLE):
        add_class_example(
            collection=world.collection,
            sound_class=world.bark,
            clip=world.sounding_clip(),
            kind=kind,
        )
    return [world.nominate(world.sounding_clip()) for _ in range(2)]


def test_a_class_found_by_keyboard_opens_once_its_examples_were_heard(
    bark_with_examples, visit, world
):
    visitor = visit()
    visitor.sign_in("ana")
    page = visitor.page
    page.goto(visitor.site + CLASSES)
    page.keyboard.press("/")
    page.keyboard.type("ba")
    expect(page.locator("#found-count")).to_have_text("1 class found")
    assert "q=ba" in page.url
    page.keyboard.press("ArrowDown")
    expect(page.locator(".class-row__name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Bark")
    expect(page.locator("#gate")).to_contain_text("2 examples of Bark are still to be heard")
    page.goto(visitor.site + reverse("validate", args=["yard", world.bark.mid]))
    expect(page.locator("h1")).to_have_text("Bark")  # sent back to the class
    for left in (1, 0):
        page.locator(".example:not(.is-heard) .small-player__play").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".example.is-heard")).to_have_count(2 - left)
        if left:
            expect(page.locator("#gate")).to_contain_text("1 example of Bark is still to be heard")
    heard = ExampleListening.objects.values_list("heard_fraction", flat=True)
    assert np.all(np.array(heard) >= 0.8)
    assert Introduction.objects.count() == 1
    page.get_by_role("link", name="Judge 2").press("Enter")
    page.wait_for_selector(".clip.is-active")
    assert visitor.complaints == []


def test_the_tree_unfolds_by_touch_on_a_phone(bark_with_examples, visit):
    visitor = visit(**PHONE)
    visitor.sign_in("ana")
    page = visitor.page
    page.goto(f"{visitor.site}{CLASSES}?view=tree")
    expect(page.locator(".tree__name")).to_have_text(["Animal", "Rain"])
    page.get_by_role("button", name="Classes below Animal").tap()
    expect(page.locator(".tree__name")).to_have_text(["Animal", "Bark", "Rain"])
    page.get_by_role("button", name="Classes below Animal").tap()
    expect(page.get_by_role("link", name="Bark")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.complaints == []


def test_a_recordings_page_plays_it_by_key(bark_with_examples, visit):
    visitor = visit()
    visitor.sign_in("ana")
    page = visitor.page
    clip = bark_with_examples[0].clip
    page.goto(visitor.site + reverse("clip", args=[clip.uuid]))
    page.wait_for_selector(".clip-view__grid i", state="attached")
    page.keyboard.press("Space")
    wait_until(page, "Number(document.querySelector('[data-part=heard]').textContent) >= 60")
    expect(page.get_by_text("Waits for your answer")).to_be_visible()
    assert visitor.complaints == []
