"""Whose request it is, as far as an address says so.

``X-Forwarded-For`` is a list to which each proxy appends whom it heard. Only the entries that the
operator's own proxies appended can be believed: the last ``TRUSTED_PROXIES``. What stands before
them, the visitor may have written.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"
_SITE_BITS = 64
"""One subscriber holds at least a /64 of IPv6: its addresses count as one."""


def client_address(request: HttpRequest) -> str:
    """Return the visitor's address, for counting; ``unknown`` where there is none to believe."""
    return _written(_nearest_stranger(request))


def _nearest_stranger(request: HttpRequest) -> str:
    """Return what the outermost of the trusted proxies heard."""
    hops = settings.TRUSTED_PROXIES
    if not hops:
        return request.META.get("REMOTE_ADDR", "")
    heard = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    return heard[-hops] if len(heard) >= hops else request.META.get("REMOTE_ADDR", "")


def _written(address: str) -> str:
    try:
        found: IPv4Address | IPv6Address = ip_address(address.strip())
    except ValueError:
        return UNKNOWN
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or IPv6Address(int(found) >> _SITE_BITS << _SITE_BITS)
    return str(found)
