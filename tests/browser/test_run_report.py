"""A run's report in a real browser: drawn, sorted, filtered, played, without a complaint."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ml_worker.evaluation.comparison import ComparedRun
from ml_worker.evaluation.measure import MeasureSettings
from ml_worker.evaluation.stored_run import RunFacts
from ml_worker.reports.comparison import write_compared
from ml_worker.reports.run_report import write_report
from tests.browser.conftest import PHONE, WIDE
from tests.ml_worker.conftest import release_dir  # noqa: F401 - a fixture
from tests.ml_worker.reports.conftest import (  # noqa: F401
    CURVES,
    HOSTILE,
    hostile_release,
    measured,
    scored,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def report(hostile_release, measured, tmp_path: Path) -> Path:  # noqa: F811
    write_report(tmp_path / "report.html", hostile_release, *measured)
    return tmp_path / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_drawn_sorts_filters_and_plays_in_silence_of_the_console(
    chromium: Browser, report: Path, scheme: str
):
    context = chromium.new_context(**WIDE, color_scheme=scheme)
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(report.as_uri())
    check_figures(page, 4)
    expect(page.locator(".plot").first).to_contain_text("epoch")
    check_table(page)
    player = page.locator("audio").first
    assert player.evaluate("a => a.play().then(() => true)")
    assert player.evaluate("a => a.duration") == pytest.approx(1.2, abs=0.15)
    context.close()
    assert complaints == []


def test_a_comparison_is_drawn_in_silence_of_the_console(
    chromium: Browser,
    scored,  # noqa: F811
    tmp_path: Path,
):
    facts = RunFacts("run", {"model": HOSTILE}, seed=5, curves=CURVES)
    runs = [ComparedRun(f"{HOSTILE} {n}", scored, facts) for n in range(2)]
    out = tmp_path / "comparison.html"
    write_compared(runs, out, MeasureSettings(100))
    context = chromium.new_context(**WIDE)
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(out.as_uri())
    check_figures(page, 3)
    expect(page.locator(".plot").last).to_contain_text("epoch")
    context.close()
    assert complaints == []


def check_figures(page: Page, n_figures: int) -> None:
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    assert page.locator(".plot svg.main-svg").count() >= n_figures
    assert page.locator("img[src=x]").count() == 0


def check_table(page: Page) -> None:
    rows = page.locator("#per-class tbody tr")
    expect(page.locator("#per-class")).to_contain_text(HOSTILE)
    for order in ("descending", "ascending"):
        page.get_by_role("button", name="AP").first.click()
        expect(page.locator(f"#per-class th[aria-sort={order}]")).to_have_count(1)
        values = [float(t) for t in rows.locator("td:nth-of-type(1)").all_inner_texts()]
        assert values == sorted(values, reverse=order == "descending")
    page.get_by_label("Show classes with").fill("midd")
    expect(rows.locator("visible=true")).to_have_count(1)
    expect(page.locator(".filter output")).to_have_text("1 of 3")


def test_a_report_fits_a_phone(chromium: Browser, report: Path):
    context = chromium.new_context(**PHONE)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
