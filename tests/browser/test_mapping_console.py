"""The mapping console: rules are edited, heard, rated, applied and undone, all by keyboard."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from datasets_app.nominations.models import Nomination
from datasets_app.nominations.rule_models import MappingRating, RuleRevision
from datasets_app.nominations.services import nominate_labels

pytestmark = pytest.mark.browser

BARK = "/m/05tny_"


@pytest.fixture
def barking(world):
    """Three clips that "bark" finds and three that "yap" would; one of each has media."""
    world.bark.keywords = [["bark"]]
    world.bark.save()
    for tag in ("bark", "yap"):
        clip = world.sounding_clip()
        clip.tags, clip.title = [tag, "dog"], f"{tag} one.wav"
        clip.save()
        for i in range(2):
            world.clip(tags=[tag], title=f"{tag} {i}.wav")
    nominate_labels(collection=world.collection)
    return world


def open_console(visitor):
    visitor.sign_in("cara")
    visitor.page.goto(visitor.site + reverse("mapping", args=["yard", BARK]))
    expect(visitor.page.locator("#n-kept")).to_have_text("3")
    return visitor.page


def nominated() -> set[str]:
    return set(Nomination.objects.values_list("clip__title", flat=True))


def test_a_rule_is_edited_heard_rated_applied_and_undone_by_keyboard(barking, visit):
    barking.curator()
    visitor = visit()
    page = open_console(visitor)
    keys = page.keyboard
    assert page.locator("#apply").is_disabled()

    keys.press("/")
    keys.type("yap,")
    expect(page.locator("#n-added")).to_have_text("3")
    expect(page.locator("#n-withdrawn")).to_have_text("0")
    expect(page.locator(".alternative")).to_have_count(2)
    expect(page.locator(".drawn")).to_have_count(6)
    assert nominated() == {"bark one.wav", "bark 0.wav", "bark 1.wav"}

    keys.press("Escape")
    keys.press("1")
    expect(page.locator("#precision")).to_have_text("100 %")
    expect(page.locator("#precision-note")).to_contain_text("from 1 rated of 6 clips")
    for _ in range(5):
        keys.press("1")
    expect(page.locator("#precision-note")).to_contain_text("interval 100 to 100 %, from 6 rated")
    keys.press("2")
    expect(page.locator("#precision")).to_have_text("83 %")
    keys.press("z")
    expect(page.locator("#precision")).to_have_text("100 %")
    assert list(MappingRating.objects.values_list("rating", flat=True)) == ["present"] * 6

    page.locator("#apply").focus()
    keys.press("Enter")
    expect(page.locator("#state")).to_contain_text("3 nominations added, 0 withdrawn")
    expect(page.locator("#n-kept")).to_have_text("6")
    assert "yap one.wav" in nominated()
    assert RuleRevision.objects.get().precision["n_rated"] == 6

    page.locator("[data-undo]").focus()
    keys.press("Enter")
    expect(page.locator("#state")).to_contain_text("0 nominations added, 3 withdrawn")
    expect(page.locator("#n-kept")).to_have_text("3")
    assert nominated() == {"bark one.wav", "bark 0.wav", "bark 1.wav"}
    barking.bark.refresh_from_db()
    assert barking.bark.keywords == [["bark"]]
    assert [c for c in visitor.complaints if "404" not in c] == []


def test_words_vetoes_and_undo_by_mouse(barking, visit):
    barking.curator()
    visitor = visit()
    page = open_console(visitor)
    page.fill(".alternative .chip-input", "dog")
    page.press(".alternative .chip-input", "Enter")
    expect(page.locator("#n-kept")).to_have_text("1")
    expect(page.locator("#n-withdrawn")).to_have_text("2")
    page.fill("#new-veto", "dog")
    page.press("#new-veto", "Enter")
    expect(page.locator("#n-kept")).to_have_text("0")
    expect(page.locator("#sample")).to_contain_text("match nothing")
    page.get_by_role("button", name="Remove dog").last.click()
    expect(page.locator("#n-kept")).to_have_text("1")
    for _ in range(3):
        page.click("#undo")
    expect(page.locator("#n-kept")).to_have_text("3")
    expect(page.locator("#state")).to_have_text("These are the rules in force.")
    page.get_by_role("button", name="Remove bark").press("Delete")
    expect(page.locator("#n-withdrawn")).to_have_text("3")
    page.click("#reset")
    expect(page.locator("#n-kept")).to_have_text("3")
    assert not RuleRevision.objects.exists()


def test_the_sample_plays_and_an_alternative_is_heard_alone(barking, visit):
    barking.curator()
    barking.collection.clips.exclude(title__endswith="one.wav").update(sha256=None)
    visitor = visit()
    page = open_console(visitor)
    page.fill("#new-alternative", "yap, dog + yap")
    page.press("#new-alternative", "Enter")
    expect(page.locator(".drawn")).to_have_count(2)
    page.locator(".alternative__hear").nth(2).click()
    expect(page.locator(".drawn")).to_have_count(1)
    expect(page.locator(".drawn")).to_contain_text("yap one")
    page.locator("h1").click()
    page.keyboard.press("Space")
    expect(page.locator(".small-player.is-playing")).to_have_count(1)
    page.keyboard.press("Space")
    page.click("#all-alternatives")
    expect(page.locator(".drawn")).to_have_count(2)
    assert visitor.complaints == []


def test_someone_elses_change_is_not_overwritten(barking, visit):
    barking.curator()
    visitor = visit()
    page = open_console(visitor)
    barking.bark.keywords = [["woof"]]
    barking.bark.save()
    page.fill("#new-alternative", "yap")
    page.press("#new-alternative", "Enter")
    page.click("#apply")
    expect(page.locator("#problem")).to_contain_text("were changed since you opened them")
    expect(page.locator(".chip__word").last).to_have_text("yap")
