"""Experts refine a recording and decide what they differ on, in a real browser."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from datasets_app.domain.ontology.class_search import SearchableClass, search_classes
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.models import (
    Completeness,
    RefinedLabel,
    RefinementChange,
    RefinementSettings,
    SoundEvent,
)
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import Closure, Edge, SoundClass
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user
from datasets_app.votes.models import Vote
from datasets_app.votes.services import cast_vote
from tests.annotator.world import PASSWORD
from tests.browser.conftest import PHONE, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def yard(world):
    """One recording with a label by its words, below Dog; three experts; all clips are refined."""
    RefinementSettings.objects.create(collection=world.collection, side="all")
    world.bark.keywords = ["bark", ["dog", "woof"]]
    world.bark.save()
    dog = world.sound_class("/m/dog", "Dog", description="Sounds of dogs.")
    howl = world.sound_class("/m/howl", "Howl", keywords=["ululation"])
    world.sound_class("/m/rain", "Rain", keywords=["downpour", "drizzle"])
    for child in (world.bark, howl):
        Edge.objects.create(parent=dog, child=child)
        Closure.objects.create(ancestor=dog, descendant=child, depth=1, propagates=True)
    nomination = world.nominate(world.sounding_clip(seconds=2.0))
    Nomination.objects.filter(pk=nomination.pk).update(origin=Nomination.Origin.KEYWORD)
    for name in ("eve", "finn", "gale"):
        world.user(name, User.Role.EXPERT)
    return world


def begin(visitor: Visitor, name: str) -> Page:
    visitor.sign_in(name)
    page = visitor.page
    page.goto(visitor.site + reverse("refine", args=["yard"]))
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".row.is-active")).to_be_visible()
    expect(page.locator(".branch__name").first).to_be_visible()
    return page


def finish(page: Page) -> None:
    page.get_by_role("button", name="Every audible class is labelled").click()
    expect(page.locator("#certified")).to_be_visible()


def add_class(page: Page, query: str, key: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(query)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen")).to_be_focused()
    page.keyboard.press(key)


def expect_saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("Saved")


def test_a_pass_by_keyboard_alone_with_a_class_found_and_a_mark_in_time(yard, visit):
    visitor = visit()
    page = begin(visitor, "eve")
    expect(page.locator("#open-labels")).to_have_text("Still open: Bark.")
    page.keyboard.press("1")
    expect(page.locator("#open-labels")).to_have_text("Nothing is left open.")
    add_class(page, "downp", "2")
    expect(page.locator(".row.is-active .row__name")).to_have_text("Rain")
    page.keyboard.press("m")
    expect(page.locator("#said")).to_contain_text("Drag over the picture")
    page.wait_for_timeout(300)  # until the sound can be sought
    page.keyboard.press("i")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("o")
    page.keyboard.press("m")
    expect(page.locator(".event")).to_have_text("0.00–1.00 s")
    expect_saved(page)
    finish(page)
    said = RefinedLabel.objects.values_list("sound_class__name", "answer").order_by("pk")
    assert list(said) == [("Bark", "PP"), ("Rain", "PNP")]
    event = SoundEvent.objects.get()
    assert (event.label.sound_class.name, event.onset_s, event.offset_s) == ("Rain", 0.0, 1.0)
    assert Completeness.objects.filter(withdrawn_at=None).count() == 1
    assert Vote.objects.filter(task=Vote.Task.REFINEMENT).count() == 2
    assert visitor.complaints == []


def test_marks_are_moved_deleted_and_brought_back(yard, visit):
    visitor = visit()
    page = begin(visitor, "eve")
    page.keyboard.press("1")
    box = page.locator(".clip-view__reach").bounding_box()

    def drag(start: float, end: float) -> None:
        page.mouse.move(box["x"] + start * box["width"], box["y"] + 150)
        page.mouse.down()
        page.mouse.move(box["x"] + end * box["width"], box["y"] + 150, steps=4)
        page.mouse.up()

    drag(0.25, 0.5)
    page.locator(".row__mark").click()
    expect(page.locator(".event")).to_have_text("0.50–1.00 s")
    page.locator(".event").click()
    expect(page.locator(".row__mark")).to_contain_text("Move mark")
    page.keyboard.press("Escape")
    drag(0.6, 0.8)
    page.locator(".row__mark").click()
    expect(page.locator(".event")).to_have_text("1.20–1.60 s")
    page.locator(".event__delete").click()
    expect(page.locator(".event")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator(".event")).to_have_text("1.20–1.60 s")
    page.keyboard.press("z")
    expect(page.locator(".event")).to_have_text("0.50–1.00 s")
    expect_saved(page)
    page.reload()
    expect(page.locator(".event")).to_have_text("0.50–1.00 s")
    assert SoundEvent.objects.count() == 1
    assert visitor.complaints == []


def test_what_two_experts_differ_on_is_decided_by_a_third_with_a_reason(yard, visit):
    first, second, third = visit(), visit(), visit()
    page = begin(first, "eve")
    page.keyboard.press("1")
    add_class(page, "rain", "1")
    expect_saved(page)
    finish(page)
    page = begin(second, "finn")
    expect(page.locator(".row")).to_have_count(1)  # nothing of what the other said
    page.keyboard.press("1")
    expect_saved(page)
    finish(page)
    third.sign_in("gale")
    page = third.page
    page.goto(third.site + reverse("adjudicate", args=["yard"]))
    expect(page.locator("h1")).to_have_text("Is Rain in this recording?")
    expect(page.locator(".word", has_text="finn")).to_contain_text("complete without this class")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Give the reason")
    page.keyboard.type("wind in the microphone")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("No conflict waits for you")
    label = Label.objects.get(nomination__sound_class__name="Rain")
    assert (label.value, label.reached_by, label.origin) == ("NP", "adjudication", "refined")
    assert Adjudication.objects.get().reason == "wind in the microphone"
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("h1")).to_have_text("Is Rain in this recording?")
    assert Label.objects.get(nomination__sound_class__name="Rain").state == "conflicted"
    assert [one.complaints for one in (first, second, third)] == [[], [], []]


def test_a_model_suspects_only_after_ones_own_pass(yard, visit):
    clip = yard.collection.clips.get()
    yard.nominate(clip, SoundClass.objects.get(mid="/m/howl"))
    visitor = visit()
    page = begin(visitor, "eve")
    assert "Howl" not in page.locator(".labels").inner_text()
    page.keyboard.press("1")
    finish(page)
    second_look = page.locator(".second-look")
    expect(second_look).to_contain_text("Howl")
    second_look.get_by_role("button", name="PNP").click()
    expect(page.locator("#certified")).to_be_hidden()
    expect_saved(page)
    assert Completeness.objects.get().withdrawn_at is not None
    finish(page)
    changed = RefinementChange.objects.filter(is_second_look=True, verb="label")
    assert [(c.sound_class.name, c.after["answer"]) for c in changed] == [("Howl", "PNP")]
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Name every sound you hear")
    assert visitor.complaints == []


def test_what_is_said_offline_is_saved_once_the_net_is_back(yard, visit):
    visitor = visit()
    page = begin(visitor, "eve")
    visitor.context.set_offline(True)
    page.keyboard.press("1")
    add_class(page, "rain", "1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("2")
    expect(page.locator("#saved")).to_have_text("Offline; 3 kept here")
    assert not RefinementChange.objects.exists()
    visitor.context.set_offline(False)
    expect_saved(page)
    said = RefinedLabel.objects.values_list("sound_class__name", "answer").order_by("pk")
    assert list(said) == [("Bark", "PNP"), ("Rain", "PP")]
    assert RefinementChange.objects.count() == 3


def test_who_was_signed_out_signs_in_in_place_and_loses_nothing(yard, visit):
    visitor = visit()
    page = begin(visitor, "eve")
    Session.objects.all().delete()
    page.keyboard.press("1")
    page.get_by_role("button", name="sign in", exact=True).click()
    page.fill("#here-password", PASSWORD)
    page.keyboard.press("Enter")
    expect_saved(page)
    assert RefinedLabel.objects.get().answer == "PP"
    assert RefinementChange.objects.count() == 1


def test_a_lost_reply_records_nothing_twice(yard, visit):
    visitor = visit()
    page = begin(visitor, "eve")
    lost = []

    def lose_the_first(route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch())
        return route.abort()

    page.route("**/changes", lose_the_first)
    page.keyboard.press("1")
    expect_saved(page)
    assert len(lost) == 1
    assert RefinementChange.objects.count() == 1


def test_a_pass_by_touch_on_a_phone(yard, visit):
    visitor = visit(**PHONE)
    page = begin(visitor, "eve")
    page.locator(".row").get_by_role("button", name="PNP").tap()
    page.locator("#search").tap()
    page.locator("#search").fill("ulul")
    page.get_by_role("option", name="Howl").tap()
    page.get_by_role("button", name="Add as PP").tap()
    expect_saved(page)
    finish(page)
    assert RefinedLabel.objects.count() == 2
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    assert visitor.complaints == []


def test_the_search_finds_what_the_rule_finds_in_its_order(yard, visit):
    for n, (name, words, description) in enumerate(
        [
            ("Crème brûlée torch", ["blow torch"], "A flame."),
            ("Dog bowl", [], "Bark of a tree?"),
            ("Growling", ["snarl"], "Dogs and cats growl."),
            ("Straße", ["STREET noise"], ""),
        ]
    ):
        yard.sound_class(f"/m/x{n}", name, keywords=words, description=description)
    visitor = visit()
    page = begin(visitor, "eve")
    script = """async ([url, classesUrl, queries]) => {
      const { ClassIndex } = await import(url);
      const { classes } = await (await fetch(classesUrl)).json();
      const index = new ClassIndex(classes);
      return queries.map((query) => index.find(query).map((one) => one.mid));
    }"""
    queries = ["dog", "do", "bark", "creme", "Brûl", "snarl", "wo do", "strasse", "street", "", "?"]
    module = "/static/annotator/js/class_index.js"
    classes_url = reverse("refine-classes", args=["yard"])
    found = page.evaluate(script, [module, classes_url, queries])
    rows = SoundClass.objects.order_by("name", "mid")
    searchable = [
        SearchableClass(c.pk, c.name, tuple(_words(c.keywords)), c.description) for c in rows
    ]
    mids = dict(rows.values_list("pk", "mid"))
    by_rule = [[mids[m.key] for m in search_classes(query, searchable)] for query in queries]
    assert found == by_rule


def _words(keywords: list) -> list[str]:
    return [" ".join(words) if isinstance(words, list) else words for words in keywords]


def test_conflicts_of_votes_come_with_answers_comments_and_a_reason_given_before(yard, visit):
    nominations = [yard.nominate(yard.sounding_clip()) for _ in range(2)]
    for number, answer in enumerate(["PP", "PP", "NP", "NP"]):
        voter = annotator_of_user(user=yard.annotator(f"voter{number}"))
        for nomination in nominations:
            cast_vote(
                nomination=nomination,
                annotator=voter,
                answer=Answer(answer),
                task=Vote.Task.VALIDATION,
            )
    Vote.objects.filter(annotator__name="voter3").update(comment="that is a door")
    infer_labels(collection=yard.collection)
    visitor = visit()
    visitor.sign_in("gale")
    page = visitor.page
    page.goto(visitor.site + reverse("adjudicate", args=["yard"]))
    expect(page.locator(".given__counts")).to_have_text("2 PP 2 NP")
    expect(page.locator(".word__comment")).to_have_text("that is a door")
    page.keyboard.press("Space")
    expect(page.locator(".transport__play")).to_contain_text("Pause")
    page.keyboard.press("3")
    page.keyboard.type("a door")
    page.keyboard.press("Enter")
    reason = page.get_by_role("button", name="a door", exact=True)
    expect(reason).to_be_visible()
    page.keyboard.press("3")
    reason.click()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("No conflict waits for you")
    assert Adjudication.objects.filter(reason="a door", answer="NP").count() == 2
    assert visitor.complaints == []
