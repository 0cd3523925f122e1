"""A small client of Harken's API: Python 3.11 and its standard library, nothing else.

Copy it beside your program. Lists are walked to their end, votes are safe to send again, and jobs
are waited for. ``docs/api.md`` shows it at work, and a test runs what it shows.
"""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Record = dict[str, Any]
ENDED = ("finished", "failed", "cancelled")
_TRIED_AGAIN = (429, 500, 502, 503, 504)


class Refused(Exception):
    """The API said no. ``status`` is HTTP's, the text its sentence, ``problem`` all it said."""

    def __init__(self, status: int, problem: Record) -> None:
        super().__init__(problem.get("detail") or f"HTTP {status}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Reply:
    """A record as it was read, with the tag that a change of it must name."""

    record: Record
    etag: str
    location: str


class Client:
    """Speaks to one site with one token.

    Parameters
    ----------
    site
        Its address, such as ``https://harken.example``.
    token
        ``hk_…``; public releases are read without one.
    patience_s
        How long to try again what met a busy or restarting site, in seconds.
    """

    def __init__(self, site: str, token: str = "", *, patience_s: float = 60.0) -> None:
        self._root = site.rstrip("/") + "/api/v1"
        self._token = token
        self._patience_s = patience_s

    def list(self, path: str, **filters: str | int) -> Iterator[Record]:
        """Yield every item of a list, page after page, holding one page at a time."""
        address = f"{path}?{urlencode(filters)}" if filters else path
        while address:
            page = self.send("GET", address).record
            yield from page["results"]
            address = page["next"] or ""

    def get(self, path: str) -> Reply:
        """Return one record."""
        return self.send("GET", path)

    def change(self, path: str, known: Reply, **changes: Any) -> Reply:
        """Change a record that was read; ``Refused`` with 412 if it has changed since."""
        return self.send("PATCH", path, changes, {"If-Match": known.etag})

    def open_page(self, collection: str, sound_class: str) -> Record | None:
        """Return up to twelve nominations to judge, kept for you; None when nothing is left."""
        path = f"/collections/{quote(collection)}/pages"
        return self.send("POST", path, {"sound_class": sound_class}).record["page"]

    def vote(self, nomination: str, answer: str, **more: Any) -> Record:
        """Answer PP, PNP, NP or U; counts once, however often it has to be sent."""
        return self.send(
            "PUT", f"/nominations/{nomination}/vote", {"answer": answer, **more}
        ).record

    def withdraw_vote(self, nomination: str) -> None:
        """Take one's answer back."""
        self.send("DELETE", f"/nominations/{nomination}/vote")

    def start_job(self, collection: str, kind: str, **asked: Any) -> str:
        """Start a job; return the address to follow it at."""
        path = f"/collections/{quote(collection)}/jobs"
        return self.send("POST", path, {"kind": kind, **asked}).location

    def wait_for_job(
        self, address: str, *, every_s: float = 5.0, longest_s: float = 86_400
    ) -> Record:
        """Return a job once it has ended.

        Raises
        ------
        TimeoutError
            It has not ended within ``longest_s`` seconds.
        """
        until = time.monotonic() + longest_s
        while (job := self.get(address).record)["state"] not in ENDED:
            if time.monotonic() > until:
                raise TimeoutError(f"Job {job['uuid']} is {job['state']} after {longest_s:g} s.")
            time.sleep(every_s)
        return job

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request, again while the site is busy; every change bears a key of its own.

        Raises
        ------
        Refused
            The API said no.
        URLError
            Nothing answers.
        """
        request = self._request(method, path, body, headers or {})
        until, pause_s = time.monotonic() + self._patience_s, 0.5
        while True:
            wait_s = pause_s
            try:
                with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                    return _reply(response.read(), response.headers)
            except urllib.error.HTTPError as error:
                if error.code not in _TRIED_AGAIN or time.monotonic() + wait_s > until:
                    raise Refused(error.code, _problem(error.read())) from None
                wait_s = float(error.headers.get("Retry-After") or wait_s)
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if time.monotonic() + wait_s > until:
                    raise
            time.sleep(wait_s)
            pause_s = min(pause_s * 2, 15.0)

    def _request(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> urllib.request.Request:
        address = path if "://" in path else self._root + path
        if urlsplit(address)[:2] != urlsplit(self._root)[:2]:
            raise ValueError(f"{address} is of another site; the token is not sent there.")
        sent = {"Accept": "application/json", "Content-Type": "application/json", **headers}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        if method != "GET":
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        data = None if body is None else json.dumps(body).encode()
        return urllib.request.Request(address, data=data, headers=sent, method=method)  # noqa: S310


def _reply(body: bytes, headers: Mapping[str, str]) -> Reply:
    record = json.loads(body) if body else {}
    return Reply(record, headers.get("ETag", ""), headers.get("Location", ""))


def _problem(body: bytes) -> Record:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
