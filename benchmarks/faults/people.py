"""People whose browsers keep every answer until the site has it, whatever happens to the site."""

import http.client
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field

from benchmarks.annotators.client import ANSWERS, PAGE, page_data
from benchmarks.faults.plan import SHARE_SENT_TWICE

WAIT_S = 0.3


@dataclass(slots=True)
class Given:
    """What the people know: answers that were acknowledged, by person and nomination."""

    wanted: int
    pause_s: float
    acknowledged: dict[tuple[int, str], str] = field(default_factory=dict)
    n_refused: int = 0
    n_tries_lost: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    all_was_broken: threading.Event = field(default_factory=threading.Event)

    @property
    def is_done(self) -> bool:
        """Whether enough was acknowledged while things broke, or something is wrong."""
        is_enough = len(self.acknowledged) >= self.wanted and self.all_was_broken.is_set()
        return is_enough or bool(self.wrong)


class Person(threading.Thread):
    """Fetches pages and answers them until enough is done or ``stop`` is set."""

    def __init__(
        self,
        number: int,
        address: str,
        cookies: dict[str, str],
        given: Given,
        stop: threading.Event,
    ) -> None:
        """Take the cookies of somebody who is signed in."""
        super().__init__(name=f"person-{number}")
        self._number, self._address, self._given, self._stop_now = number, address, given, stop
        self._session = f"{cookies['cookie']}={cookies['session']}"
        self._token = ""
        self._rng = random.Random(number)

    def run(self) -> None:
        """Work."""
        while not (self._given.is_done or self._stop_now.is_set()):
            status, body = self._ask_until_answered("GET", PAGE)
            data = page_data(body) if status == http.client.OK else None
            clips = [clip for clip in data["clips"] if not clip["answer"]] if data else []
            for clip in clips:
                if self._given.is_done or self._stop_now.is_set():
                    return
                self._answer(data["answers_url"], clip["nomination"])
                time.sleep(self._rng.uniform(0, self._given.pause_s))
            if not clips:
                time.sleep(WAIT_S)

    def _answer(self, url: str, nomination: str) -> None:
        answer = self._rng.choice(ANSWERS)
        body = {"nomination": nomination, "answer": answer, "idempotency_key": str(uuid.uuid4())}
        text = json.dumps({**body, "heard_fraction": 1.0, "seen_answer": ""})
        status, said = self._ask_until_answered("POST", url, text)
        given = self._given
        with given.lock:
            if status in (http.client.CONFLICT, http.client.NOT_FOUND):
                given.n_refused += 1
                return
            if status != http.client.OK or json.loads(said) != {"answer": answer}:
                given.wrong.append(f"{status} {said[:200]!r}")
                return
            given.acknowledged[self._number, nomination] = answer
        if self._rng.random() < SHARE_SENT_TWICE:
            again = self._ask_until_answered("POST", url, text)
            if again != (status, said):
                given.wrong.append(f"sent twice: {again[0]} {again[1][:200]!r}")

    def _ask_until_answered(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        """Send until something other than a fault comes back; the same bytes each time."""
        while not self._stop_now.is_set():
            try:
                status, said = self._ask(method, path, body)
            except (OSError, http.client.HTTPException):
                status, said = 0, b""
            if status and status < http.client.INTERNAL_SERVER_ERROR:
                return status, said
            with self._given.lock:
                self._given.n_tries_lost += 1
            time.sleep(WAIT_S)
        return 0, b""

    def _ask(self, method: str, path: str, body: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            headers = {"Cookie": self._session, "Content-Type": "application/json"}
            if self._token:
                headers["X-CSRFToken"] = self._token
                headers["Cookie"] += f"; csrftoken={self._token}"
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            for part in (response.getheader("Set-Cookie") or "").replace(",", ";").split(";"):
                name, _, value = part.strip().partition("=")
                if name == "csrftoken":
                    self._token = value
            return response.status, response.read()
        finally:
            connection.close()
