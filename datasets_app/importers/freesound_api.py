"""Speaks Freesound's API, version 2, within its limits, and tells its faults apart.

Source: *Freesound API documentation* (freesound.org/docs/api): Overview, Authentication, Resources.
Searching is ``search/text/``; a key sent as ``Authorization: Token KEY`` is enough for everything
but original recordings, which ask for an OAuth2 access token (``Authorization: Bearer TOKEN``). A
key may make 60 requests a minute and 2,000 a day; more are answered 429, and the sentence in
``detail`` says which of the two was reached.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from django.conf import settings

from datasets_app.outgoing.fetching import (
    AddressRefused,
    Answer,
    Caller,
    CallFailed,
    Limits,
    download,
    fetch,
)

SHORTEST_GAP_S = 1.0
"""Between two requests: 60 a minute."""
THROTTLED_S = 61.0
LONGEST_WAIT_S = 600.0
MOST_TRIES = 4
PAGE_SIZE = 150
"""The most that Freesound gives at once."""
FIELDS = "id,url,name,tags,description,license,type,duration,filesize,username,previews"
PAGE_LIMITS = Limits(connect_s=10, each_s=30, total_s=60, most_bytes=16 << 20)
SOUND_LIMITS = Limits(connect_s=10, each_s=30, total_s=1800, most_bytes=512 << 20)


class FreesoundRefused(ValueError):
    """Freesound answered, and will answer the same next time: a key, a query, a day's limit."""


class FreesoundSilent(OSError):
    """Freesound did not answer, or not in its own words; nothing follows from that."""


class SoundGone(LookupError):
    """Freesound answered, in its own words, that there is no such sound."""


class FileMissing(LookupError):
    """There is no such recording to download; that says nothing of the sound itself."""


@dataclass(slots=True)
class Freesound:
    """Freesound's API, asked at most once a second.

    ``say`` is told why one waits; ``sleep`` and ``clock`` are there for tests.
    """

    caller: Caller | None = None
    say: Callable[[str], None] = lambda sentence: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _last_at: float = field(default=float("-inf"), init=False)

    def check_has_key(self) -> None:
        """Raise FreesoundRefused unless there is a key to ask with."""
        _key()

    def search(self, *, query: str, filters: str, page: int, fields: str = FIELDS) -> "SoundPage":
        """Return one page of sounds, oldest first, so that new ones do not move the others.

        Raises
        ------
        FreesoundRefused, FreesoundSilent
            As the names say.
        """
        asked = {"query": query, "filter": filters, "sort": "created_asc", "fields": fields}
        asked |= {"page": str(page), "page_size": str(PAGE_SIZE)}
        try:
            found = self._json("search/text/?" + urlencode(asked))
        except SoundGone as error:
            if page > 1:  # sounds were taken away there, and with them the last page
                return SoundPage([], 0, False)
            raise FreesoundRefused(
                f"{settings.FREESOUND_ADDRESS} knows no search; is FREESOUND_ADDRESS right?"
            ) from error
        results, count = found.get("results"), found.get("count")
        if not isinstance(results, list) or not isinstance(count, int):
            raise FreesoundSilent("Freesound's answer to a search has no results and count.")
        return SoundPage(results, count, bool(found.get("next")))

    def check_is_there(self, freesound_id: int) -> None:
        """Raise unless Freesound has a sound.

        Raises
        ------
        SoundGone
            It has not: 404, with the API's own ``detail``.
        FreesoundRefused, FreesoundSilent
            Nothing is known.
        """
        found = self._json(f"sounds/{freesound_id}/?fields=id")
        if found.get("id") != freesound_id:
            raise FreesoundSilent(f"Freesound's answer about sound {freesound_id} is of another.")

    def fetch_preview(self, address: str, target: Path) -> None:
        """Write a preview, which anybody may have, to a file.

        Raises
        ------
        FreesoundRefused, FreesoundSilent, FileMissing
            As the names say; no file is there then.
        """
        self._download(address, target, {})

    def fetch_original(self, freesound_id: int, target: Path) -> None:
        """Write a sound as it was uploaded to a file; else as ``fetch_preview``."""
        if not settings.FREESOUND_OAUTH_TOKEN:
            raise FreesoundRefused(
                "Freesound gives originals only to a person: put an OAuth2 access token in "
                "FREESOUND_OAUTH_TOKEN, or take previews."
            )
        bearer = {"Authorization": f"Bearer {settings.FREESOUND_OAUTH_TOKEN}"}
        self._download(_address(f"sounds/{freesound_id}/download/"), target, bearer)

    def _json(self, path: str) -> dict[str, Any]:
        address, headers, calling = _address(path), _key(), self._within(PAGE_LIMITS)

        def call() -> Answer:
            self._keep_gap()
            return fetch(address, headers=headers, caller=calling)

        found = _parsed(self._ask(call))
        if found is None:
            raise FreesoundSilent("Freesound's answer is no JSON; is FREESOUND_ADDRESS right?")
        return found

    def _download(self, address: str, target: Path, headers: Mapping[str, str]) -> None:
        calling = self._within(SOUND_LIMITS)

        def call() -> Answer:
            if headers:  # a preview is no request to the API
                self._keep_gap()
            answer = download(address, target, headers=headers, caller=calling)
            if answer.status in (404, 410):
                raise FileMissing(f"there is no recording to download ({answer.status})")
            return answer

        self._ask(call)

    def _within(self, limits: Limits) -> Caller:
        if self.caller is None:
            return Caller(limits=limits)
        return Caller(limits, self.caller.resolve, self.caller.allowed, self.caller.tls)

    def _ask(self, call: Callable[[], Answer]) -> Answer:
        """Call until there is an answer that means something; wait where Freesound asks for it."""
        told = ""
        for n_tried in range(1, MOST_TRIES + 1):
            try:
                answer = call()
            except AddressRefused as error:
                raise FreesoundRefused(str(error)) from error
            except CallFailed as error:
                told, wait_s = str(error), 2.0**n_tried
            else:
                if answer.is_ok:
                    return answer
                told, wait_s = _read_refusal(answer), 2.0**n_tried
                if answer.status == 429:
                    wait_s = _throttle_s(answer)
            if n_tried < MOST_TRIES:
                self.say(f"{told}; trying again in {wait_s:.0f} s")
                self.sleep(wait_s)
        raise FreesoundSilent(f"Freesound was asked {MOST_TRIES} times: {told}.")

    def _keep_gap(self) -> None:
        wait_s = self._last_at + SHORTEST_GAP_S - self.clock()
        if wait_s > 0:
            self.sleep(wait_s)
        self._last_at = self.clock()


