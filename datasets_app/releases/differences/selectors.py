"""Reads a kept difference: counts, and its rows page by page."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from datasets_app.domain.releases.label_cause import Cause, ChangeKind

_LABELS = """
SELECT id, fname, mid, kind, old_state, old_origin, new_state, new_origin, found, root FROM labels
"""
_CLIPS = "SELECT id, fname, what, old_part, new_part, is_withdrawn FROM clips"
_CAUSES = "SELECT cause, COUNT(*) AS n FROM labels WHERE TRUE"


@dataclass(frozen=True, slots=True)
class Explained:
    """A cause as it was kept; the fields are those of ``label_cause.Explanation``."""

    cause: Cause
    classes: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    adjudged: str | None = None
    model_score: float | None = None


@dataclass(frozen=True, slots=True)
class ChangedLabel:
    """A changed label; states are None where a release does not list it."""

    pk: int
    fname: str
    mid: str
    kind: ChangeKind
    old_state: str | None
    old_origin: str | None
    new_state: str | None
    new_origin: str | None
    found: Explained
    root: Explained | None


@dataclass(frozen=True, slots=True)
class ChangedClip:
    """A clip that was added, removed, or moved to another part."""

    pk: int
    fname: str
    what: str
    old_part: str | None
    new_part: str | None
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changed labels to show; "" is any."""

    kind: str = ""
    cause: str = ""
    mid: str = ""

    def conditions(self) -> tuple[str, list[str]]:
        """Return the conditions for a query, each with its blank, and their values."""
        asked = (
            ("AND kind = ?", self.kind),
            ("AND cause = ?", self.cause),
            ("AND mid = ?", self.mid),
        )
        chosen = [(condition, value) for condition, value in asked if value]
        return " ".join(c for c, _ in chosen), [value for _, value in chosen]


def changed_labels(
    database: sqlite3.Connection, wanted: Wanted, *, after: int = 0, most: int = -1
) -> Iterator[ChangedLabel]:
    """Yield changed labels in the order of fname and mid, ``most`` of them (all: -1)."""
    conditions, values = wanted.conditions()
    query = [_LABELS, "WHERE id > ?", conditions, "ORDER BY id LIMIT ?"]
    rows = database.execute(" ".join(query), [after, *values, most])
    for pk, fname, mid, kind, *said, found, root in rows:
        yield ChangedLabel(
            pk, fname, mid, ChangeKind(kind), *said, _explained(found), root and _explained(root)
        )


def changed_clips(
    database: sqlite3.Connection, what: str, *, after: int = 0, most: int = -1
) -> Iterator[ChangedClip]:
    """Yield clips that were added, removed or moved, in the order of fname; ``what`` "" is any."""
    condition, values = ("AND what = ?", [what]) if what else ("", [])
    query = [_CLIPS, "WHERE id > ?", condition, "ORDER BY id LIMIT ?"]
    rows = database.execute(" ".join(query), [after, *values, most])
    for pk, fname, kind, old_part, new_part, is_withdrawn in rows:
        yield ChangedClip(pk, fname, kind, old_part, new_part, bool(is_withdrawn))


def count_clips(database: sqlite3.Connection) -> dict[str, int]:
    """Return how many clips were added, removed and moved."""
    rows = database.execute("SELECT what, COUNT(*) FROM clips GROUP BY what")
    return {"added": 0, "removed": 0, "moved": 0} | dict(rows.fetchall())


def count_kinds(database: sqlite3.Connection) -> dict[str, int]:
    """Return how many labels were gained, lost, and otherwise changed."""
    rows = database.execute("SELECT kind, COUNT(*) FROM labels GROUP BY kind")
    return {kind.value: 0 for kind in ChangeKind} | dict(rows.fetchall())


def count_causes(
    database: sqlite3.Connection, *, kind: str = "", mid: str = ""
) -> list[tuple[Cause, int]]:
    """Return how many changes each cause has, the most frequent first."""
    conditions, values = Wanted(kind=kind, mid=mid).conditions()
    query = [_CAUSES, conditions, "GROUP BY cause ORDER BY n DESC, cause"]
    rows = database.execute(" ".join(query), values)
    return [(Cause(cause), n) for cause, n in rows]


def count_classes(database: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Return for each class how many labels of each kind changed."""
    found: dict[str, dict[str, int]] = {}
    for mid, kind, n in database.execute("SELECT mid, kind, COUNT(*) FROM labels GROUP BY 1, 2"):
        found.setdefault(mid, {k.value: 0 for k in ChangeKind})[kind] = n
    return found


def _explained(text: str) -> Explained:
    kept: dict[str, Any] = json.loads(text)
    kept["cause"] = Cause(kept["cause"])
    return Explained(**{n: tuple(v) if isinstance(v, list) else v for n, v in kept.items()})
