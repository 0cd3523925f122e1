"""What one file says of an ontology, laid over what another said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.keyword_rules import ClassRules
from datasets_app.domain.nominations.nomination import KeywordMatcher
from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.domain.ontology.ontology_graph import list_edges, parse_ontology
from datasets_app.ontology.edge_table import EdgeRow, shorten
from datasets_app.ontology.source_files import OntologySource

Specs = tuple[ClassSpec, ...]
OPTIONAL = (
    "description",
    "citation_uri",
    "keywords",
    "omit_keywords",
    "faq",
    "positive_examples",
)
"""Keys of an ontology file, and parts of a class, that stay as held where the key is missing."""


def resolve_source(source: OntologySource, held: Sequence[ClassSpec] = ()) -> Specs:
    """Return the classes that the files describe, on top of those ``held``.

    A key that the ontology file does not give for a class leaves what is held of it, so that
    AudioSet's published file, which knows no keywords, takes away none. Without an ontology file
    the held classes are the base. Edges and keyword rules then override those of the base.

    Raises
    ------
    RuleError
        The files break a rule of their format, or name classes or edges that are not there.
    """
    specs = tuple(held)
    if source.has_classes:
        specs = _with_unsaid(parse_ontology(source.data), source.data, held)
    specs = with_keywords(with_propagation(specs, source.edges), source.keywords)
    check_rules(specs)
    return specs


def with_propagation(specs: Sequence[ClassSpec], rows: Iterable[EdgeRow]) -> Specs:
    """Return the classes with the propagation that the rows give; other edges keep theirs.

    Raises
    ------
    RuleError
        A row names a class or an edge that is not there; all are named, with their line.
    """
    propagates = {(edge.child, edge.parent): edge.propagates for edge in list_edges(specs)}
    known = {spec.mid for spec in specs}
    problems: list[str] = []
    for row in rows:
        if unknown := [mid for mid in (row.child, row.parent) if mid not in known]:
            problems.append(
                f"{row.where}: there is no class {unknown[0][:64]!r} in the ontology; correct the "
                "mid or remove the line."
            )
        elif (row.child, row.parent) not in propagates:
            problems.append(
                f"{row.where}: {row.parent} is not a parent of {row.child} in the ontology; "
                "correct the line or remove it."
            )
        else:
            propagates[row.child, row.parent] = row.propagates
    if problems:
        raise RuleError(shorten(problems))
    return _with_propagation(specs, propagates)


def with_keywords(specs: Sequence[ClassSpec], rules: Mapping[str, ClassRules]) -> Specs:
    """Return the classes with these rules and examples; classes without any here keep theirs.

    Raises
    ------
    RuleError
        The rules name a class that is not there, or hold words that no database takes.
    """
    known = {spec.mid for spec in specs}
    problems = [
        f"Keyword rules name {mid[:64]!r} ({entry.name[:64]}), which is not in the ontology; "
        "correct the mid or remove its rules."
        for mid, entry in rules.items()
        if mid not in known
    ]
    problems += [
        f"Class {entry.name} ({mid}): the rules hold {word[:40]!r}, which is no text; remove it."
        for mid, entry in rules.items()
        for word in (*(w for words in entry.keywords for w in words), *entry.omit_keywords)
        if not _is_text(word)
    ]
    if problems:
        raise RuleError(shorten(problems))
    return tuple(
        _with_rules(spec, rules[spec.mid]) if spec.mid in rules else spec for spec in specs
    )


def check_rules(specs: Sequence[ClassSpec]) -> None:
    """Let the matcher read every rule now, so that nomination cannot fail on one later.

    Raises
    ------
    RuleError
        A keyword has no letter or digit, or an alternative has no word; its class is named.
    """
    KeywordMatcher({spec.mid: (spec.keywords, spec.omit_keywords) for spec in specs}, stem=str)


def _with_rules(spec: ClassSpec, rules: ClassRules) -> ClassSpec:
    return replace(
        spec,
        keywords=rules.keywords,
        omit_keywords=rules.omit_keywords,
        positive_examples=rules.positive_examples or spec.positive_examples,
    )


def _with_unsaid(specs: Specs, data: object, held: Sequence[ClassSpec]) -> Specs:
    if not held:
        return specs
    before = {spec.mid: spec for spec in held}
    entries = data if isinstance(data, list) else []
    merged = tuple(
        replace(spec, **{part: getattr(before[spec.mid], part) for part in _unsaid(entry)})
        if spec.mid in before
        else spec
        for spec, entry in zip(specs, entries, strict=True)
    )
    silent = {
        spec.mid
        for spec, entry in zip(specs, entries, strict=True)
        if entry.get("propagate_to_parents") is None
    }
    kept = {(e.child, e.parent): e.propagates for e in list_edges(held) if e.child in silent}
    edges = {(e.child, e.parent): e.propagates for e in list_edges(merged)}
    return _with_propagation(merged, {ends: kept.get(ends, edges[ends]) for ends in edges})


def _unsaid(entry: Mapping[str, object]) -> list[str]:
    return [key for key in OPTIONAL if entry.get(key) is None]


def _with_propagation(
    specs: Sequence[ClassSpec], propagates: Mapping[tuple[str, str], bool]
) -> Specs:
    upwards: dict[str, dict[str, bool]] = {}
    for (child, parent), does in propagates.items():
        upwards.setdefault(child, {})[parent] = does
    return tuple(
        replace(spec, propagate_to_parents=_as_choice(upwards.get(spec.mid, {}))) for spec in specs
    )


def _as_choice(parents: Mapping[str, bool]) -> bool | tuple[str, ...]:
    if all(parents.values()):
        return True
    return tuple(parent for parent, does in parents.items() if does)


def _is_text(word: str) -> bool:
    return "\x00" not in word and not any("\ud800" <= letter <= "\udfff" for letter in word)
