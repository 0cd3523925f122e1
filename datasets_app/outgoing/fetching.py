"""Calls an address that somebody gave, and only where that is safe.

Every request to such an address goes through ``fetch`` or ``download``: the URL is read strictly,
the name resolved once, every address of it checked, and the connection made to a checked address
itself; so is each redirect. What comes back is bounded in time and size, packed and unpacked.
"""

import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

from django.conf import settings

from datasets_app.domain.errors import RuleError
from datasets_app.domain.outgoing.addresses import (
    Address,
    AllowedPlaces,
    Place,
    check_place,
    parse_allowed,
    parse_place,
)
from datasets_app.outgoing.pinned import Deadline, PinnedConnection
from datasets_app.outgoing.resolving import resolve_name

BLOCK_BYTES = 1 << 16
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SECRET_HEADERS = frozenset({"authorization", "cookie"})
USER_AGENT = "Harken"
Resolve = Callable[..., Sequence[Address]]


class AddressRefused(RuleError):
    """The address may not be called; the sentence says why."""


class CallFailed(OSError):
    """Nothing usable came back: no connection, too slow, too large, or not HTTP."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call may take: seconds to connect, for each wait and in all; bytes; redirects.

    An answer with more than ``most_bytes`` is no answer; where ``is_cut``, its beginning is taken.
    """

    connect_s: float = 5.0
    each_s: float = 10.0
    total_s: float = 20.0
    most_bytes: int = 1 << 20
    is_cut: bool = False
    most_redirects: int = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, unpacked. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_ok(self) -> bool:
        """Whether the status says that all went well."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Caller:
    """How calls are made; tests put their own name service and certificates here."""

    limits: Limits = field(default_factory=Limits)
    resolve: Resolve = resolve_name
    allowed: AllowedPlaces | None = None
    tls: ssl.SSLContext | None = None

    def check(self, url: str) -> tuple[Place, list[Address]]:
        """Return where a URL leads and the addresses to connect to.

        Raises
        ------
        AddressRefused
            It may not be called.
        CallFailed
            Its name could not be resolved.
        """
        try:
            place = parse_place(url)
            addresses = self._addresses(place)
            check_place(place, addresses, self._allowed())
        except RuleError as error:
            raise AddressRefused(error.problems) from error
        return place, addresses

    def _addresses(self, place: Place) -> list[Address]:
        if place.literal is not None:
            return [place.literal]
        try:
            return list(self.resolve(place.host, timeout_s=self.limits.connect_s))
        except OSError as error:
            raise CallFailed(f"{place.host} cannot be resolved: {error}") from error

    def _allowed(self) -> AllowedPlaces:
        if self.allowed is not None:
            return self.allowed
        return parse_allowed(settings.OUTGOING_ALLOWED_HOSTS)


def check_address(url: str, *, caller: Caller | None = None) -> None:
    """Raise unless an address may be called now.

    Raises
    ------
    AddressRefused
        It may not; the sentence says why.
    CallFailed
        Its name could not be resolved.
    """
    (caller or Caller()).check(url)


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    caller: Caller | None = None,
) -> Answer:
    """Call an address and return what it answers, whatever the status.

    Redirects are followed for GET alone, each one checked like the first; on the way to another
    origin, secrets in ``headers`` are left out.

    Raises
    ------
    AddressRefused
        The address, or one it redirects to, may not be called.
    CallFailed
        No connection, too slow, more than the limits allow, too many redirects, or no HTTP.
    """
    parts: list[bytes] = []

    def take(answer: Answer, part: bytes) -> None:
        parts.append(part)

    answer = _call(url, method, headers, body, caller or Caller(), take)
    return Answer(answer.status, answer.headers, b"".join(parts))


def download(
    url: str,
    target: Path,
    *,
    headers: Mapping[str, str] | None = None,
    caller: Caller | None = None,
) -> Answer:
    """Write the body of a good answer to a file, which appears whole or not at all.

    Of an answer that is no success the first bytes come back as ``body`` and no file is written.

    Raises
    ------
    AddressRefused, CallFailed
        As ``fetch``.
    OSError
        The file cannot be written.
    """
    partial = target.with_name(f".{target.name}.part")
    said: list[bytes] = []

    def take(answer: Answer, part: bytes) -> None:
        if answer.is_ok:
            handle.write(part)
        elif not said:
            said.append(part)

    try:
        handle: BinaryIO
        with partial.open("wb") as handle:
            answer = _call(url, "GET", headers, None, caller or Caller(), take)
        if answer.is_ok:
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return Answer(answer.status, answer.headers, b"".join(said))


def _call(
    url: str,
    method: str,
    headers: Mapping[str, str] | None,
    body: bytes | None,
    caller: Caller,
    take: Callable[[Answer, bytes], None],
) -> Answer:
    """Follow redirects to an answer and hand its body over in parts."""
    limits = caller.limits
    deadline = Deadline(limits.total_s, limits.each_s)
    sent = {"User-Agent": USER_AGENT, **(headers or {}), "Accept-Encoding": "identity"}
    for _ in range(limits.most_redirects + 1):
        place, addresses = caller.check(url)
        connection = PinnedConnection(
            place, addresses, connect_s=limits.connect_s, deadline=deadline, tls=caller.tls
        )
        try:
            connection.request(
                method, place.path, body=body, headers={**sent, "Host": place.host_header}
            )
            response = connection.getresponse()
            answer = Answer(response.status, _plain(response.headers))
            target = answer.headers.get("location")
            if method != "GET" or response.status not in REDIRECTS or not target:
                for part in _body(response, answer, limits):
                    take(answer, part)
                return answer
        except (OSError, HTTPException, zlib.error, ValueError) as error:
            raise CallFailed(f"{place.host} did not answer as it should: {_told(error)}") from error
        finally:
            connection.hang_up()
        url, sent = _next_hop(url, target, place, sent)
    raise CallFailed(f"{url[:80]!r} is more than {limits.most_redirects} redirects away.")


def _next_hop(
    url: str, target: str, place: Place, sent: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Return where a redirect leads and the headers that may go there."""
    try:
        url = urljoin(url, target)
        following = parse_place(url)
    except RuleError as error:
        raise AddressRefused(error.problems) from error
    except ValueError as error:
        raise CallFailed(f"{place.host} redirects to no address: {error}") from error
    if place.is_secure and not following.is_secure:
        raise AddressRefused(f"{place.host} redirects from https to http, which is not followed.")
    if following.origin == place.origin:
        return url, dict(sent)
    return url, {name: text for name, text in sent.items() if name.lower() not in SECRET_HEADERS}


def _plain(headers: Message) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}


def _body(response: HTTPResponse, answer: Answer, limits: Limits) -> Iterator[bytes]:
    """Yield the unpacked body in parts; the limit holds for it packed and unpacked."""
    most_bytes = limits.most_bytes
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise CallFailed(f"its answer is packed as {coding[:20]!r}, which was not asked for")
    unpack = zlib.decompressobj(wbits=47) if coding not in ("identity", "") else None
    announced = response.length
    n_read = n_given = 0
    while packed := response.read1(BLOCK_BYTES):
        n_read += len(packed)
        part = unpack.decompress(packed, most_bytes - n_given + 1) if unpack else packed
        n_given += len(part)
        if max(n_read, n_given) > most_bytes:
            if limits.is_cut:
                yield part[: max(0, len(part) - n_given + most_bytes)]
                return
            raise CallFailed(f"its answer has more than the {most_bytes:,} bytes allowed")
        if part:
            yield part
    if n_read < (announced or 0) or (unpack and n_read and not unpack.eof):
        raise CallFailed("its answer ended too early")


def _told(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return str(error) if "exchange" in str(error) else "it is too slow"
    return str(error) or type(error).__name__
