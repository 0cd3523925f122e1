"""Waiting for what the site's own threads write."""

import time
from collections.abc import Callable


def until(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait until ``holds`` does; fail after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s"
        time.sleep(0.02)
