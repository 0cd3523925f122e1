"""What of a worker's own words may go into the records."""

import json
import math
from collections.abc import Mapping
from typing import Any

from datasets_app.domain.errors import RuleError

MOST_CHARACTERS = 1_000_000
"""Of a summary as JSON, inclusive."""
MOST_ERROR_CHARACTERS = 2_000


def checked_summary(summary: object) -> dict[str, Any]:
    """Return a result's summary as JSON of a database can hold it.

    Raises
    ------
    RuleError
        It is no object, holds a number that is not finite or a null character, or is longer than
        ``MOST_CHARACTERS``.

    Examples
    --------
    >>> checked_summary({"eval_map": 0.5})
    {'eval_map': 0.5}
    """
    if not isinstance(summary, Mapping):
        raise RuleError(f"The summary is a {type(summary).__name__}; it must be an object.")
    _check_value(summary, "summary")
    text = json.dumps(summary)
    if len(text) > MOST_CHARACTERS:
        raise RuleError(
            f"The summary has {len(text):,} characters; at most {MOST_CHARACTERS:,} are kept."
        )
    found: dict[str, Any] = json.loads(text)
    return found


def checked_sentence(error: object) -> str:
    """Return a worker's error as one bounded text without null characters, never empty.

    Examples
    --------
    >>> checked_sentence("No clip."), checked_sentence(None)
    ('No clip.', 'The worker gave no reason; see log.txt in the folder of the job.')
    """
    text = error.replace("\x00", "") if isinstance(error, str) else ""
    if not text.strip():
        return "The worker gave no reason; see log.txt in the folder of the job."
    if len(text) > MOST_ERROR_CHARACTERS:
        return text[: MOST_ERROR_CHARACTERS - 1] + "…"
    return text


def _check_value(value: object, where: str) -> None:
    """Walk without recursion: a hostile document may be nested deeper than the stack."""
    waiting: list[tuple[object, str]] = [(value, where)]
    while waiting:
        found, place = waiting.pop()
        if isinstance(found, float) and not math.isfinite(found):
            raise RuleError(f"{place} is {found}; figures must be finite, or null.")
        if isinstance(found, str) and "\x00" in found:
            raise RuleError(f"{place} holds a null character.")
        if isinstance(found, Mapping):
            waiting += [(key, "a name") for key in found]
            waiting += [(item, f"{str(key)[:80]}") for key, item in found.items()]
        elif isinstance(found, list | tuple):
            waiting += [(item, place) for item in found]
