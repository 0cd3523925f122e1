"""What every address of the API has in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.cache import patch_vary_headers
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets_app.api.cursors import LONGEST, open_place, seal_place
from datasets_app.api.errors import bad_request, not_there
from datasets_app.api.rights import HasRight
from datasets_app.api.throttling import CallerThrottle
from datasets_app.clips.access import visible_collections
from datasets_app.clips.models import Collection

MOST_ITEMS = 200
USUAL_ITEMS = 50
Place = Sequence[Any]


class ListQuery(serializers.Serializer):
    """What every list takes; a list of its own adds its filters."""

    limit = serializers.IntegerField(
        min_value=1,
        max_value=MOST_ITEMS,
        default=USUAL_ITEMS,
        help_text="Items a page holds at most. A page may hold fewer, or none, before the end.",
    )
    cursor = serializers.CharField(
        max_length=LONGEST, required=False, help_text="Where to go on; part of next."
    )


class Resource(APIView):
    """A view whose methods are noted by ``documentation.operation``."""

    permission_classes = [HasRight]
    throttle_classes = [CallerThrottle]
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    group = "api"
    asked: Mapping[str, Any]

    def perform_authentication(self, request: Request) -> None:
        """Find out who calls, and count the call before anything is looked up for it."""
        try:
            super().perform_authentication(request)
        except exceptions.AuthenticationFailed:
            super().check_throttles(request)
            raise
        super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Nothing more: ``perform_authentication`` has counted the call."""

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """Read the query once the caller may ask at all."""
        super().initial(request, *args, **named)
        method = getattr(self, (request.method or "").lower().replace("head", "get"), None)
        if method is not None:
            self.asked = read_query(request, getattr(method, "query", None))

    def finalize_response(self, request: Request, *args: Any, **named: Any) -> Response:
        """Let nobody keep what is one person's."""
        response = super().finalize_response(request, *args, **named)
        patch_vary_headers(response, ("Authorization", "Cookie"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def one_page(
        self, request: Request, shape: type[serializers.Serializer], items: Sequence[Any],
        go_on: Place | None,
    ) -> Response:  # fmt: skip
        """Reply with a page of a list and the address of the next, if ``go_on`` names its place."""
        address = None
        if go_on is not None:
            cursor = seal_place(path=request.path, filters=self._filters(), place=go_on)
            given = {k: v for k, v in request.query_params.items() if k != "cursor"}
            query = urlencode({**given, "cursor": cursor})
            address = request.build_absolute_uri(f"{request.path}?{query}")
        shown = shape(items, many=True, context={"request": request}).data
        return Response({"results": shown, "next": address})

    def place(self, request: Request) -> list[Any] | None:
        """Return the place that the query's cursor names; None at the beginning."""
        cursor = self.asked.get("cursor")
        if cursor is None:
            return None
        return open_place(path=request.path, filters=self._filters(), cursor=cursor)

    def _filters(self) -> dict[str, Any]:
        return {k: v for k, v in self.asked.items() if k not in ("limit", "cursor")}


def read_query(request: Request, shape: type[serializers.Serializer] | None) -> Mapping[str, Any]:
    """Return the query's parameters, checked.

    Raises
    ------
    Problem
        One is not among those the address takes, or stands there twice.
    ValidationError
        One has a value that is not allowed.
    """
    allowed = list(shape().fields) if shape else []
    for name, values in request.query_params.lists():
        if name not in allowed:
            takes = ", ".join(allowed) or "none"
            raise bad_request(
                f"The query parameter {name[:60]!r} is not known here; this address takes: {takes}."
            )
        if len(values) > 1:
            raise bad_request(f"The query parameter {name} stands there twice; give it once.")
    if shape is None:
        return {}
    reader = shape(data=request.query_params.dict())
    reader.is_valid(raise_exception=True)
    return reader.validated_data


def read_body(request: Request, shape: type[serializers.Serializer]) -> dict[str, Any]:
    """Return the body's members, checked; a member that is not known is refused.

    Raises
    ------
    Problem
        The body is no object, or has a member that the address does not take.
    ValidationError
        A member is missing or has a value that is not allowed.
    """
    data = request.data
    if not isinstance(data, dict):
        raise bad_request("The body must be one JSON object.")
    reader = shape(data=data)
    if unknown := sorted(set(map(str, data)) - set(reader.fields)):
        raise bad_request(
            f"The member {unknown[0][:60]!r} is not known here; "
            f"this address takes: {', '.join(reader.fields)}."
        )
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def get_collection(request: Request, name: str) -> Collection:
    """Return a collection that the caller may see.

    Raises
    ------
    Problem
        There is none of that name for them.
    """
    rows = visible_collections(request.user).select_related("ontology")
    found = rows.filter(name=name).first()
    if found is None:
        raise not_there()
    return found


def cut(rows: Iterable[Any], limit: int, place_of: Callable[[Any], Place]) -> tuple[
    list[Any], Place | None
]:  # fmt: skip
    """Return the first ``limit`` of some rows and, if there are more, the place of the last."""
    found = list(rows)
    if len(found) <= limit:
        return found, None
    return found[:limit], place_of(found[limit - 1])


def visible_in(request: Request, column: str = "collection") -> dict[str, Any]:
    """Return the filter that keeps rows to collections the caller may see."""
    return {f"{column}__in": visible_collections(request.user).values("pk")}
