"""Clips: listed, read, mended, withdrawn and brought back."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets_app.api.documentation import operation
from datasets_app.api.errors import bad_request, not_there
from datasets_app.api.idempotency import repeatable
from datasets_app.api.preconditions import check_match, tagged_reply
from datasets_app.api.resource import (
    ListQuery,
    Resource,
    cut,
    get_collection,
    read_body,
    visible_in,
)
from datasets_app.api.rights import CURATORS, Needs, Scope, is_curator
from datasets_app.api.shapes import ClipShape
from datasets_app.clips.describing import (
    LONGEST_DESCRIPTION,
    LONGEST_TAG,
    LONGEST_TITLE,
    MOST_TAGS,
    describe_clip,
)
from datasets_app.clips.gate import hold_gate
from datasets_app.clips.models import Clip
from datasets_app.nominations.clip_states import restore_clip, withdraw_clip

WINDOW = 5_000
"""Clips that one page looks through at most, whatever the filters leave of them."""


class ClipQuery(ListQuery):
    """A list of clips."""

    external_id = serializers.CharField(required=False, max_length=128)
    license = serializers.CharField(required=False, max_length=200)
    uploader = serializers.CharField(required=False, max_length=200, help_text="By name.")
    state = serializers.ChoiceField(
        choices=Clip.State.choices, required=False, help_text="Withdrawn ones: curators only."
    )


class ClipList(Resource):
    """``/collections/{name}/clips``."""

    group = "Clips"

    @operation(
        "list_clips", "List the clips of a collection", needs=Needs(), reply=ClipShape,
        query=ClipQuery, pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request, name: str) -> Response:
        """List a collection's clips in the order they came."""
        collection = get_collection(request, name)
        rows = collection.clips.order_by("pk")
        if place := self.place(request):
            rows = rows.filter(pk__gt=place[0])
        end = rows.values_list("pk", flat=True)[WINDOW - 1 : WINDOW].first()
        if end is not None:
            rows = rows.filter(pk__lte=end)
        limit = self.asked["limit"]
        fitting = self._fitting(request, rows).select_related("collection", "uploader")
        found, go_on = cut(fitting[: limit + 1], limit, lambda row: [row.pk])
        if go_on is None and end is not None:
            go_on = [end]
        return self.one_page(request, ClipShape, found, go_on)

    def _fitting(self, request: Request, rows: QuerySet[Clip]) -> QuerySet[Clip]:
        asked = self.asked
        if not is_curator(request.user):
            rows = rows.filter(state=Clip.State.AVAILABLE)
        for name in ("external_id", "license", "state"):
            if name in asked:
                rows = rows.filter(**{name: asked[name]})
        return rows.filter(uploader__name=asked["uploader"]) if "uploader" in asked else rows


class ClipChange(serializers.Serializer):
    """What a curator may change of a clip."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_TITLE)
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_DESCRIPTION
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TAG), required=False, max_length=MOST_TAGS
    )
    state = serializers.ChoiceField(choices=Clip.State.choices, required=False)
    reason = serializers.CharField(
        required=False, max_length=200, help_text="Why it is withdrawn or brought back."
    )


class ClipDetail(Resource):
    """``/clips/{uuid}``."""

    group = "Clips"

    @operation("get_clip", "Read a clip", needs=Needs(), reply=ClipShape, errors=[404], tagged=True)
    def get(self, request: Request, clip: UUID) -> Response:
        """Read one clip; a withdrawn one is there for curators only."""
        return tagged_reply(request, ClipShape(get_clip(request, clip)).data)

    @operation(
        "change_clip", "Mend, withdraw or bring back a clip", body=ClipChange, reply=ClipShape,
        needs=Needs(Scope.CURATE, CURATORS), errors=[404], matched=True, repeatable=True,
    )  # fmt: skip
    @repeatable
    def patch(self, request: Request, clip: UUID) -> Response:
        """Change a clip's title, description or tags, or withdraw it or bring it back.

        Nominations follow changed tags with the next run of nominate_labels.
        """
        wanted = read_body(request, ClipChange)
        state, reason = wanted.pop("state", None), wanted.pop("reason", "")
        found = get_clip(request, clip)
        with transaction.atomic():
            if state is not None:
                hold_gate(collection_id=found.collection_id, alone=True)
            Clip.objects.select_for_update(no_key=True).get(pk=found.pk)
            found = get_clip(request, clip)
            check_match(request, ClipShape(found).data)
            try:
                describe_clip(clip=found, actor=request.user, **wanted)
            except ValueError as error:
                raise bad_request(str(error)) from error
            if state is not None:
                change = withdraw_clip if state == Clip.State.WITHDRAWN else restore_clip
                change(clip=found, actor=request.user, reason=reason)
        return tagged_reply(request, ClipShape(found).data)


def get_clip(request: Request, uuid: UUID) -> Clip:
    """Return a clip that the caller may see.

    Raises
    ------
    Problem
        There is none for them.
    """
    rows = Clip.objects.select_related("collection__ontology", "uploader")
    found = rows.filter(uuid=uuid, **visible_in(request)).first()
    if found is None or (found.state != Clip.State.AVAILABLE and not is_curator(request.user)):
        raise not_there()
    return found
