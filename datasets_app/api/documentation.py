"""What the description (OpenAPI 3.1) says of each operation, noted beside the code that does it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from datasets_app.api.errors import PROBLEM
from datasets_app.api.rights import Needs

Method = Callable[..., Any]
Shape = type[serializers.Serializer]
_SAID: dict[int, str] = {
    400: "What was sent cannot be read; the sentence says what is allowed.",
    401: "No token, or one that is not known.",
    403: "Not for this role, or not in the token's scopes.",
    404: "There is nothing for this caller at the address.",
    406: "The Accept header allows no JSON.",
    409: "Not as things stand now; the sentence says why.",
    412: "It has changed since it was read.",
    415: "The body is not JSON.",
    422: "The Idempotency-Key was used for another request.",
    428: "If-Match is missing.",
    429: "Too many requests in this minute; Retry-After says how many seconds to wait.",
    500: "Our mistake; it is in the log.",
}
_ALWAYS = (400, 401, 403, 406, 429, 500)


class ProblemShape(serializers.Serializer):
    """A refusal (RFC 9457)."""

    type = serializers.CharField(help_text="Always about:blank: the status says what kind it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What was received, what is allowed, what to do.")
    conflict = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text="Two answers of one person: saved and given.",
    )


def operation(
    name: str,
    summary: str,
    *,
    needs: Needs,
    reply: Shape | None = None,
    status: int = 200,
    query: Shape | None = None,
    body: Shape | None = None,
    errors: Sequence[int] = (),
    pages: bool = False,
    tagged: bool = False,
    matched: bool = False,
    repeatable: bool = False,
    located: bool = False,
) -> Callable[[Method], Method]:
    """Note what a view's method needs, takes and gives.

    ``pages``: it gives one page of a list of ``reply``. ``tagged``: with ETag. ``matched``: it
    needs If-Match. ``repeatable``: it heeds Idempotency-Key. ``located``: with Location.
    """
    shape = _page_of(reply) if pages and reply else reply
    codes = {*_ALWAYS, *errors}
    codes |= {415} if body else set()
    codes |= {422} if repeatable else set()
    codes |= {412, 428} if matched else set()
    told: dict[Any, OpenApiResponse] = {status: OpenApiResponse(shape, HTTPStatus(status).phrase)}
    if tagged:
        told[304] = OpenApiResponse(None, "The caller has this state already.")
    told |= {(code, PROBLEM): OpenApiResponse(ProblemShape, _SAID[code]) for code in sorted(codes)}
    parameters = _headers(status, tagged, matched, repeatable, located)
    noted = extend_schema(
        operation_id=name,
        summary=summary,
        request=body,
        responses=told,
        parameters=[*([query] if query else []), *parameters],
        auth=[{"token": []}, {"session": []}, *([{}] if needs.is_open else [])],
    )

    def note(method: Method) -> Method:
        method.needs, method.query = needs, query  # type: ignore[attr-defined]
        return noted(method)

    return note


@cache
def _page_of(shape: Shape) -> Shape:
    name = shape.__name__.removesuffix("Shape")
    return inline_serializer(
        f"{name}Page",
        {
            "results": shape(many=True),
            "next": serializers.URLField(
                allow_null=True, help_text="The next page; null at the end."
            ),
        },
    )


def _headers(
    status: int, tagged: bool, matched: bool, repeatable: bool, located: bool
) -> list[OpenApiParameter]:
    def header(name: str, said: str, **more: Any) -> OpenApiParameter:
        return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=said, **more)

    found = [header("Retry-After", "Seconds to wait.", response=[429])]
    if tagged or matched:
        found.append(header("ETag", "The tag of this state.", response=[status]))
    if tagged:
        found.append(header("If-None-Match", "The ETag one has; 304 where it still holds."))
    if matched:
        found.append(header("If-Match", "The ETag that was read; 428 where it is missing."))
    if repeatable:
        said = "Any text of one's own; the same request under the same key counts once (24 hours)."
        found.append(header("Idempotency-Key", said))
    if located:
        found.append(header("Location", "Where it can be followed.", response=[status]))
    return found


class DescribedView(AutoSchema):
    """Groups operations by the resource that a view names."""

    def get_tags(self) -> list[str]:
        """Return the view's group."""
        return [getattr(self.view, "group", "api")]

    def get_serializer_name(self, serializer: serializers.Serializer, direction: str) -> str:
        """Return the record's name: ``Clip`` of ``ClipShape``."""
        return super().get_serializer_name(serializer, direction).removesuffix("Shape")

    def get_description(self) -> str:
        """Return what the method's docstring says beyond its first line."""
        method = getattr(self.view, self.method.lower(), None)
        return _paragraphs(getattr(method, "__doc__", "") or "")


def _paragraphs(docstring: str) -> str:
    _, _, rest = docstring.partition("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in rest.split("\n\n")).strip()


class _TokenScheme(OpenApiAuthenticationExtension):
    target_class = "datasets_app.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> Mapping[str, str]:
        """Describe the header."""
        return {"type": "http", "scheme": "bearer", "description": "A token of one's own: hk_…"}


class _SessionScheme(OpenApiAuthenticationExtension):
    target_class = "datasets_app.api.authentication.SiteSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> Mapping[str, str]:
        """Describe the cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
