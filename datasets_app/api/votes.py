"""Votes: one's own listed, given, changed and withdrawn; everybody's for curators.

Answers go through the services that the pages call, and only for what stands on one's page or has
one's answer already: a nomination that was never put before somebody refuses theirs in the same
words whether it is settled, somebody else's, or a verification clip.
"""

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.decorators import method_decorator
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets_app.api.documentation import operation
from datasets_app.api.errors import not_there
from datasets_app.api.idempotency import repeatable
from datasets_app.api.nominations import Walked, get_nomination
from datasets_app.api.own_votes import own_vote, own_votes, vote_as_told
from datasets_app.api.preconditions import tagged_reply
from datasets_app.api.resource import (
    ListQuery,
    Resource,
    cut,
    get_collection,
    read_body,
    visible_in,
)
from datasets_app.api.rights import CURATORS, JUDGES, Needs, Scope, judging_annotator
from datasets_app.api.shapes import ANSWERS, LONGEST_COMMENT, VoteShape
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.answering import take_answer, withdraw_answer
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user, has_role
from datasets_app.votes.even_times import replies_at_even_times
from datasets_app.votes.models import Vote
from datasets_app.votes.services import GivenVote

MOST_TIMES_HEARD = 10_000
MOST_SECONDS_TAKEN = 1_000_000
MOST_GAIN_DB = 60
"""Bounds (inclusive) of a believable listening record, as the pages have them."""
OF_VOTE = (
    "annotator",
    "nomination__clip",
    "nomination__sound_class",
    "nomination__collection",
)


class OwnVoteQuery(ListQuery):
    """A list of one's own votes."""

    collection = serializers.CharField(required=False, max_length=64, help_text="By name.")


class VoteQuery(ListQuery):
    """A list of everybody's votes."""

    sound_class = serializers.CharField(required=False, max_length=64, help_text="A mid.")
    clip = serializers.UUIDField(required=False)


class GivenAnswer(serializers.Serializer):
    """An answer, with how it was listened to."""

    answer = serializers.ChoiceField(choices=ANSWERS)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_COMMENT)
    heard_fraction = serializers.FloatField(
        required=False, min_value=0, max_value=MOST_TIMES_HEARD,
        help_text="Share of the clip that was heard; more than 1 when heard again.",
    )  # fmt: skip
    seconds_taken = serializers.FloatField(
        required=False, min_value=0, max_value=MOST_SECONDS_TAKEN
    )
    gain_db = serializers.FloatField(
        required=False, min_value=-MOST_GAIN_DB, max_value=MOST_GAIN_DB
    )
    seen_answer = serializers.ChoiceField(
        choices=ANSWERS, required=False, allow_blank=True,
        help_text="The answer one believes to be saved; 409 with both where it is another.",
    )  # fmt: skip


class OwnVoteList(Resource):
    """``/votes``."""

    group = "Votes"

    @operation(
        "list_my_votes", "List one's own votes", needs=Needs(roles=JUDGES), reply=VoteShape,
        query=OwnVoteQuery, pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """List the caller's own votes, newest first."""
        of: dict[str, Any] = visible_in(request)
        if "collection" in self.asked:
            of = {"collection": get_collection(request, self.asked["collection"]).pk}
        place, limit = self.place(request), self.asked["limit"]
        after = (datetime.fromisoformat(place[0]), place[1]) if place else None
        annotator = annotator_of_user(user=request.user)
        rows = own_votes(annotator=annotator, of=of, after=after, most=limit + 1)
        found, go_on = cut(rows, limit, lambda v: [v.place[0].isoformat(), v.place[1]])
        return self.one_page(request, VoteShape, found, go_on)


class VoteList(Resource):
    """``/collections/{name}/votes``."""

    group = "Votes"

    @operation(
        "list_votes", "List everybody's votes", needs=Needs(roles=CURATORS), reply=VoteShape,
        query=VoteQuery, pages=True, errors=[404],
    )  # fmt: skip
    def get(self, request: Request, name: str) -> Response:
        """List the votes of a collection, by class; for curators."""
        collection, limit = get_collection(request, name), self.asked["limit"]
        walk = Walked(self, request, collection)
        keys = Vote.objects.filter(nomination__in=walk.ids).values_list("nomination_id", "pk")
        step = {pk: (of_class, pk) for of_class, pk in walk.steps}
        places = sorted((*step[nomination_id], pk) for nomination_id, pk in keys)
        behind = tuple(walk.place) if walk.place and len(walk.place) == 3 else ()
        found, go_on = cut([p for p in places if p > behind], limit, list)
        rows = Vote.objects.select_related(*OF_VOTE).in_bulk([pk for *_, pk in found])
        told = [vote_as_told(rows[pk], is_all=True) for *_, pk in found]
        return self.one_page(request, VoteShape, told, go_on or walk.end)


@method_decorator(replies_at_even_times, name="dispatch")
class OwnVote(Resource):
    """``/nominations/{uuid}/vote``."""

    group = "Votes"

    @operation(
        "get_my_vote", "Read one's own vote", needs=Needs(roles=JUDGES), reply=VoteShape,
        errors=[404], tagged=True,
    )  # fmt: skip
    def get(self, request: Request, nomination: UUID) -> Response:
        """Read the caller's own answer to a nomination."""
        found, _sight = get_nomination(request, nomination)
        vote = own_vote(annotator=judging_annotator(request.user), nomination_id=found.pk)
        if vote is None:
            raise not_there("There is no saved answer of yours here; give one with PUT.")
        return tagged_reply(request, VoteShape(vote).data)

    @operation(
        "give_vote", "Give or change one's vote", body=GivenAnswer, reply=VoteShape,
        needs=Needs(Scope.VOTE, JUDGES), errors=[404, 409], repeatable=True,
    )  # fmt: skip
    @repeatable
    def put(self, request: Request, nomination: UUID) -> Response:
        """Answer a nomination that stands on one's page, or change one's answer.

        With seen_answer, an answer that the same person saved elsewhere meanwhile is not
        overwritten: the reply is 409 with both.
        """
        wanted = read_body(request, GivenAnswer)
        found, _sight = get_nomination(request, nomination)
        annotator = annotator_of_user(user=request.user)
        seen = wanted.pop("seen_answer", None)
        answer = Answer(wanted.pop("answer"))
        is_expert = has_role(user=request.user, role=User.Role.EXPERT)
        take_answer(
            collection=found.collection,
            annotator=annotator,
            nomination=nomination,
            given=GivenVote(
                answer=answer, is_expert=is_expert, idempotency_key=_key(request), **wanted
            ),
            seen_answer=seen,
        )
        vote = own_vote(annotator=annotator, nomination_id=found.pk)
        return Response(VoteShape(vote).data)

    @operation(
        "withdraw_vote", "Withdraw one's vote", status=204, needs=Needs(Scope.VOTE, JUDGES),
        errors=[404, 409], repeatable=True,
    )  # fmt: skip
    @repeatable
    def delete(self, request: Request, nomination: UUID) -> Response:
        """Take one's answer back; its history stays. Without an answer there is nothing to do."""
        found, _sight = get_nomination(request, nomination)
        withdraw_answer(
            collection=found.collection,
            annotator=annotator_of_user(user=request.user),
            nomination=nomination,
            idempotency_key=_key(request),
        )
        return Response(status=204)


def _key(request: Request) -> UUID:
    """Return the service's key: made of the caller's and the person, or a new one."""
    given = request.headers.get("Idempotency-Key", "").strip()
    return uuid.uuid5(request.user.uuid, given) if given else uuid.uuid4()
