"""Beside the answers: comments and reports."""

import pytest
from playwright.sync_api import expect

from datasets_app.votes.models import ClipReport, Vote
from tests.browser.conftest import PHONE
from tests.browser.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def open_page(world, visit):
    world.annotator()
    for _ in range(2):
        world.nominate(world.sounding_clip())

    def open_page(**window):
        visitor = visit(**window)
        visitor.sign_in("ana")
        return visitor.open_validation()

    return open_page


def comments() -> list[str]:
    return list(Vote.objects.order_by("nomination").values_list("comment", flat=True))


def test_a_comment_before_the_answer_goes_out_with_it(open_page):
    page = open_page()
    page.keyboard.press("c")
    page.keyboard.type("1 dog, 2 barks")  # digits are words here, not answers
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("goes out with your answer")
    page.keyboard.press("1")
    until(lambda: comments() == ["1 dog, 2 barks"])


def test_a_comment_after_the_answer_is_added_and_changed(open_page):
    page = open_page()
    page.keyboard.press("2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("c")
    page.keyboard.type("far away")
    page.keyboard.press("Enter")
    until(lambda: comments() == ["far away"])
    page.keyboard.press("c")
    expect(page.locator("#comment-text")).to_have_value("far away")
    page.fill("#comment-text", "")
    page.keyboard.press("Enter")
    until(lambda: comments() == [""])


def test_escape_leaves_the_comment_and_gives_the_keys_back(open_page):
    page = open_page()
    page.keyboard.press("c")
    page.keyboard.type("never mind")
    page.keyboard.press("Escape")
    expect(page.locator("#comment")).to_be_hidden()
    page.keyboard.press("4")
    until(lambda: comments() == [""])


@pytest.mark.parametrize("window", [{}, PHONE], ids=["wide", "phone"])
def test_a_bad_recording_is_reported_with_a_reason(open_page, window):
    page = open_page(**window)
    page.click("[data-does=report]")
    page.check("[value=personal_data]")
    page.fill("#report-text", "a phone number")
    page.click("#report [type=submit]")
    expect(page.locator("#said")).to_contain_text("Reported")
    until(lambda: ClipReport.objects.count() == 1)
    report = ClipReport.objects.get()
    assert (report.reason, report.comment) == ("personal_data", "a phone number")


def test_another_reason_needs_words(open_page):
    page = open_page()
    page.keyboard.press("b")
    page.check("[value=other]")
    page.click("#report [type=submit]")
    expect(page.locator("#report")).to_be_visible()
    page.fill("#report-text", "the same as the one before")
    page.click("#report [type=submit]")
    until(lambda: ClipReport.objects.filter(reason="other").count() == 1)
