"""Looks at a running site from outside, over TLS, as a browser and an operator would."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from trying.place import Place, stop_processes
from trying.sample_collection import make_collection

LEAVE_S = 8.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass(slots=True)
class Browser:
    """One visitor: TLS to nginx on the loopback address, with cookies."""

    place: Place
    cookies: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Morsel[str]] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """Send one request and keep the cookies of the answer."""
        context = ssl.create_default_context(
            cafile=str(self.place.folder / "etc/tls/fullchain.pem")
        )
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.place.https_port, timeout=30, context=context
        )
        connection.sock = context.wrap_socket(
            _connect(self.place.https_port), server_hostname=self.place.site
        )
        sent = {"Host": self.place.site} | {k.replace("_", "-"): v for k, v in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, sent)
        got = connection.getresponse()
        answer = Answer(got.status, got.headers, got.read())
        connection.close()
        for line in got.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name], self.kept[name] = morsel.value, morsel
        return answer

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form as the page before would."""
        token = next((v for name, v in self.cookies.items() if name.endswith("csrftoken")), "")
        fields["csrfmiddlewaretoken"] = token
        return self.ask(
            "POST",
            path,
            urlencode(fields),
            Content_Type="application/x-www-form-urlencoded",
            Referer=f"https://{self.place.site}{path}",
        )


def check_site(place: Place) -> int:
    """Run every check, saying each; return how many passed.

    Raises
    ------
    AssertionError
        A check failed; the message says what was seen.
    """
    visitor = Browser(place)
    make_collection(place)
    for n, check in enumerate(CHECKS, 1):
        check(visitor)
        print(f"           ok {n}: {(check.__doc__ or '').strip()}", flush=True)
    return len(CHECKS)


def plain_http_leads_to_tls(visitor: Browser) -> None:
    """Plain HTTP is answered by the way to TLS."""
    answer = _plain(visitor.place.http_port, "/me/", visitor.place.site)
    assert answer.status == 301, answer
    assert answer.headers["Location"] == f"https://{visitor.place.site}/me/", answer.headers


def health_over_tls(visitor: Browser) -> None:
    """/health/ answers over TLS, with HSTS, and under nginx's request id."""
    answer = visitor.ask("GET", "/health/")
    assert (answer.status, json.loads(answer.body)["ok"]) == (200, True), answer
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])
    assert answer.headers["Server"] == "nginx"


def other_names_are_refused(visitor: Browser) -> None:
    """A name that is not the site's is refused."""
    answer = visitor.ask("GET", "/sign-in/", Host="elsewhere.example")
    assert answer.status == 400, answer.status


def signing_in(visitor: Browser) -> None:
    """One signs in with real HTTP; the cookies are for TLS alone."""
    page = visitor.ask("GET", "/sign-in/")
    assert page.status == 200, page
    for name in ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"):
        assert page.headers[name], f"no {name}"
    assert page.headers["X-Frame-Options"] == "DENY"
    wrong = visitor.post("/sign-in/", username="admin", password="wrong")
    assert wrong.status == 200, wrong.status
    right = visitor.post("/sign-in/", username="admin", password=visitor.place.password)
    assert right.status == 302, right.body[:500]
    session = next(m for name, m in visitor.kept.items() if "session" in name)
    assert session["secure"] and session["httponly"] and session["samesite"] == "Lax"
    assert all(morsel["secure"] for morsel in visitor.kept.values())
    home = visitor.ask("GET", "/")
    assert home.status == 200, home.status
    assert b"trial" in home.body, "the home page shows no collection"


def static_files(visitor: Browser) -> None:
    """nginx itself sends static files, compressed, to be kept for a year."""
    page = Browser(visitor.place).ask("GET", "/sign-in/").body.decode()
    style = re.search(r"/static/[^\"]+\.css", page)
    assert style, "the page names no style sheet"
    answer = visitor.ask("GET", style[0], Accept_Encoding="gzip")
    assert answer.status == 200, (style[0], answer.status)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "X-Request-Id" not in answer.headers, "the site sent it, not nginx"


def a_part_of_a_recording(visitor: Browser) -> None:
    """A player gets the part of a recording it asks for."""
    uuid = (visitor.place.folder / "clip.txt").read_text().strip()
    path = f"/media/clips/{uuid}/preview.mp3"
    answer = visitor.ask("GET", path, Range="bytes=100-199")
    assert answer.status == 206, answer.status
    assert len(answer.body) == 100
    assert answer.headers["Content-Range"].startswith("bytes 100-199/")
    assert Browser(visitor.place).ask("GET", path).status in (302, 403, 404)


