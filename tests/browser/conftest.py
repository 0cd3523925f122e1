"""A real Chromium against the live site, with real sound."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.annotator.world import PASSWORD, World

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser for the tests of one file.

    While it runs, its driver keeps an event loop in this thread; Django is told that the records
    may be asked all the same.
    """
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}; `apt-get install chromium` brings it")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def world(transactional_db, tmp_path: Path) -> World:
    cache.clear()
    return World(tmp_path)


class Visitor:
    """One person's browser window; collects what the console complains of."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.context = context
        self.site = site
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def sign_in(self, name: str) -> None:
        self.page.goto(self.site + reverse("sign-in"))
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(self.site + reverse("home"))

    def open_validation(self) -> Page:
        self.page.goto(self.site + reverse("validate", args=["yard", "/m/05tny_"]))
        self.page.wait_for_selector(".clip.is-active")
        return self.page


class RequestsUnderWay:
    """Counts what the live site has begun and not finished.

    The tables are emptied after each test. A request that is still being answered would hold them,
    or write into the next test's.
    """

    def __init__(self) -> None:
        self.n = 0
        self._changed = threading.Condition()
        request_started.connect(self._begin)
        request_finished.connect(self._end)

    def wait_for_all(self, timeout_s: float = 10.0) -> None:
        with self._changed:
            is_quiet = self._changed.wait_for(lambda: self.n == 0, timeout_s)
        request_started.disconnect(self._begin)
        request_finished.disconnect(self._end)
        assert is_quiet, f"{self.n} requests were still under way after {timeout_s:g} s"

    def _begin(self, **_: object) -> None:
        self._count(1)

    def _end(self, **_: object) -> None:
        self._count(-1)

    def _count(self, by: int) -> None:
        with self._changed:
            self.n += by
            self._changed.notify_all()


@pytest.fixture
def visit(chromium: Browser, live_server):
    """Return a function that opens a window; at the end all are closed and the site is quiet."""
    visitors: list[Visitor] = []
    under_way = RequestsUnderWay()

    def open_window(**settings) -> Visitor:
        context = chromium.new_context(**settings or WIDE)
        visitors.append(Visitor(context, live_server.url))
        return visitors[-1]

    yield open_window
    for visitor in visitors:
        visitor.page.close()
        visitor.context.close()
    under_way.wait_for_all()
