"""Which addresses the site may call when somebody else names them.

Conventions: an IPv4 address that is written inside an IPv6 address (IPv4-mapped, NAT64, ISATAP) is
looked at itself; 6to4 and Teredo are refused whole. Allowed is what is left when everything special
is taken away; so an address space that is not known here is refused.

Source: the IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and its
successors), read in 2025, whole: also the few entries that are reachable from everywhere. Beyond
these, 168.63.129.16, where Azure answers its machines.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from urllib.parse import SplitResult, urlsplit

from datasets_app.domain.errors import RuleError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ALLOWED_PORTS = frozenset({80, 443, 8000, 8080, 8443})
LONGEST_URL = 2000
DEFAULT_PORTS = {"http": 80, "https": 443}

SPECIAL_V4 = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.0.2.0/24"),
    IPv4Network("192.31.196.0/24"),
    IPv4Network("192.52.193.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("192.175.48.0/24"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("198.51.100.0/24"),
    IPv4Network("203.0.113.0/24"),
    IPv4Network("224.0.0.0/4"),
    IPv4Network("240.0.0.0/4"),
    IPv4Network("168.63.129.16/32"),
)
GLOBAL_V6 = IPv6Network("2000::/3")
"""All that is given out for use on the internet."""
SPECIAL_V6 = (
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("2620:4f:8000::/48"),
    IPv6Network("3fff::/20"),
)
NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)
_LOW_32_BITS = 0xFFFFFFFF

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: ``host`` is a name in lower case without its last dot, or an address."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None = None

    @property
    def is_secure(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme == "https"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what must stay the same for a password to be sent along."""
        return self.scheme, self.host, self.port

    @property
    def host_header(self) -> str:
        """What the Host header says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == DEFAULT_PORTS[self.scheme] else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class AllowedPlaces:
    """What an operator allows beyond the public internet: names and networks, on every port."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()


def parse_allowed(entries: Sequence[str]) -> AllowedPlaces:
    """Read an operator's list of host names, addresses and networks.

    Raises
    ------
    RuleError
        An entry is none of these.

    Examples
    --------
    >>> parse_allowed(["hooks.lan", "10.1.0.0/16"]).networks
    (IPv4Network('10.1.0.0/16'),)
    """
    names: set[str] = set()
    networks: list[Network] = []
    for entry in entries:
        try:
            networks.append(ip_network(entry))
        except ValueError as error:
            name = entry.lower().removesuffix(".")
            if not _NAME.fullmatch(name) or _ends_in_number(name):
                raise RuleError(
                    f"{entry[:80]!r} is neither a host name nor an address or network such as "
                    "10.1.0.0/16; correct it."
                ) from error
            names.add(name)
    return AllowedPlaces(frozenset(names), tuple(networks))


