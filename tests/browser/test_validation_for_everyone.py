"""The validation page holds to WCAG, in every state and both schemes, as far as axe-core sees."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser
SHEETS = ("help", "faq", "report", "sign-in-here")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_page_and_its_sheets(world, visit, scheme):
    world.annotator()
    for _ in range(3):
        world.nominate(world.sounding_clip())
    visitor = visit(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visitor.sign_in("ana")
    page = visitor.open_validation()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("2")
    page.keyboard.press("c")
    assert_no_violation(page)
    page.keyboard.press("Escape")
    for sheet in SHEETS:
        page.evaluate("id => document.getElementById(id).showModal()", sheet)
        assert_no_violation(page)
        page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_phone_offline(world, visit, scheme):
    world.annotator()
    for _ in range(2):
        world.nominate(world.sounding_clip())
    visitor = visit(**PHONE, color_scheme=scheme)
    visitor.sign_in("ana")
    page = visitor.open_validation()
    page.wait_for_load_state("networkidle")
    visitor.context.set_offline(True)
    for answer in ("PP", "NP"):
        page.tap(f".answers [data-answer={answer}]")
    assert_no_violation(page)


def assert_no_violation(page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
