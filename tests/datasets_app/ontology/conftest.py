"""Files of an ontology, and what a test may ask of the records."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datasets_app.domain.ontology.ontology_graph import closure_rows, list_edges
from datasets_app.ontology.models import Closure, Ontology
from datasets_app.ontology.selectors import class_specs


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write data as JSON, or a text as it is."""

    def to_file(data: Any, name: str = "sounds.json") -> Path:
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return path

    return to_file


@pytest.fixture
def write_edges(write) -> Callable[..., Path]:
    """Write rows of child, parent and whether the edge propagates."""

    def to_file(*rows: tuple[str, str, object]) -> Path:
        lines = ["child_mid,parent_mid,propagates", *(",".join(map(str, row)) for row in rows)]
        return write("\n".join(lines) + "\n", "edges.csv")

    return to_file


@pytest.fixture
def check_closure() -> Callable[[Ontology], None]:
    """Compare the closure on record with one made anew from the edges on record."""

    def check(ontology: Ontology) -> None:
        specs = class_specs(ontology=ontology)
        anew = closure_rows([spec.mid for spec in specs], list_edges(specs))
        stored = Closure.objects.filter(descendant__ontology=ontology).values_list(
            "ancestor__mid", "descendant__mid", "depth", "propagates"
        )
        assert sorted(stored) == sorted(
            (row.ancestor, row.descendant, row.depth, row.propagates) for row in anew
        )

    return check