def parse_place(url: str) -> Place:
    """Read a URL that somebody gave, in the one way it may be written.

    Raises
    ------
    RuleError
        It is not http or https, holds a user name or password, has a port out of range or a host
        that is no plain name or address (numbers such as ``0x7f000001``, ``127.1``, ``0177.0.0.1``
        are read differently by different programs, so by none here).

    Examples
    --------
    >>> parse_place("https://Hooks.Example./new?a=1")
    Place(scheme='https', host='hooks.example', port=443, path='/new?a=1', literal=None)
    >>> parse_place("http://0x7f000001/")
    Traceback (most recent call last):
    ...
    datasets_app.domain.errors.RuleError: 0x7f000001 is a number, not a host; write a name or four \
numbers with dots.
    """
    if len(url) > LONGEST_URL or re.search(r"[\x00-\x20\x7f\\]", url) or not url.isprintable():
        raise RuleError(
            f"An address has at most {LONGEST_URL} characters, without blanks, backslashes or "
            "invisible signs; write it anew."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RuleError(f"{url[:80]!r} is no address of a page: {error}.") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise RuleError(f"{url[:80]!r} must begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise RuleError("An address must not hold a user name or password before the host.")
    host, literal = _read_host(parts)
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if not port:
        raise RuleError("Port 0 cannot be called; give another one.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise RuleError("What follows the host must be written in ASCII, other signs as %xx.")
    return Place(parts.scheme, host, port, path, literal)


def _read_host(parts: SplitResult) -> tuple[str, Address | None]:
    text = parts.hostname or ""
    if "[" in parts.netloc:
        if "%" in text or not parts.netloc.startswith("["):
            raise RuleError(f"{parts.netloc[:80]!r} is no host; a zone (%) is not allowed.")
        try:
            literal: Address = IPv6Address(text)
        except ValueError as error:
            raise RuleError(f"{text[:80]!r} is no IPv6 address.") from error
        return str(literal), literal
    try:
        name = text.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError as error:
        raise RuleError(f"{text[:80]!r} is no host name.") from error
    if _ends_in_number(name):
        try:
            literal = IPv4Address(name)
        except ValueError as error:
            raise RuleError(
                f"{name[:80]} is a number, not a host; write a name or four numbers with dots."
            ) from error
        return str(literal), literal
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise RuleError(f"{text[:80]!r} is no host name.")
    return name, None


def _ends_in_number(name: str) -> bool:
    """Say whether programs read a name as an IPv4 address (WHATWG URL, "ends in a number")."""
    return bool(_NUMBER.fullmatch(name.rpartition(".")[2]))


def embedded_address(address: Address) -> Address:
    """Return the IPv4 address that a mapped or NAT64 address stands for, else the address itself.

    Examples
    --------
    >>> str(embedded_address(IPv6Address("::ffff:127.0.0.1")))
    '127.0.0.1'
    >>> str(embedded_address(IPv6Address("64:ff9b::10.0.0.1")))
    '10.0.0.1'
    """
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & _LOW_32_BITS) if address in NAT64 else address


def is_public(address: Address) -> bool:
    """Say whether an address is one of the public internet and nothing else.

    An address of ISATAP must be public without and within.

    Examples
    --------
    >>> is_public(IPv4Address("93.184.215.14")), is_public(IPv4Address("169.254.169.254"))
    (True, False)
    """
    inner = embedded_address(address)
    if isinstance(inner, IPv4Address):
        return not any(inner in network for network in SPECIAL_V4)
    if (int(inner) >> 32) & _LOW_32_BITS in _ISATAP and not is_public(
        IPv4Address(int(inner) & _LOW_32_BITS)
    ):
        return False
    return inner in GLOBAL_V6 and not any(inner in network for network in SPECIAL_V6)


def check_place(place: Place, addresses: Sequence[Address], allowed: AllowedPlaces) -> None:
    """Raise unless every one of the addresses that a place's host stands for may be called.

    Raises
    ------
    RuleError
        There is none, one of them is not of the public internet, or the port is none of
        ``ALLOWED_PORTS``; what ``allowed`` names may be called in spite of both.
    """
    if not addresses:
        raise RuleError(f"{place.host} stands for no address; correct the name.")
    if place.host in allowed.names:
        return
    others = [address for address in addresses if not _is_allowed(address, allowed)]
    for address in others:
        if not is_public(address):
            raise RuleError(
                f"{place.host} leads to an address that is private or reserved; only addresses of "
                "the public internet are called, and those that the operator lists in "
                "OUTGOING_ALLOWED_HOSTS."
            )
    if others and place.port not in ALLOWED_PORTS:
        ports = ", ".join(str(port) for port in sorted(ALLOWED_PORTS))
        raise RuleError(f"Port {place.port} is not called; the ports allowed are {ports}.")


def _is_allowed(address: Address, allowed: AllowedPlaces) -> bool:
    inner = embedded_address(address)
    return any(inner in network for network in allowed.networks if network.version == inner.version)
