"""What a person likes: which key does what, how loud, how fast, in which language.

Kept as they were chosen (``User.preferences``); what was never chosen is as it came, so that a new
default reaches everyone who did not choose otherwise.
"""

import json
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_app.people.models import User

SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
NAMED_KEYS = frozenset(
    [
        "Space",
        "Enter",
        "Escape",
        "Backspace",
        "Delete",
        "Home",
        "End",
        "PageUp",
        "PageDown",
        "ArrowLeft",
        "ArrowRight",
        "ArrowUp",
        "ArrowDown",
    ]
)
"""Keys with a name that may be given a meaning. Tab stays the browser's: it moves the focus."""


class BadPreferences(ValueError):
    """What was sent is no preference; the message is for the person who sent it."""


@dataclass(frozen=True, slots=True)
class KeyAction:
    """Something a key does, and the key it came with (as a browser's ``event.key``, lower case)."""

    name: str
    label: str | Promise
    key: str


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Actions that belong together on the sheet of keys."""

    label: str | Promise
    actions: tuple[KeyAction, ...]


KEY_GROUPS = (
    KeyGroup(
        _("Answering"),
        (
            KeyAction("answer_pp", _("PP: present, predominant"), "1"),
            KeyAction("answer_pnp", _("PNP: present, not alone"), "2"),
            KeyAction("answer_np", _("NP: not present"), "3"),
            KeyAction("answer_u", _("U: unsure"), "4"),
            KeyAction("undo", _("Undo the last answer"), "z"),
            KeyAction("comment", _("Comment"), "c"),
            KeyAction("report", _("Report a bad recording"), "b"),
        ),
    ),
    KeyGroup(
        _("Going on"),
        (
            KeyAction("previous", _("Recording before"), "ArrowUp"),
            KeyAction("next", _("Recording after"), "ArrowDown"),
            KeyAction("submit", _("Next page"), "Enter"),
            KeyAction("faq", _("What counts as this sound"), "f"),
            KeyAction("help", _("These keys"), "?"),
        ),
    ),
    KeyGroup(
        _("Listening"),
        (
            KeyAction("toggle", _("Play, pause"), "Space"),
            KeyAction("restart", _("From the start"), "r"),
            KeyAction("back", _("Back a second"), "ArrowLeft"),
            KeyAction("forward", _("On a second"), "ArrowRight"),
            KeyAction("loop", _("Loop"), "l"),
            KeyAction("mark_start", _("The part to loop begins here"), "i"),
            KeyAction("mark_end", _("The part to loop ends here"), "o"),
            KeyAction("forget", _("Forget the part"), "Escape"),
            KeyAction("slower", _("Slower; the pitch stays"), ","),
            KeyAction("faster", _("Faster; the pitch stays"), "."),
            KeyAction("quieter", _("Quieter"), "-"),
            KeyAction("louder", _("Louder"), "+"),
        ),
    ),
)
KEY_ACTIONS = {action.name: action for group in KEY_GROUPS for action in group.actions}


@dataclass(frozen=True, slots=True)
class Preferences:
    """Every preference of a person, chosen or as it came; ``volume`` from 0 to 1, inclusive."""

    keys: dict[str, str]
    volume: float
    speed: float

    groups = KEY_GROUPS

    @property
    def as_json(self) -> dict[str, Any]:
        """Return what the pages' scripts read."""
        came_with = {action.name: action.key for action in KEY_ACTIONS.values()}
        chosen = {"keys": self.keys, "volume": self.volume, "speed": self.speed}
        return chosen | {"keys_as_they_came": came_with, "address": reverse("preferences")}


def preferences_of(user: User) -> Preferences:
    """Return the preferences of ``user``, with what was not chosen as it came."""
    kept = user.preferences
    keys = {name: action.key for name, action in KEY_ACTIONS.items()}
    keys |= {name: key for name, key in kept.get("keys", {}).items() if name in KEY_ACTIONS}
    return Preferences(keys, kept.get("volume", 1.0), kept.get("speed", 1.0))


