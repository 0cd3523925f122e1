"""The gate before validation: nobody judges a class whose examples they have not heard."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datasets_app.clips.models import Collection
from datasets_app.labels.introductions import introduction_state
from datasets_app.nominations.campaigns import campaign_offers
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator


class NotIntroduced(RuntimeError):
    """Examples are still to be heard, or the class is kept for others; the message is for them."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether validation is open to someone, and in a sentence why not yet."""

    is_open: bool
    sentence: str


def check_introduced(annotator: Annotator, collection: Collection, sound_class: SoundClass) -> None:
    """Raise NotIntroduced unless ``annotator`` may judge ``sound_class`` now.

    Two or three queries for whoever is introduced.
    """
    day = timezone.localdate()
    offers = campaign_offers(collection=collection, annotator=annotator, day=day)
    if sound_class.pk in offers.hidden_class_ids:
        raise NotIntroduced(kept_sentence(sound_class))
    state = introduction_state(annotator=annotator, collection=collection, sound_class=sound_class)
    gate = describe_gate(state.standing.is_open, state.standing.n_to_hear, sound_class)
    if not gate.is_open:
        raise NotIntroduced(gate.sentence)


def kept_sentence(sound_class: SoundClass) -> str:
    """Say that a class is not for this person just now."""
    return _(
        "%(name)s is offered through a campaign for others just now; choose another class."
    ) % {"name": sound_class.name}


def describe_gate(is_open: bool, n_to_hear: int, sound_class: SoundClass) -> Gate:
    """Put a standing into words."""
    if is_open:
        return Gate(True, "")
    sentence = ngettext(
        "%(n)d example of %(name)s is still to be heard before you judge it.",
        "%(n)d examples of %(name)s are still to be heard before you judge it.",
        n_to_hear,
    )
    return Gate(False, sentence % {"n": n_to_hear, "name": sound_class.name})
