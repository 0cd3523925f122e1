"""What two releases need to know of each other's classes before their clips are compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets_app.releases.layout import (
    EDGE_COLUMNS,
    MERGE_COLUMNS,
    ONTOLOGY_EDGES,
    SETTINGS,
    VOCABULARY_MERGES,
)
from datasets_app.releases.reading import (
    ReleaseFileError,
    read_implied,
    read_json,
    read_rows,
    read_vocabulary,
)


@dataclass(frozen=True, slots=True)
class ReleaseFrame:
    """A release without its clips.

    ``vocabulary`` gives the released name of each mid; ``merged_into`` the classes that took over
    one that is too small; ``above`` the classes that each class of the ontology implies.
    """

    folder: Path
    vocabulary: Mapping[str, str]
    merged_into: Mapping[str, tuple[str, ...]]
    above: Mapping[str, frozenset[str]]

    def implied_by(self, mid: str, direct: tuple[str, ...]) -> tuple[str, ...]:
        """Return which of a clip's direct labels imply a class, by mid."""
        found = (low for low in direct if low != mid and mid in self.above.get(low, ()))
        return tuple(sorted(found))


def read_frame(folder: Path) -> ReleaseFrame:
    """Read vocabulary, merges and ontology of a release.

    Raises
    ------
    ReleaseFileError
        One of them is missing or malformed.
    """
    vocabulary = read_vocabulary(folder)
    merged = {
        row["mid"]: tuple(row["into_mids"].split(",")) if row["into_mids"] else ()
        for _, row in read_rows(folder, VOCABULARY_MERGES, MERGE_COLUMNS)
    }
    return ReleaseFrame(folder, vocabulary, merged, _above(folder, vocabulary))


def _above(folder: Path, vocabulary: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Follow propagating edges, and then the merges that a curator asked for."""
    rows = read_rows(folder, ONTOLOGY_EDGES, EDGE_COLUMNS)
    mids = set(vocabulary).union(*((row["child_mid"], row["parent_mid"]) for _, row in rows))
    implied = read_implied(folder, {mid: mid for mid in sorted(mids)})
    above = {mid: set(found) for mid, found in implied.items()}
    for child, into in _asked_merges(folder).items():
        taken = {into} | above.get(into, set())
        above.setdefault(child, set())
        for mid, found in above.items():
            if mid == child or child in found:
                found.update(taken - {mid})
    return {mid: frozenset(found) for mid, found in above.items()}


def _asked_merges(folder: Path) -> dict[str, str]:
    settings = read_json(folder, SETTINGS)
    try:
        merges = settings["vocabulary"]["wish"].get("merge", {})
        return {str(child): str(into) for child, into in merges.items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise ReleaseFileError(f"{SETTINGS} does not say what the vocabulary wished.") from error
