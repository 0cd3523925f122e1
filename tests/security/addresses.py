"""Every address of the site, as the site itself lists them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

SHAPES = ("format", "drf_format_suffix")
"""Parameters that choose how an answer is written, and name no record."""


class Address(NamedTuple):
    """One pattern: its name with its namespaces, its route, and the parameters it takes."""

    name: str
    route: str
    params: tuple[str, ...]
    view: Any

    def __str__(self) -> str:
        return self.name


def all_addresses() -> list[Address]:
    """Return every named address below the site's root, Django's admin aside."""
    return [a for a in _walk(get_resolver(), "", "", ()) if not a.route.startswith("admin/")]


def _walk(
    resolver: URLResolver, route: str, space: str, outer: tuple[str, ...]
) -> Iterator[Address]:
    for found in resolver.url_patterns:
        here = route + str(found.pattern)
        params = outer + tuple(_params(found))
        if isinstance(found, URLPattern):
            yield Address(f"{space}{found.name}", here, params, found.callback)
        else:
            inner = f"{space}{found.namespace}:" if found.namespace else space
            yield from _walk(found, here, inner, params)


def _params(found: URLPattern | URLResolver) -> list[str]:
    named = list(found.pattern.converters) or list(found.pattern.regex.groupindex)
    return [name for name in named if name not in SHAPES]
