"""How well the keyword rules of a collection's classes find their clips."""

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db.models import Count, Q
from numpy.typing import NDArray

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import LabelMatrix, label_matrix
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.proportion import wilson_interval
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.domain.votes.mapping_report import MappingRow, report_mapping
from datasets_app.nominations.matching import (
    DEFAULT_FIELDS,
    keyword_matcher,
    keyword_rules,
    stream_clips,
)
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import PRESENT_VALUES
from datasets_app.ontology.models import Edge

BAD_ABOVE = 0.5
MAPPED_ORIGINS = (Nomination.Origin.KEYWORD, Nomination.Origin.IMPORT)
"""Whose nominations tell of the mapping; what a model or a person suspects does not."""


@dataclass(frozen=True, slots=True)
class Share:
    """``n`` of ``total`` with its Wilson interval of 95 %; ``share`` is None if the total is 0."""

    n: int
    total: int
    share: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClassMapping:
    """The rules of one class at work.

    ``matched`` clips have words that a rule asks for and no veto; ``nominations`` are fewer where a
    more specific class took their place. ``shared`` are the matched clips that some sibling matches
    too. ``bad`` are the NP and U among the trusted answers, ``precision`` the present among the
    nominations decided present or absent, both of nominations by keyword or import. ``is_bad``: the
    whole interval of ``bad`` lies above the bound.
    """

    mid: str
    name: str
    n_matched: int
    n_nominations: int
    shared: Share
    top_sibling: str | None
    n_shared_with_top: int
    bad: Share
    is_bad: bool
    precision: Share
    n_rules: int
    idle_rules: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class MappingReport:
    """Every class with rules or nominations, the worst mapping first."""

    collection: str
    fields: tuple[str, ...]
    bad_above: float
    n_clips: int
    n_matched_clips: int
    classes: tuple[ClassMapping, ...]

    def as_record(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        return asdict(self)


def report_mappings(
    *,
    collection: Collection,
    fields: Sequence[str] = DEFAULT_FIELDS,
    bad_above: float = BAD_ABOVE,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> MappingReport:
    """Hold the rules against every available clip, and against the answers so far.

    Nothing is written. The worst come first: by the lower end of their share of NP and U, then by
    the lower end of the share of clips that siblings match too, then by name.

    Raises
    ------
    RuleError
        A field is none of tags, title and description, or ``bad_above`` is no share.

    Notes
    -----
    Clips pass in batches; what is kept of them is a sparse matrix of who matched what.
    """
    if not 0 <= bad_above <= 1:
        raise RuleError(f"Received {bad_above:g} as the bound of a bad mapping; give 0 to 1.")
    classes = _Classes(collection)
    matched, idle_free = _match(collection, classes, fields, on_progress)
    rows = report_mapping(
        matched,
        classes.parents(),
        classes.count("votes__answer", [a.value for a in ANSWERS], Q(votes__is_trusted=True)),
        n_rules=[len(rules) for rules in classes.rules],
        matched_rules=idle_free,
    )
    found = [mapping for row in rows if (mapping := classes.describe(row, bad_above)) is not None]
    return MappingReport(
        collection=collection.name,
        fields=tuple(fields),
        bad_above=bad_above,
        n_clips=matched.shape[0],
        n_matched_clips=int((np.diff(matched.indptr) > 0).sum()),
        classes=tuple(sorted(found, key=_worst_first)),
    )


def describe_mappings(report: MappingReport, *, n_classes: int = 20) -> Iterator[str]:
    """Say the report in lines, with at most ``n_classes`` of the classes."""
    idle = sum(len(c.idle_rules) for c in report.classes)
    yield (
        f"{report.n_matched_clips:,} of {report.n_clips:,} clips match rules, of "
        f"{sum(c.n_matched > 0 for c in report.classes):,} classes; {idle:,} of "
        f"{sum(c.n_rules for c in report.classes):,} rules match nothing; bad mappings (surely "
        f"more than {report.bad_above:.0%} of the answers NP or U): "
        f"{sum(c.is_bad for c in report.classes):,}."
    )
    for mapping in report.classes[:n_classes]:
        yield f"{mapping.name}: {'; '.join(_phrases(mapping))}"
    if len(report.classes) > n_classes:
        yield f"… and {len(report.classes) - n_classes:,} more; --json FILE has all"


class _Classes:
    """The collection's classes as columns, in the order of their mid."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        known = list(collection.ontology.classes.order_by("mid").values_list("pk", "mid", "name"))
        self._ids, self._mids, self._names = ([row[i] for row in known] for i in range(3))
        self.column = {mid: j for j, mid in enumerate(self._mids)}
        self._column_of_id = {pk: j for j, pk in enumerate(self._ids)}
        self.rules_by_mid = keyword_rules(collection=collection)
        self.rules = [self.rules_by_mid.get(mid, ((), ()))[0] for mid in self._mids]
        self._n_nominations = self.count("origin", MAPPED_ORIGINS, Q()).sum(axis=1)
        values = [v.value for v in LabelValue]
        is_decided = Q(label__state=DecisionState.DECIDED.value)
        decided = self.count("label__value", values, is_decided)
        n_by_value = dict(zip(values, decided.T, strict=True))
        self._n_present = np.sum([n_by_value[value] for value in PRESENT_VALUES], axis=0)
        self._n_settled = self._n_present + n_by_value[LabelValue.NP.value]

    def count(self, key: str, values: Sequence[str], condition: Q) -> NDArray[np.int64]:
        """Return (classes, values): how many nominations, or votes, have each value of ``key``."""
        rows = Nomination.objects.filter(
            condition,
            clip__collection=self._collection,
            clip__state=Clip.State.AVAILABLE,
            origin__in=MAPPED_ORIGINS,
        )
        counts = np.zeros((len(self._ids), len(values)), np.int64)
        counted = rows.order_by().values("sound_class_id", key).annotate(n=Count("pk"))
        for row in counted:
            counts[self._column_of_id[row["sound_class_id"]], values.index(row[key])] = row["n"]
        return counts

    def parents(self) -> list[list[int]]:
        """Return for each class the columns of its parents."""
        found: list[list[int]] = [[] for _ in self._ids]
        edges = Edge.objects.filter(child__ontology=self._collection.ontology)
        for child, parent in edges.order_by("pk").values_list("child_id", "parent_id"):
            found[self._column_of_id[child]].append(self._column_of_id[parent])
        return found

    def describe(self, row: MappingRow, bad_above: float) -> ClassMapping | None:
        """Return the mapping of a class that has rules or nominations."""
        j, sibling = row.class_index, row.nearest_sibling
        if not self.rules[j] and not self._n_nominations[j]:
            return None
        n_bad = 0 if math.isnan(row.bad_share) else round(row.bad_share * row.n_votes)
        bad = _share(n_bad, row.n_votes)
        return ClassMapping(
            mid=self._mids[j],
            name=self._names[j],
            n_matched=row.n_clips,
            n_nominations=int(self._n_nominations[j]),
            shared=_share(row.n_shared, row.n_clips),
            top_sibling=None if sibling is None else self._names[sibling],
            n_shared_with_top=row.n_shared_with_nearest,
            bad=bad,
            is_bad=bad.low > bad_above,
            precision=_share(int(self._n_present[j]), int(self._n_settled[j])),
            n_rules=len(self.rules[j]),
            idle_rules=tuple(tuple(self.rules[j][position]) for position in row.idle_rules),
        )


def _match(
    collection: Collection,
    classes: _Classes,
    fields: Sequence[str],
    on_progress: Callable[[int, int], None],
) -> tuple[LabelMatrix, dict[int, set[int]]]:
    """Return who matched what, and which alternatives of each class matched anything."""
    matcher = keyword_matcher(rules=classes.rules_by_mid, fields=fields)
    total = collection.clips.filter(state=Clip.State.AVAILABLE).count()
    rows, columns = array("q"), array("q")
    alternatives: dict[int, set[int]] = {}
    n_clips = done = 0
    for batch in stream_clips(collection=collection, fields=fields):
        for text in batch.texts.values():
            for mid, positions in matcher.match_alternatives(text).items():
                rows.append(n_clips)
                columns.append(classes.column[mid])
                alternatives.setdefault(classes.column[mid], set()).update(positions)
            n_clips += 1
        done += len(batch.clip_ids)
        on_progress(done, total)
    return label_matrix(rows, columns, (n_clips, len(classes.column))), alternatives


def _share(n: int, total: int) -> Share:
    low, high = wilson_interval(n, total)
    return Share(n, total, n / total if total else None, float(low), float(high))


def _worst_first(mapping: ClassMapping) -> tuple[float, float, str, str]:
    return -mapping.bad.low, -mapping.shared.low, mapping.name, mapping.mid


def _phrases(mapping: ClassMapping) -> Iterator[str]:
    yield f"{mapping.n_matched:,} matched, {mapping.n_nominations:,} nominated"
    if mapping.top_sibling is not None:
        yield (
            f"{mapping.shared.share:.0%} also match siblings, most {mapping.top_sibling} "
            f"({mapping.n_shared_with_top:,})"
        )
    if mapping.bad.total:
        verdict = ": BAD MAPPING" if mapping.is_bad else ""
        yield f"NP or U {_in_words(mapping.bad)} answers{verdict}"
    if mapping.precision.total:
        yield f"present {_in_words(mapping.precision)} decided"
    if mapping.idle_rules:
        words = ", ".join(" & ".join(rule) for rule in mapping.idle_rules[:5])
        spare = len(mapping.idle_rules) - 5
        yield f"rules that match nothing: {words}" + (f" and {spare} more" if spare > 0 else "")


def _in_words(share: Share) -> str:
    return f"{share.share:.0%} ({share.low:.0%} to {share.high:.0%}) of {share.total:,}"