def save_preferences(*, user: User, wished: Mapping[str, Any]) -> Preferences:
    """Keep the preferences named in ``wished`` and leave the others.

    Raises
    ------
    BadPreferences
        One of them is unknown or not allowed; nothing is kept.
    """
    checked = check_preferences(wished)
    with transaction.atomic():
        kept = User.objects.select_for_update().get(pk=user.pk)
        kept.preferences = kept.preferences | checked
        kept.save(update_fields=["preferences"])
    return preferences_of(kept)


def read_preferences(body: bytes) -> dict[str, Any]:
    """Return the object in the body of a request.

    Raises
    ------
    BadPreferences
        It is no JSON object.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadPreferences(gettext("The preferences are not JSON; reload the page.")) from error
    if not isinstance(data, dict):
        raise BadPreferences(gettext("The preferences are not a JSON object; reload the page."))
    return data


def check_preferences(wished: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``wished`` when each preference in it is known and allowed.

    Raises
    ------
    BadPreferences
        It is not; the sentence says which and what is allowed.

    >>> check_preferences({"volume": 0.5, "speed": 1.25})
    {'volume': 0.5, 'speed': 1.25}
    """
    checks = {
        "keys": check_keys,
        "language": _check_language,
        "volume": _check_volume,
        "speed": _check_speed,
    }
    for name in wished:
        if name not in checks:
            raise BadPreferences(
                gettext(
                    "There is no preference %(name)s; there are keys, language, volume and speed."
                )
                % {"name": _shown(name)}
            )
    return {name: checks[name](value) for name, value in wished.items()}


def check_keys(keys: Any) -> dict[str, str]:
    """Return the keys chosen (action to key) when each is a key and means one thing only.

    What is not named keeps the key it came with, and counts for conflicts.

    Raises
    ------
    BadPreferences
        An action is unknown, a key is not allowed, or two actions share one.
    """
    if not isinstance(keys, dict):
        raise BadPreferences(gettext("Keys are an object of actions and keys; reload the page."))
    for name, key in keys.items():
        if name not in KEY_ACTIONS:
            raise BadPreferences(
                gettext("There is no action %(name)s; reload the page.") % {"name": _shown(name)}
            )
        if not _is_key(key):
            raise BadPreferences(
                gettext(
                    "“%(key)s” cannot be given a meaning. "
                    "Choose a letter, a digit, a sign or an arrow."
                )
                % {"key": _shown(key)}
            )
    _check_each_means_one_thing({n: a.key for n, a in KEY_ACTIONS.items()} | keys)
    return keys


def _check_each_means_one_thing(keys: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for name, key in keys.items():
        if key in taken:
            raise BadPreferences(
                gettext(
                    "“%(key)s” would mean both “%(one)s” and “%(other)s”. "
                    "Give one of them another key."
                )
                % {
                    "key": key,
                    "one": KEY_ACTIONS[taken[key]].label,
                    "other": KEY_ACTIONS[name].label,
                }
            )
        taken[key] = name


def _is_key(key: Any) -> bool:
    if not isinstance(key, str):
        return False
    is_sign = len(key) == 1 and unicodedata.category(key)[0] in "LNPS" and key == key.lower()
    return is_sign or key in NAMED_KEYS


def _check_language(value: Any) -> str:
    languages = dict(settings.LANGUAGES)
    if isinstance(value, str) and value in languages:
        return value
    raise BadPreferences(
        gettext("The language %(value)s is none of %(allowed)s.")
        % {"value": _shown(value), "allowed": ", ".join(languages)}
    )


def _check_volume(value: Any) -> float:
    if _is_number(value) and 0 <= value <= 1:
        return float(value)
    raise BadPreferences(
        gettext("The volume %(value)s is not a number from 0 to 1.") % {"value": _shown(value)}
    )


def _check_speed(value: Any) -> float:
    if _is_number(value) and value in SPEEDS:
        return float(value)
    allowed = ", ".join(f"{speed:g}" for speed in SPEEDS)
    raise BadPreferences(
        gettext("The speed %(value)s is none of %(allowed)s.")
        % {"value": _shown(value), "allowed": allowed}
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value: Any) -> str:
    return str(value)[:40]
