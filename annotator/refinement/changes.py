"""A change to a pass as the page sends it, and making it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from annotator.refinement.request_body import BadRequest, read_form
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.refinement.models import RefinementChange, RefinementPass
from datasets_app.labels.refinement.passes import (
    finish_pass,
    leave_clip,
    mark_event,
    remove_event,
    set_label,
)
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User

Verb = RefinementChange.Verb


class ChangeForm(forms.Form):
    """What is done, to which class or mark, under which key."""

    verb = forms.ChoiceField(choices=Verb.choices)
    idempotency_key = forms.UUIDField()
    sound_class = forms.CharField(max_length=64, required=False)
    answer = forms.ChoiceField(
        choices=[(a.value, a.value) for a in (Answer.PP, Answer.PNP, Answer.NP)], required=False
    )
    event = forms.UUIDField(required=False)
    onset_s = forms.FloatField(required=False)
    offset_s = forms.FloatField(required=False)


NEEDED = {
    Verb.LABEL: ("sound_class",),
    Verb.MARK: ("sound_class", "event", "onset_s", "offset_s"),
    Verb.UNMARK: ("event",),
    Verb.FINISH: (),
    Verb.LEAVE: (),
}


def make_change(*, refinement: RefinementPass, body: bytes, user: User) -> None:
    """Make the change in the body of a request.

    Raises
    ------
    BadRequest
        It cannot be read, or names a class that is not in the ontology.
    RuleError
        A rule does not allow it.
    """
    sent = read_form(body, ChangeForm)
    verb, key = Verb(sent["verb"]), sent["idempotency_key"]
    for name in NEEDED[verb]:
        if sent[name] in (None, ""):
            raise BadRequest(_("%(name)s is missing; reload the page.") % {"name": name})
    common = {"refinement": refinement, "idempotency_key": key}
    if verb == Verb.FINISH:
        finish_pass(**common, actor=user)
    elif verb == Verb.LEAVE:
        leave_clip(**common)
    elif verb == Verb.UNMARK:
        remove_event(**common, event=sent["event"])
    elif verb == Verb.MARK:
        places = {name: sent[name] for name in ("event", "onset_s", "offset_s")}
        mark_event(**common, sound_class=_sound_class(refinement, sent), **places)
    else:
        answer = Answer(sent["answer"]) if sent["answer"] else None
        sound_class = _sound_class(refinement, sent)
        set_label(**common, sound_class=sound_class, answer=answer, actor=user)


def _sound_class(refinement: RefinementPass, sent: dict[str, Any]) -> SoundClass:
    ontology = refinement.clip.collection.ontology
    found = SoundClass.objects.filter(ontology=ontology, mid=sent["sound_class"]).first()
    if found is None:
        raise BadRequest(_("This class is not in the ontology any more; reload the page."))
    return found