def a_released_file(visitor: Browser) -> None:
    """nginx sends a released file where the site lets it, and never when asked directly."""
    released = (visitor.place.folder / "release.txt").read_text().strip()
    answer = visitor.ask("GET", released, Range="bytes=0-9")
    assert (answer.status, len(answer.body)) == (206, 10), (
        released,
        answer.status,
        answer.body[:300],
    )
    assert "X-Accel-Redirect" not in answer.headers
    assert visitor.ask("GET", "/protected/trial-1.0/README.md").status == 404


def large_bodies_are_refused(visitor: Browser) -> None:
    """A body over the limit is refused before it is read."""
    answer = visitor.ask("POST", "/sign-in/", None, Content_Length=str(33 * 2**20))
    assert answer.status == 413, answer.status


def figures(visitor: Browser) -> None:
    """/metrics answers on the machine and not through the proxy."""
    assert visitor.ask("GET", "/metrics").status == 404
    assert visitor.ask("GET", "/metrics", Authorization="Bearer x").status == 404
    place = visitor.place
    answer = _plain(place.port, "/metrics", place.site, X_Forwarded_Proto="https")
    text = answer.body.decode()
    assert answer.status == 200, answer.status
    for process in ("curation", "learning", "follower"):
        assert f'harken_workers_alive{{process="{process}"}} 1.0' in text, text[:3000]
    assert re.search(r'harken_http_responses_total\{[^}]*view="sign-in"\} [1-9]', text)


def logs(visitor: Browser) -> None:
    """Site and nginx log JSON lines under one request id, without passwords and paths."""
    name = visitor.ask("GET", "/collections/trial/").headers["X-Request-Id"]
    time.sleep(0.3)
    folder = visitor.place.folder / "log"
    lines = [json.loads(line) for line in _lines(folder / "harken-web.log")]
    assert [line["view"] for line in lines if line.get("request_id") == name] == ["collection"]
    seen = [json.loads(line) for line in _lines(folder / "harken.log")]
    assert [line["status"] for line in seen if line["request_id"] == name] == [200]
    everything = "".join(file.read_text(errors="replace") for file in folder.glob("harken*.log"))
    environment = (visitor.place.folder / "etc/harken.env").read_text()
    secret = re.search(r"SECRET_KEY=(\w+)", environment)
    database = re.search(r"postgres://\w+:(\w+)@", environment)
    assert secret and database
    for word in (visitor.place.password, secret[1], database[1], "/collections/trial"):
        assert word not in everything, "a log holds what it must not"


def guessing_is_slowed(visitor: Browser) -> None:
    """Whoever guesses passwords is slowed down."""
    guesser = Browser(visitor.place)
    guesser.ask("GET", "/sign-in/")
    answers = [guesser.post("/sign-in/", username="nobody", password=str(n)) for n in range(16)]
    assert {answer.status for answer in answers} & {429, 403}, [a.status for a in answers]


def everything_leaves_when_asked(visitor: Browser) -> None:
    """Every process leaves within seconds of being asked."""
    took = stop_processes(visitor.place)
    late = {name: f"{seconds:.1f} s" for name, seconds in took.items() if seconds > LEAVE_S}
    assert len(took) == 6 and not late, f"{took}"


CHECKS: tuple[Callable[[Browser], None], ...] = (
    plain_http_leads_to_tls,
    health_over_tls,
    other_names_are_refused,
    signing_in,
    static_files,
    a_part_of_a_recording,
    a_released_file,
    large_bodies_are_refused,
    figures,
    logs,
    guessing_is_slowed,
    everything_leaves_when_asked,
)


def _connect(port: int):
    import socket

    return socket.create_connection(("127.0.0.1", port), timeout=30)


def _plain(port: int, path: str, host: str, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {"Host": host} | {k.replace("_", "-"): v for k, v in headers.items()}
    connection.request("GET", path, headers=sent)
    got = connection.getresponse()
    answer = Answer(got.status, got.headers, got.read())
    connection.close()
    return answer


def _lines(path: Path) -> Iterator[str]:
    return iter(path.read_text(encoding="utf-8").splitlines())
