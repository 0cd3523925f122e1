"""Labels: what was decided, as far as the caller may know it."""

from uuid import UUID

from django.utils.decorators import method_decorator
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets_app.api.documentation import operation
from datasets_app.api.errors import not_there
from datasets_app.api.nomination_walk import sight_of
from datasets_app.api.nominations import Walked
from datasets_app.api.preconditions import tagged_reply
from datasets_app.api.resource import ListQuery, Resource, get_collection, visible_in
from datasets_app.api.rights import Needs, is_curator
from datasets_app.api.shapes import LabelShape
from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.votes.even_times import replies_at_even_times

RELATED = ("nomination__clip", "nomination__sound_class")


class LabelQuery(ListQuery):
    """A list of labels."""

    sound_class = serializers.CharField(required=False, max_length=64, help_text="A mid.")
    clip = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=[s.value for s in DecisionState], required=False)
    value = serializers.ChoiceField(choices=[v.value for v in LabelValue], required=False)


class LabelList(Resource):
    """``/collections/{name}/labels``."""

    group = "Labels"

    @operation(
        "list_labels", "List the labels of a collection", needs=Needs(), reply=LabelShape,
        query=LabelQuery, pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request, name: str) -> Response:
        """List decisions, by class.

        Whoever judges sees those that others reached without them: not of what is still asked, and
        not of what was on a page of theirs.
        """
        collection, limit = get_collection(request, name), self.asked["limit"]
        walk = Walked(self, request, collection)
        rows = Label.objects.filter(nomination__in=walk.ids)
        for field in ("state", "value"):
            if field in self.asked:
                rows = rows.filter(**{field: self.asked[field]})
        decided = set(rows.values_list("nomination_id", flat=True))
        seen = _visible(request, [pk for pk in walk.ids if pk in decided])
        found = {
            row.nomination_id: row
            for row in Label.objects.filter(nomination__in=seen[:limit]).select_related(*RELATED)
        }
        shown = [found[pk] for pk in seen[:limit]]
        go_on = walk.go_on(len(seen) > limit, [row.nomination for row in shown])
        return self.one_page(request, LabelShape, shown, go_on)


def _visible(request: Request, ids: list[int]) -> list[int]:
    """Return the nominations whose decision the caller may know, in their order."""
    if is_curator(request.user):
        return ids
    rows = Nomination.objects.filter(pk__in=ids, clip__state=Clip.State.AVAILABLE)
    n_wanted, sight = dict(rows.values_list("pk", "n_wanted")), sight_of(request.user, ids)
    return [pk for pk in ids if pk in n_wanted and not sight.is_withheld(pk, n_wanted[pk])]


@method_decorator(replies_at_even_times, name="dispatch")
class LabelDetail(Resource):
    """``/nominations/{uuid}/label``."""

    group = "Labels"

    @operation(
        "get_label", "Read the label of a nomination", needs=Needs(), reply=LabelShape,
        errors=[404], tagged=True,
    )  # fmt: skip
    def get(self, request: Request, nomination: UUID) -> Response:
        """Read what was decided of one nomination; not there while it is withheld."""
        rows = Nomination.objects.select_related("clip")
        found = rows.filter(uuid=nomination, **visible_in(request)).first()
        if found is None:
            raise not_there()
        sight = sight_of(request.user, [found.pk])
        label = Label.objects.select_related(*RELATED).filter(nomination=found.pk).first()
        is_gone = found.clip.state != Clip.State.AVAILABLE and not is_curator(request.user)
        if label is None or is_gone or sight.is_withheld(found.pk, found.n_wanted):
            raise not_there()
        return tagged_reply(request, LabelShape(label).data)
