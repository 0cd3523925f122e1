"""Pages of the queue, for programs that judge: opened, renewed and released as the site's are."""

from types import SimpleNamespace
from uuid import UUID

from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets_app.api.collections import get_class
from datasets_app.api.documentation import operation
from datasets_app.api.errors import Problem, bad_request
from datasets_app.api.resource import Resource, get_collection, read_body
from datasets_app.api.rights import JUDGES, Needs, Scope
from datasets_app.api.shapes import PageShape
from datasets_app.clips.access import visible_collections
from datasets_app.labels.introduction_gate import check_introduced
from datasets_app.labels.pages import OpenPage, PageGone, open_page, release_page, renew_page
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user, has_role
from datasets_app.votes.even_times import replies_at_even_times
from datasets_app.votes.pages import Page


class WantedPage(serializers.Serializer):
    """Which class to judge."""

    sound_class = serializers.CharField(max_length=64, help_text="A mid.")


class OpenedPage(serializers.Serializer):
    """A page, or null where nothing of the class is left for this person."""

    page = PageShape(allow_null=True)


class RenewedPage(serializers.Serializer):
    """Until when a page is kept."""

    expires_at = serializers.DateTimeField()


class PageList(Resource):
    """``/collections/{name}/pages``."""

    group = "Votes"

    @operation(
        "open_page", "Open a page of the queue", body=WantedPage, reply=OpenedPage,
        needs=Needs(Scope.VOTE, JUDGES), errors=[404, 409],
    )  # fmt: skip
    def post(self, request: Request, name: str) -> Response:
        """Keep up to twelve nominations of a class for the caller.

        Asked again it is the same page, with the answers so far, until all of it is answered, it
        was released, or its time is over. The class's examples are to be heard on the site first.
        """
        wanted = read_body(request, WantedPage)
        collection = get_collection(request, name)
        sound_class = get_class(collection.ontology_id, wanted["sound_class"])
        if sound_class is None:
            raise bad_request("The class is not in this collection's ontology; look it up.")
        annotator = annotator_of_user(user=request.user)
        check_introduced(annotator, collection, sound_class)
        opened = open_page(
            collection=collection,
            sound_class=sound_class,
            annotator=annotator,
            is_expert=has_role(user=request.user, role=User.Role.EXPERT),
        )
        shown = opened and PageShape(_as_told(opened, sound_class)).data
        return Response({"page": shown})


@method_decorator(replies_at_even_times, name="dispatch")
class PageDetail(Resource):
    """``/pages/{uuid}``."""

    group = "Votes"

    @operation(
        "renew_page", "Keep a page for longer", reply=RenewedPage, needs=Needs(Scope.VOTE, JUDGES),
        errors=[409],
    )  # fmt: skip
    def post(self, request: Request, page: UUID) -> Response:
        """Keep a page's nominations for as long again; every answer does so as well."""
        seen = Page.objects.filter(collection__in=visible_collections(request.user))
        try:
            if not seen.filter(uuid=page).exists():  # its reader may have left the collection
                raise PageGone(page)
            found = renew_page(page=page, annotator=annotator_of_user(user=request.user))
        except PageGone as error:
            raise Problem(
                409,
                _("This page's time is over; answers are still taken while they are wanted."),
            ) from error
        return Response(RenewedPage(found).data)

    @operation("release_page", "Release a page", status=204, needs=Needs(Scope.VOTE, JUDGES))
    def delete(self, request: Request, page: UUID) -> Response:
        """Give what is unanswered on a page to others; harmless to repeat."""
        release_page(page=page, annotator=annotator_of_user(user=request.user))
        return Response(status=204)


def _as_told(opened: OpenPage, sound_class: SoundClass) -> SimpleNamespace:
    items = [
        SimpleNamespace(
            nomination=item.nomination.uuid,
            clip=item.nomination.clip.uuid,
            duration_s=item.nomination.clip.duration_s,
            loudness_lufs=item.nomination.clip.loudness_lufs,
            answer=item.answer,
            comment=item.comment,
        )
        for item in opened.items
    ]
    return SimpleNamespace(
        uuid=opened.page.uuid,
        sound_class=sound_class,
        expires_at=opened.page.expires_at,
        items=items,
    )
