"""One annotator's browser, without the browser: fetches pages and gives answers, and takes times.

``python -m benchmarks.annotators.client ADDRESS PERSON SECONDS``: PERSON as JSON; prints JSON.
Every answer is a request of its own, over one connection, and counts once it is acknowledged.
"""

import http.client
import json
import random
import re
import sys
import time
import uuid
from typing import Any

PAGE = "/collections/bench/validate/m/00"
ANSWERS = ("PP", "PP", "PNP", "NP")
_DATA = re.compile(rb'<script id="page-data"[^>]*>(.*?)</script>', re.S)
_TOKEN = re.compile(r"csrftoken=([^;]+)")


def page_data(markup: bytes) -> dict[str, Any] | None:
    """Return the data that a validation page brings for its script; None if it brings none."""
    found = _DATA.search(markup)
    return json.loads(found[1]) if found else None


class Browser:
    """A signed-in person's connection, with the times of what they did in ms."""

    def __init__(self, address: str, person: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=60)
        self._cookie = f"{person['cookie']}={person['session']}"
        self._token = ""
        self.fetched_ms: list[float] = []
        self.answered_ms: list[float] = []
        self.errors: list[str] = []

    def fetch(self) -> dict[str, Any]:
        """Return the data of the next page."""
        began_s = time.perf_counter()
        status, body = self._ask("GET", PAGE)
        self.fetched_ms.append(1000 * (time.perf_counter() - began_s))
        data = page_data(body)
        if status != http.client.OK or data is None:
            self.errors.append(f"fetch: {status} {body[:200]!r}")
            return {"clips": []}
        return data

    def answer(self, url: str, nomination: str, answer: str) -> None:
        """Give an answer and wait until it is acknowledged."""
        given = {
            "nomination": nomination,
            "answer": answer,
            "idempotency_key": str(uuid.uuid4()),
            "heard_fraction": 1.0,
            "seconds_taken": 3.0,
            "seen_answer": "",
        }
        began_s = time.perf_counter()
        status, body = self._ask("POST", url, json.dumps(given))
        self.answered_ms.append(1000 * (time.perf_counter() - began_s))
        if status != http.client.OK or json.loads(body) != {"answer": answer}:
            self.errors.append(f"answer: {status} {body[:200]!r}")

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        headers = {"Cookie": self._cookie, "Content-Type": "application/json"}
        if self._token:
            headers["X-CSRFToken"] = self._token
            headers["Cookie"] += f"; csrftoken={self._token}"
        self._connection.request(method, path, body or None, headers)
        response = self._connection.getresponse()
        if found := _TOKEN.search(response.getheader("Set-Cookie") or ""):
            self._token = found[1]
        return response.status, response.read()


def main(address: str, person: dict[str, str], seconds: float) -> None:
    """Work for so long and print what it took."""
    browser, rng = Browser(address, person), random.Random(person["session"])
    end_s = time.perf_counter() + seconds
    began_s = time.perf_counter()
    while time.perf_counter() < end_s and len(browser.errors) < 20:
        page = browser.fetch()
        for clip in page["clips"]:
            if time.perf_counter() >= end_s:
                break
            if not clip["answer"]:
                browser.answer(page["answers_url"], clip["nomination"], rng.choice(ANSWERS))
    found = {
        "seconds": time.perf_counter() - began_s,
        "fetched_ms": browser.fetched_ms,
        "answered_ms": browser.answered_ms,
        "errors": browser.errors,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3]))
