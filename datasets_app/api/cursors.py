"""Where a list goes on: a signed place that holds for one list with its filters.

Signing keeps callers from asking for places of their own making, so a cursor's content needs no
further checking and can name no column.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core import signing

from datasets_app.api.errors import bad_request

_SALT = "datasets_app.api.cursors"
LONGEST = 1000


def seal_place(*, path: str, filters: Mapping[str, Any], place: Sequence[Any]) -> str:
    """Return the cursor of a place in the list at ``path`` with ``filters``."""
    return signing.dumps([_list_name(path, filters), *place], salt=_SALT)


def open_place(*, path: str, filters: Mapping[str, Any], cursor: str) -> list[Any]:
    """Return the place that a cursor names.

    Raises
    ------
    Problem
        It is none, or of another list.
    """
    try:
        name, *place = signing.loads(cursor[: LONGEST + 1], salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise bad_request("This cursor is not ours; begin without one, and follow next.") from error
    if name != _list_name(path, filters):
        raise bad_request(
            "This cursor is of another list; keep the filters as they were, or begin without one."
        )
    return place


def _list_name(path: str, filters: Mapping[str, Any]) -> str:
    text = json.dumps([path, sorted((k, str(v)) for k, v in filters.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
