"""Collections and the classes of their ontologies."""

from collections.abc import Iterable

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets_app.api.documentation import operation
from datasets_app.api.errors import not_there
from datasets_app.api.preconditions import tagged_reply
from datasets_app.api.resource import ListQuery, Resource, cut, get_collection
from datasets_app.api.rights import Needs
from datasets_app.api.shapes import CollectionShape, SoundClassShape
from datasets_app.clips.access import visible_collections
from datasets_app.ontology.models import Edge, SoundClass


class CollectionList(Resource):
    """``/collections``."""

    group = "Collections"

    @operation(
        "list_collections", "List collections", needs=Needs(), reply=CollectionShape,
        query=ListQuery, pages=True,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """List the collections one may see, by name."""
        rows = visible_collections(request.user).select_related("ontology").order_by("name")
        if place := self.place(request):
            rows = rows.filter(name__gt=place[0])
        limit = self.asked["limit"]
        found, go_on = cut(rows[: limit + 1], limit, lambda row: [row.name])
        return self.one_page(request, CollectionShape, found, go_on)


class CollectionDetail(Resource):
    """``/collections/{name}``."""

    group = "Collections"

    @operation(
        "get_collection", "Read a collection", needs=Needs(), reply=CollectionShape, errors=[404],
        tagged=True,
    )  # fmt: skip
    def get(self, request: Request, name: str) -> Response:
        """Read one collection with its settings."""
        return tagged_reply(request, CollectionShape(get_collection(request, name)).data)


class ClassQuery(ListQuery):
    """A list of classes."""

    is_omitted = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether nobody is asked about it."
    )


class ClassList(Resource):
    """``/collections/{name}/classes``."""

    group = "Classes"

    @operation(
        "list_classes", "List the classes of a collection", needs=Needs(), reply=SoundClassShape,
        query=ClassQuery, pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request, name: str) -> Response:
        """List the classes of a collection's ontology, by mid."""
        collection = get_collection(request, name)
        rows = collection.ontology.classes.order_by("mid")
        if self.asked["is_omitted"] is not None:
            rows = rows.filter(is_omitted=self.asked["is_omitted"])
        if place := self.place(request):
            rows = rows.filter(mid__gt=place[0])
        limit = self.asked["limit"]
        found, go_on = cut(rows[: limit + 1], limit, lambda row: [row.mid])
        return self.one_page(request, SoundClassShape, with_parents(found), go_on)


class ClassDetail(Resource):
    """``/collections/{name}/classes/{mid}``."""

    group = "Classes"

    @operation(
        "get_class", "Read a class", needs=Needs(), reply=SoundClassShape, errors=[404],
        tagged=True,
    )  # fmt: skip
    def get(self, request: Request, name: str, mid: str) -> Response:
        """Read one class.

        The mid stands in the address without its leading slash: m/05tny_. One that has none is
        marked by a tilde: ~bark.
        """
        whole = mid[1:] if mid.startswith("~") else f"/{mid}"
        rows = get_collection(request, name).ontology.classes
        found = rows.filter(mid=whole).first() if whole.isprintable() else None
        if found is None:
            raise not_there()
        return tagged_reply(request, SoundClassShape(with_parents([found])[0]).data)


def with_parents(classes: Iterable[SoundClass]) -> list[SoundClass]:
    """Note each class's parents' mids on it; one query for all."""
    found = {row.pk: row for row in classes}
    for row in found.values():
        row.parents = []
    edges = Edge.objects.filter(child__in=list(found)).order_by("parent__mid")
    for child, mid in edges.values_list("child_id", "parent__mid"):
        found[child].parents.append(mid)
    return list(found.values())


def get_class(ontology_id: int, mid: str) -> SoundClass | None:
    """Return a class by its mid, None where there is none."""
    return SoundClass.objects.filter(ontology=ontology_id, mid=mid).first()
