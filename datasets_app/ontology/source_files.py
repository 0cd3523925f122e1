"""The files that an ontology comes from: its classes, and what overrides their edges and rules."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.keyword_rules import ClassRules, parse_keyword_rules
from datasets_app.ontology.edge_table import EdgeRow, parse_edge_table


@dataclass(frozen=True, slots=True)
class OntologySource:
    """What the files say, not yet held against each other.

    ``data`` is the decoded ontology file, None where none was given. ``sha256`` identifies all the
    files together; of an ontology file alone it is the file's own.
    """

    sha256: str
    data: object = None
    edges: tuple[EdgeRow, ...] = ()
    keywords: Mapping[str, ClassRules] = field(default_factory=dict)

    @property
    def has_classes(self) -> bool:
        """Whether an ontology file was given."""
        return self.data is not None


def read_source(
    *, classes: Path | None = None, edges: Path | None = None, keywords: Path | None = None
) -> OntologySource:
    """Read the files of an ontology; those that are None have nothing to say.

    Raises
    ------
    ValueError
        A file is no JSON, or no table; no file was given.
    RuleError
        The rules or the table have faults; each is named with its class or line.
    OSError
        A file cannot be read.
    """
    given = {"classes": classes, "edges": edges, "keywords": keywords}
    contents = {name: path.read_bytes() for name, path in given.items() if path is not None}
    if not contents:
        raise ValueError("No file was given; name an ontology file, --edges or --keywords.")
    return OntologySource(
        sha256=_identity(contents),
        data=None if classes is None else _read_classes(contents["classes"], classes),
        edges=() if edges is None else parse_edge_table(contents["edges"], edges.name),
        keywords={} if keywords is None else _read_rules(contents["keywords"], keywords),
    )


def _identity(contents: Mapping[str, bytes]) -> str:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    if digests.keys() == {"classes"}:
        return digests["classes"]
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _read_classes(content: bytes, path: Path) -> object:
    data = _decode(content, path)
    if data is None:
        raise RuleError(f"{path} holds null; give a list of classes (JSON objects).")
    return data


def _read_rules(content: bytes, path: Path) -> dict[str, ClassRules]:
    try:
        return parse_keyword_rules(_decode(content, path))
    except RuleError as error:
        raise RuleError([f"{path.name}: {problem}" for problem in error.problems]) from error


def _decode(content: bytes, path: Path) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}.") from error
