"""Waiting for what the site's own threads write, and for what a page says of itself."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

POLL_MS = 20


def until(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait until ``holds`` does; fail after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s"
        time.sleep(0.02)


def wait_until(page: Page, expression: str, timeout_s: float = 30.0) -> None:
    """Ask the page until a JavaScript expression is true; fail after ``timeout_s``.

    The driver's own ``wait_for_function`` has the page evaluate text, which the site's Content
    Security Policy forbids; asking from outside, it does not.
    """
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"{expression} is not true after {timeout_s:g} s"
        page.wait_for_timeout(POLL_MS)
