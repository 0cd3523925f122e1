"""The description of the API, arranged for reading."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")
_UNSAID = frozenset({"400", "401", "403", "406", "415", "429", "500"})
"""Refusals that every address may give; the page names them once."""


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter, a header or a member of a body: its name, its type, and what it is."""

    name: str
    kind: str
    said: str
    is_needed: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked."""

    name: str
    method: str
    path: str
    summary: str
    said: str
    is_open: bool
    query: list[Part]
    headers: list[Part]
    body: list[Part]
    reply: list[Part]
    replies: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one resource."""

    name: str
    key: str
    operations: list[Operation]


@cache
def reference_groups() -> list[Group]:
    """Return every operation by its resource, in the order a clip passes them; made once."""
    description = SchemaGenerator().get_schema(request=None, public=True)
    shapes = description["components"]["schemas"]
    found: dict[str, list[Operation]] = {}
    for path, methods in description["paths"].items():
        for method in METHODS:
            if method in methods:
                told = methods[method]
                found.setdefault(told["tags"][0], []).append(_operation(path, method, told, shapes))
    names = sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else 99, name))
    return [Group(name, name.lower(), found[name]) for name in names]


_ORDER = ("Collections", "Classes", "Clips", "Nominations", "Votes", "Labels", "Splits", "Releases")


def _operation(path: str, method: str, told: dict[str, Any], shapes: dict[str, Any]) -> Operation:
    parameters = told.get("parameters", [])
    replies = told["responses"].items()
    return Operation(
        name=told["operationId"],
        method=method.upper(),
        path=path.removeprefix("/api/v1"),
        summary=told.get("summary", ""),
        said=told.get("description", ""),
        is_open={} in told.get("security", []),
        query=[_parameter(p) for p in parameters if p["in"] == "query"],
        headers=[_parameter(p) for p in parameters if p["in"] == "header"],
        body=_members(told.get("requestBody", {}), shapes),
        reply=[
            Part(part.name, part.kind, part.said, False)
            for part in _members(next(r for s, r in replies if s.startswith("2")), shapes)
        ],
        replies=[(status, r["description"]) for status, r in replies if status not in _UNSAID],
    )


def _parameter(told: dict[str, Any]) -> Part:
    said = told.get("description", "")
    return Part(told["name"], _kind(told["schema"]), said, told.get("required", False))


def _members(content: dict[str, Any], shapes: dict[str, Any]) -> list[Part]:
    """Return the members of a JSON body; of a list's page, those of its items."""
    shape = content.get("content", {}).get("application/json", {}).get("schema", {})
    shape = _followed(shape, shapes)
    if "results" in shape.get("properties", {}):
        shape = _followed(shape["properties"]["results"]["items"], shapes)
    needed = shape.get("required", [])
    return [
        Part(name, _kind(part), part.get("description", ""), name in needed)
        for name, part in shape.get("properties", {}).items()
    ]


def _followed(shape: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    name = shape.get("$ref", "").rpartition("/")[2]
    return shapes[name] if name else shape


def _kind(shape: dict[str, Any]) -> str:
    """Say a type in a word or two: its choices, its format, or its name."""
    if "$ref" in shape:
        return shape["$ref"].rpartition("/")[2]
    if "allOf" in shape or "oneOf" in shape:
        return " | ".join(_kind(part) for part in shape.get("allOf") or shape["oneOf"])
    if "enum" in shape:
        return " | ".join(str(value) for value in shape["enum"] if value not in ("", None))
    kinds = shape.get("type", "any")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    names = [shape.get("format", kind) if kind == "string" else kind for kind in kinds]
    if "items" in shape:
        names[0] = f"{_kind(shape['items'])}[]"
    return " | ".join(names)
