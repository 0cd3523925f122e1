"""Every address of the site, as the site itself lists them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver

from annotator.addresses import MidConverter

SHAPES = ("format", "drf_format_suffix")
"""Parameters that choose how an answer is written, and name no record."""


class Address(NamedTuple):
    """One pattern: its name with its namespaces (else its route), and what it takes."""

    name: str
    route: str
    params: tuple[str, ...]
    view: Any

    def __str__(self) -> str:
        return self.name

    def path(self, values: Mapping[str, Any]) -> str:
        """Return the path with ``values`` in their places."""
        found = self.route
        for param in self.params:
            value = values[param]
            written = MidConverter().to_url(value) if param == "mid" else str(value)
            found = re.sub(rf"<(\w+:)?{param}>", lambda _, w=written: quote(w, safe="/"), found)
        return f"/{found}"


def all_addresses() -> list[Address]:
    """Return every address below the site's root; Django's admin and patterns for all aside."""
    found = _walk(get_resolver(), "", "", ())
    return [a for a in found if not a.route.startswith("admin/") and "^" not in a.route]


def _walk(
    resolver: URLResolver, route: str, space: str, outer: tuple[str, ...]
) -> Iterator[Address]:
    for found in resolver.url_patterns:
        here = route + str(found.pattern)
        params = outer + tuple(_params(found))
        if isinstance(found, URLPattern):
            yield Address(
                f"{space}{found.name}" if found.name else here, here, params, found.callback
            )
        else:
            inner = f"{space}{found.namespace}:" if found.namespace else space
            yield from _walk(found, here, inner, params)


def _params(found: URLPattern | URLResolver) -> list[str]:
    named = list(found.pattern.converters) or list(found.pattern.regex.groupindex)
    return [name for name in named if name not in SHAPES]
