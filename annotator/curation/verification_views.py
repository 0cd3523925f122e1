"""The verification clips of a class: added, retired, inspected."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import needs_role
from annotator.explore.access import get_collection, onlooker
from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import parse_answer
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User
from datasets_app.votes.verification import GoldAnswer
from datasets_app.votes.verification_report import (
    count_pages_set_aside,
    list_gold_answers,
    with_failures,
)
from datasets_app.votes.verifying import add_gold_answer, gold_candidates, retire_gold_answer

GOLDS_PER_PAGE = 20
CANDIDATES_SHOWN = 8
KNOWN_ANSWERS = ("PP", "PNP", "NP")


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def verification_clips(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Show a class's verification clips, how they do, and what could become one."""
    collection = get_collection(name, request.user)
    sound_class = get_object_or_404(SoundClass, ontology=collection.ontology, mid=mid)
    golds = list_gold_answers(collection=collection, sound_class=sound_class)
    page = Paginator(golds, GOLDS_PER_PAGE).get_page(request.GET.get("page"))
    candidates = gold_candidates(collection=collection, sound_class=sound_class)
    shown = {
        "person": onlooker(request.user),
        "collection": collection,
        "sound_class": sound_class,
        "golds": page,
        "rows": with_failures(golds=list(page.object_list)),
        "candidates": list(candidates[:CANDIDATES_SHOWN]),
        "known_answers": KNOWN_ANSWERS,
        "aside": count_pages_set_aside(collection=collection, sound_class=sound_class),
    }
    return render(request, "annotator/pages/verification.html", shown)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def add(request: HttpRequest, name: str, nomination: uuid.UUID) -> HttpResponse:
    """Make a nomination a verification clip, or bring a retired one back."""
    found = get_object_or_404(
        Nomination.objects.select_related("clip", "sound_class"),
        uuid=nomination,
        collection=get_collection(name, request.user),
    )
    try:
        answer = parse_answer(request.POST.get("answer"))
        add_gold_answer(nomination=found, answer=answer, actor=request.user)
    except RuleError as error:
        messages.error(request, str(error))
    else:
        told = _("%(clip)s is a verification clip now, known as %(answer)s.")
        messages.success(request, told % {"clip": found.clip, "answer": answer.value})
    return redirect("verification-clips", name, found.sound_class.mid)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def retire(request: HttpRequest, name: str, gold: int) -> HttpResponse:
    """Show a verification clip to nobody as such any more."""
    found = get_object_or_404(
        GoldAnswer.objects.select_related("nomination__clip", "sound_class"),
        pk=gold,
        collection=get_collection(name, request.user),
    )
    retire_gold_answer(gold=found, actor=request.user)
    told = _("%(clip)s is retired; “Bring back” undoes it.")
    messages.success(request, told % {"clip": found.nomination.clip})
    return redirect("verification-clips", name, found.sound_class.mid)
