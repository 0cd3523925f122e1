"""What the commands on ontologies take."""

from argparse import ArgumentParser
from pathlib import Path

from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.ontology.models import Ontology
from datasets_app.ontology.overrides import resolve_source
from datasets_app.ontology.selectors import class_specs, get_ontology
from datasets_app.ontology.source_files import read_source


def add_override_arguments(parser: ArgumentParser) -> None:
    """Add ``--edges FILE`` and ``--keywords FILE``."""
    parser.add_argument(
        "--edges",
        type=Path,
        metavar="CSV",
        help="child_mid,parent_mid,propagates: which edges labels go up (1) and which not (0)",
    )
    parser.add_argument(
        "--keywords",
        type=Path,
        metavar="JSON",
        help="keyword rules by class mid, as FSD50K publishes them",
    )


def old_classes(name_or_file: str) -> tuple[ClassSpec, ...]:
    """Return the classes of a loaded ontology or, if none has that name, of a file."""
    if Ontology.objects.filter(name=name_or_file).exists():
        return class_specs(ontology=get_ontology(name=name_or_file))
    return resolve_source(read_source(classes=_existing(name_or_file)))


def new_classes(
    name_or_file: str | None,
    old: tuple[ClassSpec, ...],
    *,
    edges: Path | None,
    keywords: Path | None,
) -> tuple[ClassSpec, ...]:
    """Return what ``old`` becomes; a file and what overrides it leave what they do not mention."""
    if name_or_file is None:
        return resolve_source(read_source(edges=edges, keywords=keywords), old)
    if not Ontology.objects.filter(name=name_or_file).exists():
        classes = _existing(name_or_file)
        return resolve_source(read_source(classes=classes, edges=edges, keywords=keywords), old)
    loaded = class_specs(ontology=get_ontology(name=name_or_file))
    if edges is None and keywords is None:
        return loaded
    return resolve_source(read_source(edges=edges, keywords=keywords), loaded)


def _existing(name_or_file: str) -> Path:
    path = Path(name_or_file)
    if not path.is_file():
        names = ", ".join(Ontology.objects.order_by("name").values_list("name", flat=True))
        raise ValueError(
            f"{name_or_file!r} is neither a file nor a loaded ontology; loaded are: "
            f"{names or 'none'}."
        )
    return path
