"""Splits and the clips of each."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets_app.api.documentation import operation
from datasets_app.api.errors import not_there
from datasets_app.api.preconditions import tagged_reply
from datasets_app.api.resource import ListQuery, Resource, cut, get_collection, visible_in
from datasets_app.api.rights import Needs
from datasets_app.api.shapes import AssignmentShape, SplitShape
from datasets_app.splits.models import Split, SplitAssignment

WINDOW = 5_000
"""Assignments that one page looks through at most."""


class SplitList(Resource):
    """``/collections/{name}/splits``."""

    group = "Splits"

    @operation(
        "list_splits", "List the splits of a collection", needs=Needs(), reply=SplitShape,
        query=ListQuery, pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request, name: str) -> Response:
        """List a collection's splits, the latest first."""
        rows = get_collection(request, name).splits.select_related("collection", "parent")
        rows = rows.order_by("-pk")
        if place := self.place(request):
            rows = rows.filter(pk__lt=place[0])
        limit = self.asked["limit"]
        found, go_on = cut(rows[: limit + 1], limit, lambda row: [row.pk])
        return self.one_page(request, SplitShape, found, go_on)


class SplitDetail(Resource):
    """``/splits/{uuid}``."""

    group = "Splits"

    @operation(
        "get_split", "Read a split", needs=Needs(), reply=SplitShape, errors=[404], tagged=True
    )
    def get(self, request: Request, split: UUID) -> Response:
        """Read one split with its figures."""
        return tagged_reply(request, SplitShape(_get_split(request, split)).data)


class AssignmentQuery(ListQuery):
    """A list of the clips of a split."""

    part = serializers.ChoiceField(choices=SplitAssignment.Part.choices, required=False)


class AssignmentList(Resource):
    """``/splits/{uuid}/assignments``."""

    group = "Splits"

    @operation(
        "list_assignments", "List the clips of a split", needs=Needs(), reply=AssignmentShape,
        query=AssignmentQuery, pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request, split: UUID) -> Response:
        """List which clip is in which part, in the order the clips came."""
        rows = SplitAssignment.objects.filter(split=_get_split(request, split).pk)
        rows = rows.order_by("clip_id")
        if place := self.place(request):
            rows = rows.filter(clip_id__gt=place[0])
        end = rows.values_list("clip_id", flat=True)[WINDOW - 1 : WINDOW].first()
        if end is not None:
            rows = rows.filter(clip_id__lte=end)
        if "part" in self.asked:
            rows = rows.filter(part=self.asked["part"])
        limit = self.asked["limit"]
        found, go_on = cut(
            rows.select_related("clip")[: limit + 1], limit, lambda row: [row.clip_id]
        )
        if go_on is None and end is not None:
            go_on = [end]
        return self.one_page(request, AssignmentShape, found, go_on)


def _get_split(request: Request, uuid: UUID) -> Split:
    rows = Split.objects.select_related("collection", "parent")
    found = rows.filter(uuid=uuid, **visible_in(request)).first()
    if found is None:
        raise not_there()
    return found
