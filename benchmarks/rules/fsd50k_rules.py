"""FSD50K's published rules and edges where they are at hand, else synthetic ones of that size.

``HARKEN_SHARED_DATA`` names the folder of real data; by default it is ``shared/data`` beside the
checkout.
"""

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.synthetic.ontology import make_ontology
from datasets_app.domain.nominations.keyword_rules import parse_keyword_rules
from datasets_app.domain.nominations.nomination import KeywordRules
from datasets_app.domain.ontology.ontology_graph import Edge, closure_rows

N_CLASSES = 632
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Keyword rules by mid, edges of the ontology, and where both are from."""

    rules: Mapping[str, KeywordRules]
    edges: list[Edge]
    origin: str

    @property
    def n_rules(self) -> int:
        """How many alternatives there are."""
        return sum(len(keywords) for keywords, _ in self.rules.values())

    def ancestors(self) -> dict[str, set[str]]:
        """Return for each class those that a label of it implies."""
        above: dict[str, set[str]] = {}
        for row in closure_rows(self.rules, self.edges):
            if row.propagates:
                above.setdefault(row.descendant, set()).add(row.ancestor)
        return above


def read_rule_book() -> RuleBook:
    """Return the real rules, or synthetic ones if there is no real data."""
    given = os.environ.get("HARKEN_SHARED_DATA", _ROOT.parent / "shared" / "data")
    folder = Path(given) / "fsd50k"
    if not (folder / "keyword_rules.json").is_file():
        return _synthetic()
    data = json.loads((folder / "keyword_rules.json").read_text(encoding="utf-8"))
    rules = {mid: found.for_matcher for mid, found in parse_keyword_rules(data).items()}
    with (folder / "propagation_edges.csv").open(encoding="utf-8", newline="") as handle:
        edges = [
            Edge(row["parent_mid"], row["child_mid"], row["propagates"] == "1")
            for row in csv.DictReader(handle)
        ]
    return RuleBook(rules, edges, "FSD50K's rules and edges")


def _synthetic() -> RuleBook:
    classes = make_ontology(N_CLASSES - 30, seed=N_CLASSES)  # 25 families and 5 roots come on top
    rules = {c["id"]: (c.get("keywords", []), c.get("omit_keywords", [])) for c in classes}
    edges = [Edge(c["id"], child) for c in classes for child in c["child_ids"]]
    return RuleBook(rules, edges, "synthetic rules and edges, for there is no real data at hand")
