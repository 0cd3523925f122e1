"""A server on loopback that speaks Freesound's API v2, as far as its documentation describes it.

Sources: *Freesound API documentation*, pages *Overview* (a list has ``count``, ``next``,
``previous``, ``results``; errors have ``detail``; 401, 404, 429), *Authentication* (``Token`` and
``Bearer``), *Resources* (``search/text/`` with ``query``, ``filter``, ``sort``, ``fields``,
``page``, ``page_size`` up to 150; ``sounds/ID/``; ``sounds/ID/download/``).
"""

import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import soundfile

KEY, BEARER = "the-key", "the-bearer"
LICENSES = {
    "Creative Commons 0": "http://creativecommons.org/publicdomain/zero/1.0/",
    "Attribution": "https://creativecommons.org/licenses/by/4.0/",
    "Attribution Noncommercial": "http://creativecommons.org/licenses/by-nc/3.0/",
}
DEFAULT_FIELDS = "id,name,tags,username,license"
THROTTLED_MINUTE = "Request was throttled because of exceeding a request limit rate (60/minute)"
THROTTLED_DAY = "Request was throttled because of exceeding a request limit rate (2000/day)"


class FreesoundServer:
    """Sounds by number, and faults that are answered before anything else, one each."""

    def __init__(self) -> None:
        self.sounds: dict[int, dict[str, Any]] = {}
        self.hidden_from_search: set[int] = set()
        self.faults: list[tuple[int, dict[str, str], bytes]] = []
        self.requests: list[str] = []
        handler = type("Handler", (_Handler,), {"site": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.site = f"http://127.0.0.1:{self._server.server_port}"
        self.address = f"{self.site}/apiv2/"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, number: int, **fields: Any) -> None:
        """Add a sound of half a second of its own noise."""
        kind = fields.get("type", "wav")
        self.sounds[number] = {
            "id": number,
            "url": f"https://freesound.org/people/uma/sounds/{number}/",
            "name": f"Sound {number}.wav",
            "tags": ["dog", "bark"],
            "description": "A dog.\nIt barks.",
            "created": f"2014-04-16T20:07:{number % 60:02d}.145",
            "license": LICENSES["Attribution"],
            "type": kind,
            "channels": 1,
            "filesize": 16044,
            "duration": 0.5,
            "samplerate": 16000.0,
            "username": "uma",
            "download": f"{self.address}sounds/{number}/download/",
            "previews": {
                f"preview-{quality}-{suffix}": f"{self.site}/previews/{number}-{quality}.{suffix}"
                for quality in ("hq", "lq")
                for suffix in ("mp3", "ogg")
            },
        } | fields

    def fault(self, status: int, detail: str | None, **headers: str) -> None:
        body = b"<html>no API</html>" if detail is None else json.dumps({"detail": detail}).encode()
        self.faults.append((status, headers, body))

    def count(self, part: str) -> int:
        return sum(part in request for request in self.requests)


class _Handler(BaseHTTPRequestHandler):
    site: FreesoundServer

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self.site.requests.append(self.path)
        parts = urlsplit(self.path)
        if self.site.faults:
            status, headers, body = self.site.faults.pop(0)
            self._send(status, body, headers)
        elif found := re.fullmatch(r"/previews/(\d+)-(?:hq|lq)\.(\w+)", parts.path):
            self._recording(int(found[1]), found[2])
        elif self.headers.get("Authorization") not in (f"Token {KEY}", f"Bearer {BEARER}"):
            self._json(401, {"detail": "Authentication credentials were not provided."})
        elif parts.path == "/apiv2/search/text/":
            self._search({name: values[0] for name, values in parse_qs(parts.query).items()})
        elif found := re.fullmatch(r"/apiv2/sounds/(\d+)/", parts.path):
            self._sound(int(found[1]), parse_qs(parts.query))
        elif found := re.fullmatch(r"/apiv2/sounds/(\d+)/download/", parts.path):
            self._original(int(found[1]))
        else:
            self._json(404, {"detail": "Endpoint does not exist"})

    def _search(self, asked: dict[str, str]) -> None:
        size, page = min(int(asked.get("page_size", 15)), 150), int(asked.get("page", 1))
        matching = [
            s for s in self.site.sounds.values() if self._matches(s, asked.get("filter", ""))
        ]
        matching.sort(key=lambda sound: sound["id"])
        start = (page - 1) * size
        if start and start >= len(matching):
            self._json(404, {"detail": "Invalid page."})
            return
        fields = asked.get("fields", DEFAULT_FIELDS).split(",")
        shown = [{f: s.get(f) for f in fields} for s in matching[start : start + size]]

        def link(number: int) -> str:
            return f"{self.site.address}search/text/?{urlencode({**asked, 'page': number})}"

        more = start + size < len(matching)
        answer = {"count": len(matching), "previous": link(page - 1) if page > 1 else None}
        self._json(200, answer | {"next": link(page + 1) if more else None, "results": shown})

    def _matches(self, sound: dict[str, Any], text: str) -> bool:
        if sound["id"] in self.site.hidden_from_search:
            return False
        if found := re.search(r"id:\(([\d OR]+)\)", text):
            return str(sound["id"]) in found[1].split(" OR ")
        names = re.search(r"license:\(([^)]*)\)", text)
        bounds = re.search(r"duration:\[(\S+) TO (\S+)\]", text)
        low, high = bounds.groups() if bounds else ("*", "*")
        return (
            (
                not names
                or sound["license"] in [LICENSES[n] for n in re.findall(r'"([^"]+)"', names[1])]
            )
            and (low == "*" or sound["duration"] >= float(low))
            and (high == "*" or sound["duration"] <= float(high))
        )

    def _sound(self, number: int, asked: dict[str, list[str]]) -> None:
        if number not in self.site.sounds:
            self._json(404, {"detail": "Not found."})
            return
        sound = self.site.sounds[number]
        fields = asked.get("fields", [",".join(sound)])[0].split(",")
        self._json(200, {field: sound[field] for field in fields})

    def _original(self, number: int) -> None:
        if self.headers.get("Authorization") != f"Bearer {BEARER}":
            self._json(401, {"detail": "OAuth2 authentication required for this API resource."})
        elif number not in self.site.sounds:
            self._json(404, {"detail": "Not found."})
        else:
            self._recording(number, self.site.sounds[number]["type"])

    def _recording(self, number: int, kind: str) -> None:
        if number not in self.site.sounds:
            self._send(404, b"<html>nginx</html>", {})
            return
        content = self.site.sounds[number].get("content") or recording(number, kind)
        self._send(200, content, {"Content-Type": "audio/x"})

    def _json(self, status: int, content: object) -> None:
        self._send(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def recording(number: int, kind: str) -> bytes:
    """Half a second of noise, another for each number."""
    samples = np.random.default_rng(number).normal(0, 0.1, 8000).astype(np.float32)
    handle = io.BytesIO()
    soundfile.write(handle, samples, 16_000, format=kind.upper())
    return handle.getvalue()


@contextmanager
def freesound_on_loopback() -> Iterator[FreesoundServer]:
    server = FreesoundServer()
    try:
        yield server
    finally:
        server.close()
