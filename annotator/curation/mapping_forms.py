"""Reads what the mapping console sends."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.mapping_precision import ClipRating
from datasets_app.domain.nominations.nomination import KeywordRules
from datasets_app.nominations.mapping_trial import check_rules
from datasets_app.ontology.models import SoundClass

LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """Rules to try, and which sample of what they nominate to show, None for none."""

    rules: KeywordRules
    seed: int | None
    only: int | None
    known: str


def read_trial(body: bytes, sound_class: SoundClass) -> TrialRequest:
    """Return the rules in the body of a request, once they are known to be rules.

    Raises
    ------
    RuleError
        The body is no JSON object, the rules are none, or a number is no whole number in range.
    """
    data = read_json(body)
    rules = check_rules(
        sound_class=sound_class, keywords=data.get("keywords"), vetoes=data.get("vetoes", [])
    )
    return TrialRequest(
        rules=rules,
        seed=_whole(data, "seed", LARGEST_SEED),
        only=_whole(data, "only", len(rules[0]) - 1),
        known=str(data.get("known", ""))[:64],
    )


def read_rating(body: bytes, collection: Collection) -> tuple[Clip, ClipRating | None, list[str]]:
    """Return a clip, what was heard in it (None takes the rating back), and the words it met.

    Raises
    ------
    RuleError
        The clip is not in the collection, or the rating is none.
    """
    data = read_json(body)
    given, uuid = data.get("rating"), str(data.get("clip", ""))
    known = {rating.value for rating in ClipRating}
    if given is not None and (not isinstance(given, str) or given not in known):
        raise RuleError(
            _("Received rating %(given)s; give %(known)s.")
            % {"given": repr(str(given)[:40]), "known": ", ".join(sorted(known))}
        )
    clip = _clip(collection, uuid)
    words = data.get("words", [])
    told = [str(word)[:100] for word in words[:8]] if isinstance(words, list) else []
    return clip, None if given is None else ClipRating(given), told


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object in the body of a request.

    Raises
    ------
    RuleError
        It is none.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RuleError(_("What was sent is not JSON; load the page anew.")) from error
    if not isinstance(data, dict):
        raise RuleError(_("What was sent is no JSON object; load the page anew."))
    return data


def _clip(collection: Collection, uuid: str) -> Clip:
    try:
        return collection.clips.get(uuid=uuid)
    except (Clip.DoesNotExist, ValidationError) as error:
        raise RuleError(
            _("There is no clip %(clip)s in %(name)s; load the page anew.")
            % {"clip": repr(uuid[:40]), "name": collection.name}
        ) from error


def _whole(data: dict[str, Any], name: str, most: int) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise RuleError(
            _("Received %(name)s %(value)s; give a whole number of 0 to %(most)s.")
            % {"name": name, "value": str(value)[:40], "most": most}
        )
    return value
