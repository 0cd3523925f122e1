"""Keys, volume and speed are each person's own."""

import pytest
from playwright.sync_api import expect

from datasets_app.people.models import User
from datasets_app.votes.models import Vote
from tests.browser.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def page(world, visit):
    world.annotator()
    for _ in range(2):
        world.nominate(world.sounding_clip())
    visitor = visit()
    visitor.sign_in("ana")
    yield visitor.open_validation()
    assert visitor.complaints == []


def kept() -> dict:
    return User.objects.get(username="ana").preferences


def give(page, action: str, key: str) -> None:
    page.click(f"#help [data-action={action}]")
    page.keyboard.press(key)


def test_a_key_is_given_another_meaning_and_kept(page):
    page.keyboard.press("?")
    give(page, "answer_pp", "q")
    expect(page.locator("#keys-said")).to_have_text("“q” now means “PP: present, predominant”.")
    until(lambda: kept() == {"keys": {"answer_pp": "q"}})
    page.keyboard.press("Escape")
    expect(page.locator(".answers [data-key=answer_pp]")).to_have_text("q")
    page.reload()
    page.wait_for_selector(".clip.is-active")
    page.keyboard.press("1")  # means nothing now
    page.keyboard.press("q")
    until(lambda: [vote.answer for vote in Vote.objects.all()] == ["PP"])


def test_a_key_that_is_taken_or_the_browsers_is_refused_with_a_sentence(page):
    page.keyboard.press("?")
    give(page, "answer_pp", "2")
    expect(page.locator("#keys-said")).to_contain_text(
        "“2” already means “PNP: present, not alone”"
    )
    give(page, "undo", "F5")
    expect(page.locator("#keys-said")).to_contain_text("“F5” belongs to the browser")
    page.click("#help [data-action=undo]")
    expect(page.locator("#help [data-action=undo]")).to_have_text("press a key")
    page.keyboard.press("Escape")  # leaves it, and the sheet stays
    expect(page.locator("#help [data-action=undo]")).to_have_text("z")
    assert kept() == {}


def test_keys_go_back_to_what_they_came_with(page):
    page.keyboard.press("?")
    give(page, "toggle", "p")
    until(lambda: kept() == {"keys": {"toggle": "p"}})
    page.click("#keys-reset")
    until(lambda: kept() == {"keys": {}})
    expect(page.locator("#help [data-key=toggle]")).to_have_text("space")


def test_volume_and_speed_are_remembered(page):
    for _ in range(3):
        page.keyboard.press("-")
    page.keyboard.press(".")
    expect(page.locator("[data-part=volume]")).to_have_value("70")
    until(lambda: kept() == {"volume": pytest.approx(0.7), "speed": 1.25})
    page.reload()
    expect(page.locator("[data-part=volume]")).to_have_value("70")
    expect(page.locator("[data-part=speed]")).to_have_text("1.25×")


def test_answers_work_while_the_volume_slider_has_the_focus_and_its_arrows_stay_its_own(page):
    page.focus("[data-part=volume]")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-part=volume]")).to_have_value("95")
    page.keyboard.press("3")
    until(lambda: [vote.answer for vote in Vote.objects.all()] == ["NP"])


def test_no_key_is_trapped_tab_goes_through_the_page(page):
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.id || document.activeElement.className")
        seen.add(here)
        if here == "next-page":
            break
    assert "next-page" in seen