@dataclass(frozen=True, slots=True)
class SoundPage:
    """A page of a search: sounds as the API gives them, how many there are in all, and if more."""

    results: Sequence[Any]
    n_found: int
    has_next: bool


def _address(path: str) -> str:
    return urljoin(settings.FREESOUND_ADDRESS, path)


def _key() -> dict[str, str]:
    if not settings.FREESOUND_TOKEN:
        raise FreesoundRefused(
            "Freesound asks for an API key: request one at freesound.org/apiv2/apply and put it in "
            "FREESOUND_TOKEN."
        )
    return {"Authorization": f"Token {settings.FREESOUND_TOKEN}", "Accept": "application/json"}


def _read_refusal(answer: Answer) -> str:
    """Return why one should ask again; raise what an answer means that will not change."""
    detail = _detail(answer)
    if answer.status == 404 and detail:
        raise SoundGone(f"Freesound says: {detail}")
    if answer.status in (401, 403):
        raise FreesoundRefused(
            f"Freesound does not accept the key or token ({answer.status}): {detail or 'no reason'}"
            " Correct FREESOUND_TOKEN, or FREESOUND_OAUTH_TOKEN, which lasts 24 hours."
        )
    if answer.status == 429 and "day" in detail:
        raise FreesoundRefused(
            f"Freesound's limit for a day is reached ({detail}). Run the same command again "
            "tomorrow; it goes on where it was."
        )
    if 400 <= answer.status < 500 and answer.status not in (404, 408, 429):
        raise FreesoundRefused(f"Freesound refuses this ({answer.status}): {detail or 'no reason'}")
    return f"Freesound answered {answer.status} {detail}".strip()


def _throttle_s(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT_S) if text.isascii() and text.isdigit() else THROTTLED_S


def _parsed(answer: Answer) -> dict[str, Any] | None:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _detail(answer: Answer) -> str:
    """Return the sentence that the API gives with a refusal; empty where others speak."""
    detail = (_parsed(answer) or {}).get("detail")
    return " ".join(str(detail).split())[:300] if detail else ""
