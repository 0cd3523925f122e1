"""Curators propose a class for a clip themselves."""

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Clip
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import add_nominations, refresh_priorities
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User


class NotNominated(ValueError):
    """The class cannot be proposed for the clip; the message says why."""


@transaction.atomic
def nominate_clip(
    *, clip: Clip, sound_class: SoundClass, actor: User | None
) -> tuple[Nomination, bool]:
    """Propose a class for a clip; return the nomination and whether it is new.

    One that is there already stays as it is, with its first origin.

    Raises
    ------
    NotNominated
        The clip is withdrawn, or the class is of another ontology, abstract or omitted.
    """
    if clip.state != Clip.State.AVAILABLE:
        raise NotNominated(f"Clip {clip.external_id} is withdrawn; bring it back first.")
    if sound_class.ontology_id != clip.collection.ontology_id:
        raise NotNominated(f"Class {sound_class.mid} is not in the collection's ontology.")
    if sound_class.is_abstract or sound_class.is_omitted:
        raise NotNominated(
            f"Class {sound_class.mid} is abstract or omitted, so nobody is asked about it; "
            "choose one of its descendants."
        )
    pair = {(clip.pk, sound_class.pk): {"by": "curator"}}
    is_new = bool(add_nominations(pairs=pair, origin=Nomination.Origin.PERSON))
    made = Nomination.objects.get(clip=clip, sound_class=sound_class)
    if is_new:
        refresh_priorities(collection=clip.collection, nominations=[made.pk])
        after = {"clip": str(clip.uuid), "sound_class": sound_class.mid}
        record_event(actor=actor, verb="nominate_clip", record=made, after=after)
        made.refresh_from_db()
    return made, is_new
