"""Nominations: listed, read, and added by curators."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from datasets_app.api.clips import get_clip
from datasets_app.api.collections import get_class
from datasets_app.api.documentation import operation
from datasets_app.api.errors import bad_request, not_there
from datasets_app.api.idempotency import repeatable
from datasets_app.api.nomination_walk import WINDOW, Sight, sight_of, walk_nominations
from datasets_app.api.preconditions import etag_of, tagged_reply
from datasets_app.api.resource import (
    ListQuery,
    Resource,
    get_collection,
    read_body,
    visible_in,
)
from datasets_app.api.rights import CURATORS, Needs, Scope, is_curator
from datasets_app.api.shapes import NominationShape
from datasets_app.clips.models import Clip, Collection
from datasets_app.nominations.by_hand import NotNominated, nominate_clip
from datasets_app.nominations.models import Nomination

SECRETS = ("evidence", "priority", "n_wanted", "is_open")
"""What may give an answer away, or which nomination is a verification clip."""
RELATED = ("clip", "collection", "sound_class")


class NominationQuery(ListQuery):
    """A list of nominations."""

    sound_class = serializers.CharField(required=False, max_length=64, help_text="A mid.")
    clip = serializers.UUIDField(required=False)
    origin = serializers.ChoiceField(choices=Nomination.Origin.choices, required=False)


class NewNomination(serializers.Serializer):
    """A class for a clip."""

    clip = serializers.UUIDField()
    sound_class = serializers.CharField(max_length=64, help_text="A mid.")


class NominationList(Resource):
    """``/collections/{name}/nominations``."""

    group = "Nominations"

    @operation(
        "list_nominations", "List the nominations of a collection", needs=Needs(),
        reply=NominationShape, query=NominationQuery, pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request, name: str) -> Response:
        """List which classes are proposed for which clips, by class."""
        collection, limit = get_collection(request, name), self.asked["limit"]
        is_filtered = "origin" in self.asked or not is_curator(request.user)
        walk = Walked(self, request, collection, most=WINDOW if is_filtered else limit + 1)
        fitting = self._fitting(request, walk) if is_filtered else walk.ids
        shown = walk.records(fitting[:limit], RELATED)
        sight = sight_of(request.user, [row.pk for row in shown])
        go_on = walk.go_on(len(fitting) > limit, shown)
        return self.one_page(
            request, NominationShape, [as_seen(row, sight) for row in shown], go_on
        )

    def _fitting(self, request: Request, walk: "Walked") -> list[int]:
        rows = Nomination.objects.filter(pk__in=walk.ids)
        if "origin" in self.asked:
            rows = rows.filter(origin=self.asked["origin"])
        if not is_curator(request.user):
            rows = rows.filter(clip__state=Clip.State.AVAILABLE)
        found = set(rows.values_list("pk", flat=True))
        return [pk for pk in walk.ids if pk in found]

    @operation(
        "add_nomination", "Propose a class for a clip", body=NewNomination, reply=NominationShape,
        status=201, needs=Needs(Scope.CURATE, CURATORS), errors=[404, 409], repeatable=True,
        located=True,
    )  # fmt: skip
    @repeatable
    def post(self, request: Request, name: str) -> Response:
        """Add a nomination; one that is there already stays as it is and is the reply."""
        wanted = read_body(request, NewNomination)
        collection = get_collection(request, name)
        clip = get_clip(request, wanted["clip"])
        found = get_class(collection.ontology_id, wanted["sound_class"])
        if found is None or clip.collection_id != collection.pk:
            raise bad_request("The clip or the class is not of this collection; look them up.")
        try:
            made, _is_new = nominate_clip(clip=clip, sound_class=found, actor=request.user)
        except NotNominated as error:
            raise bad_request(str(error)) from error
        shown = NominationShape(as_seen(made, sight_of(request.user, [made.pk]))).data
        address = reverse("api-nomination", args=[made.uuid], request=request)
        headers = {"Location": address, "ETag": etag_of(shown)}
        return Response(shown, status=201, headers=headers)


class NominationDetail(Resource):
    """``/nominations/{uuid}``."""

    group = "Nominations"

    @operation(
        "get_nomination", "Read a nomination", needs=Needs(), reply=NominationShape, errors=[404],
        tagged=True,
    )  # fmt: skip
    def get(self, request: Request, nomination: UUID) -> Response:
        """Read one nomination; whoever judges reads those on their pages and those answered."""
        found, sight = get_nomination(request, nomination)
        return tagged_reply(request, NominationShape(as_seen(found, sight)).data)


class Walked:
    """The stride of the walk that one page of a list looks through."""

    def __init__(
        self, view: Resource, request: Request, collection: Collection, *, most: int = WINDOW
    ) -> None:
        place = view.place(request)
        self.place = place
        asked, self._most = view.asked, most
        of_class = None
        if "sound_class" in asked:
            of_class = get_class(collection.ontology_id, asked["sound_class"])
            if of_class is None:
                raise bad_request("The class is not in this collection's ontology; look it up.")
        clip = get_clip(request, asked["clip"]) if "clip" in asked else None
        if clip is not None and clip.collection_id != collection.pk:
            raise not_there()
        self.steps = walk_nominations(
            collection_id=collection.pk,
            sound_class_id=of_class and of_class.pk,
            clip=clip,
            after=self._after(),
            most=most,
        )

    def _after(self) -> tuple[int, int] | None:
        """Votes go on within their nomination: a third number says behind which of them."""
        if self.place is None:
            return None
        of_class, pk, *within = self.place
        return (of_class, pk - 1) if within else (of_class, pk)

    def records(self, ids: list[int], related: tuple[str, ...]) -> list[Nomination]:
        """Return the nominations with these keys, in the order of the keys."""
        found = Nomination.objects.select_related(*related).in_bulk(ids)
        return [found[pk] for pk in ids]

    @property
    def ids(self) -> list[int]:
        """The keys of the nominations."""
        return [pk for _, pk in self.steps]

    def go_on(self, is_cut: bool, shown: list[Nomination]) -> list[int] | None:
        """Return where the list goes on: behind what is shown, or behind the stride."""
        if is_cut:
            return [shown[-1].sound_class_id, shown[-1].pk]
        return self.end

    @property
    def end(self) -> list[int] | None:
        """The last step, if there may be more behind it."""
        return list(self.steps[-1]) if len(self.steps) == self._most else None


def as_seen(nomination: Nomination, sight: Sight) -> Nomination:
    """Return a nomination with what this person may not know taken out."""
    nomination.answer = sight.answers.get(nomination.pk, "")
    if sight.is_blind:
        for name in SECRETS:
            setattr(nomination, name, None)
        if not sight.knows(nomination.pk):
            nomination.uuid = None
    return nomination


def get_nomination(request: Request, uuid: UUID) -> tuple[Nomination, Sight]:
    """Return a nomination that the caller may read, and what they may know of it.

    Raises
    ------
    Problem
        There is none for them.
    """
    rows = Nomination.objects.select_related("clip", "collection", "sound_class")
    found = rows.filter(uuid=uuid, **visible_in(request)).first()
    if found is None:
        raise not_there()
    sight = sight_of(request.user, [found.pk])
    is_gone = found.clip.state != Clip.State.AVAILABLE and not is_curator(request.user)
    if is_gone or not sight.knows(found.pk):
        raise not_there()
    return found, sight
