"""Releases: listed, read, and opened to everybody."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets_app.api.documentation import operation
from datasets_app.api.errors import not_there
from datasets_app.api.idempotency import repeatable
from datasets_app.api.preconditions import check_match, tagged_reply
from datasets_app.api.resource import ListQuery, Resource, cut, get_collection, read_body
from datasets_app.api.rights import CURATORS, Needs, Scope
from datasets_app.api.shapes import ReleaseShape
from datasets_app.releases.access import readable_releases
from datasets_app.releases.models import Release
from datasets_app.releases.publishing import publish_release, withdraw_publication

OPEN = Needs(is_open=True)
RELATED = ("collection", "parent", "split")


class ReleaseQuery(ListQuery):
    """A list of releases."""

    collection = serializers.CharField(required=False, max_length=64, help_text="By name.")


class ReleaseChange(serializers.Serializer):
    """What a curator may change of a release: nothing but who reads it."""

    is_public = serializers.BooleanField()


class ReleaseList(Resource):
    """``/releases``."""

    group = "Releases"

    @operation(
        "list_releases", "List releases", needs=OPEN, reply=ReleaseShape, query=ReleaseQuery,
        pages=True,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """List the releases one may read, the latest first; public ones without a token."""
        rows = readable_releases(request.user).select_related(*RELATED).order_by("-pk")
        if "collection" in self.asked:
            rows = rows.filter(collection__name=self.asked["collection"])
        if place := self.place(request):
            rows = rows.filter(pk__lt=place[0])
        limit = self.asked["limit"]
        found, go_on = cut(rows[: limit + 1], limit, lambda row: [row.pk])
        return self.one_page(request, ReleaseShape, found, go_on)


class ReleaseDetail(Resource):
    """``/collections/{name}/releases/{version}``."""

    group = "Releases"

    @operation(
        "get_release", "Read a release", needs=OPEN, reply=ReleaseShape, errors=[404], tagged=True
    )
    def get(self, request: Request, name: str, version: str) -> Response:
        """Read one release; a public one without a token."""
        return tagged_reply(request, ReleaseShape(_get_release(request, name, version)).data)

    @operation(
        "change_release", "Publish a release, or take that back", body=ReleaseChange,
        reply=ReleaseShape, needs=Needs(Scope.CURATE, CURATORS), errors=[404], matched=True,
        repeatable=True,
    )  # fmt: skip
    @repeatable
    def patch(self, request: Request, name: str, version: str) -> Response:
        """Open a release to everybody, or keep it to those who see its collection again."""
        wanted = read_body(request, ReleaseChange)
        get_collection(request, name)
        with transaction.atomic():
            found = _get_release(request, name, version)
            Release.objects.select_for_update(no_key=True).get(pk=found.pk)
            found = _get_release(request, name, version)
            check_match(request, ReleaseShape(found).data)
            change = publish_release if wanted["is_public"] else withdraw_publication
            change(release=found, actor=request.user)
        return tagged_reply(request, ReleaseShape(found).data)


def _get_release(request: Request, name: str, version: str) -> Release:
    rows = readable_releases(request.user).select_related(*RELATED)
    found = rows.filter(collection__name=name, version=version).first()
    if found is None:
        raise not_there()
    return found
