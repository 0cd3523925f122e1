"""Curators mend what was said of a clip."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Clip
from datasets_app.people.models import User

LONGEST_TITLE = 500
LONGEST_DESCRIPTION = 20_000
MOST_TAGS = 200
LONGEST_TAG = 100


@transaction.atomic
def describe_clip(
    *,
    clip: Clip,
    actor: User | None,
    title: str | None = None,
    description: str | None = None,
    tags: Sequence[str] | None = None,
) -> bool:
    """Replace what is given of a clip's title, description and tags; return whether it changed.

    None leaves a part as it is. Nominations follow with the next ``nominate_labels``.

    Raises
    ------
    ValueError
        A text is too long, or there are too many tags.
    """
    wanted = {"title": title, "description": description, "tags": tags}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    _check(wanted)
    held = Clip.objects.select_for_update(no_key=True).get(pk=clip.pk)
    before = {name: getattr(held, name) for name in wanted}
    after = {name: list(v) if name == "tags" else v for name, v in wanted.items()}
    if before == after:
        return False
    Clip.objects.filter(pk=clip.pk).update(**after)
    for name, value in after.items():
        setattr(clip, name, value)
    record_event(actor=actor, verb="describe_clip", record=held, before=before, after=after)
    return True


def _check(wanted: Mapping[str, Any]) -> None:
    for name, most in (("title", LONGEST_TITLE), ("description", LONGEST_DESCRIPTION)):
        if len(wanted.get(name, "")) > most:
            raise ValueError(
                f"The {name} has {len(wanted[name]):,} characters; at most {most:,} are kept."
            )
    tags = wanted.get("tags", ())
    if len(tags) > MOST_TAGS or any(not 0 < len(tag) <= LONGEST_TAG for tag in tags):
        raise ValueError(
            f"A clip has at most {MOST_TAGS} tags of 1 to {LONGEST_TAG} characters each; "
            "leave some out or shorten them."
        )
