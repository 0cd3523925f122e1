"""The mapping console: keyword rules tried by ear, then applied."""

import uuid
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import needs_role
from annotator.curation.mapping_console import (
    mapping_console,
    revision_as_json,
    trial_as_json,
)
from annotator.curation.mapping_forms import read_rating, read_trial
from annotator.explore.access import get_collection, onlooker
from datasets_app.clips.access import visible_collections
from datasets_app.clips.models import Collection
from datasets_app.domain.errors import RuleError
from datasets_app.nominations.mapping_state import forget_state
from datasets_app.nominations.mapping_trial import draw_trial_sample, try_rules
from datasets_app.nominations.rule_changes import (
    change_rules,
    follow_rules,
    rate_mapping,
    undo_rules,
)
from datasets_app.nominations.rule_models import RuleRevision
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User

SAMPLE = "annotator/partials/mapping_sample.html"
JsonView = Callable[..., JsonResponse]


def _steers(view: JsonView) -> Callable[..., HttpResponse]:
    """Let curators alone post here; a broken rule is answered with its sentence."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        try:
            return view(request, *args, **kwargs)
        except RuleError as error:
            return JsonResponse({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)

    return login_required(never_cache(require_POST(needs_role(User.Role.CURATOR)(checked))))


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def mapping(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Show the rules of one class, and what they nominate."""
    page = mapping_console(*_find(request, name, mid), visible_collections(request.user))
    shown = {"page": page, "data": page.as_json(), "person": onlooker(request.user)}
    return render(request, "annotator/pages/mapping.html", shown)


@_steers
def trial(request: HttpRequest, name: str, mid: str) -> JsonResponse:
    """Say what edited rules would nominate; with a seed, draw a sample of it too."""
    collection, sound_class = _find(request, name, mid)
    wanted = read_trial(request.body, sound_class)
    found = try_rules(collection=collection, sound_class=sound_class, rules=wanted.rules)
    told = trial_as_json(found)
    if wanted.seed is not None:
        told["sample"] = render_to_string(
            SAMPLE,
            {
                "sample": draw_trial_sample(
                    collection=collection,
                    sound_class=sound_class,
                    trial=found,
                    seed=wanted.seed,
                    only=wanted.only,
                ),
                "trial": found,
                "sound_class": sound_class,
            },
            request=request,
        )
    return JsonResponse(told)


@_steers
def rating(request: HttpRequest, name: str, mid: str) -> JsonResponse:
    """Note what was heard in one clip of the sample."""
    collection, sound_class = _find(request, name, mid)
    clip, given, words = read_rating(request.body, collection)
    rate_mapping(sound_class=sound_class, clip=clip, rating=given, rule=words, actor=request.user)
    return JsonResponse({"rating": None if given is None else given.value})


@_steers
def apply(request: HttpRequest, name: str, mid: str) -> JsonResponse:
    """Make the edited rules those of the class."""
    collection, sound_class = _find(request, name, mid)
    wanted = read_trial(request.body, sound_class)
    forget_state(collection=collection, sound_class=sound_class)
    found = try_rules(collection=collection, sound_class=sound_class, rules=wanted.rules)
    revision = change_rules(
        collection=collection,
        sound_class=sound_class,
        rules=wanted.rules,
        known=wanted.known,
        precision=found.precision,
        actor=request.user,
    )
    return JsonResponse(revision_as_json(revision))


@_steers
def follow(request: HttpRequest, name: str, revision: uuid.UUID) -> JsonResponse:
    """Take the nominations of the next clips along with a change."""
    return JsonResponse(
        revision_as_json(follow_rules(revision=_find_revision(request, name, revision)))
    )


@_steers
def undo(request: HttpRequest, name: str, revision: uuid.UUID) -> JsonResponse:
    """Give the class the rules back that it had before a change."""
    undone = undo_rules(revision=_find_revision(request, name, revision), actor=request.user)
    return JsonResponse(revision_as_json(undone))


def _find(request: HttpRequest, name: str, mid: str) -> tuple[Collection, SoundClass]:
    collection = get_collection(name, request.user)
    return collection, get_object_or_404(
        SoundClass.objects.select_related("ontology"), ontology=collection.ontology, mid=mid
    )


def _find_revision(request: HttpRequest, name: str, revision: uuid.UUID) -> RuleRevision:
    changes = RuleRevision.objects.select_related(
        "collection__ontology", "sound_class__ontology", "made_by"
    )
    return get_object_or_404(changes, collection=get_collection(name, request.user), uuid=revision)
