"""HTML that is safe by construction: whatever is not made by ``tag`` is escaped."""

from __future__ import annotations

import html
from typing import Any


class Html(str):
    """Text that is HTML already; only this module and files of ours make it."""

    __slots__ = ()


Child = Html | str | int | None
"""What may stand in an element; None stands for nothing."""


def tag(name: str, /, *children: Child | list[Html], **attributes: Any) -> Html:
    """Return an element; a trailing ``_`` of an attribute's name goes, other ``_`` become ``-``.

    Attributes that are None or False are left out, True stands alone.

    >>> tag("p", "5 < 6", class_="note", hidden=True)
    '<p class="note" hidden>5 &lt; 6</p>'
    """
    return Html(f"<{name}{_attributes(attributes)}>{join(*children)}</{name}>")


def void(name: str, /, **attributes: Any) -> Html:
    """Return an element that has no content, such as ``img``."""
    return Html(f"<{name}{_attributes(attributes)}>")


def join(*children: Child | list[Html]) -> Html:
    """Return the children one after the other, text escaped.

    >>> join("a&b", tag("i", "c"), None, [Html("<hr>")])
    'a&amp;b<i>c</i><hr>'
    """
    return Html("".join(_markup(child) for child in children))


def _markup(child: Child | list[Html]) -> str:
    if child is None:
        return ""
    if isinstance(child, list):
        return "".join(_markup(item) for item in child)
    return str(child) if isinstance(child, Html) else html.escape(str(child))


def _attributes(attributes: dict[str, Any]) -> str:
    parts = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        plain = name.rstrip("_").replace("_", "-")
        parts.append(f" {plain}" if value is True else f' {plain}="{html.escape(str(value))}"')
    return "".join(parts)
