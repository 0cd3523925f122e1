"""What the site's own source says to people: found by Django's template parser and Python's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.template import Template
from django.template.base import Node
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation.template import trim_whitespace

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "annotator" / "templates"
SPEAKS = frozenset(
    ["_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"]
)
PLURAL = frozenset(["ngettext", "ngettext_lazy"])
Sentence = tuple[str, str | None]
"""A sentence and its plural, or None."""


def template_names() -> list[str]:
    return sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


def python_files() -> list[Path]:
    folders = (ROOT / "annotator", ROOT / "datasets_app")
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def sentences() -> dict[Sentence, str]:
    """Return each sentence that goes through the catalogue, and a file it stands in."""
    found: dict[Sentence, str] = {}
    for name in template_names():
        found |= dict.fromkeys(_of_template(name), name)
    for path in python_files():
        found |= dict.fromkeys(_of_python(path), str(path.relative_to(ROOT)))
    return found


def _of_template(name: str) -> Iterator[Sentence]:
    template: Template = get_template(name).template
    for node in _nodes(template, TranslateNode):
        if node.filter_expression.token[0] in "\"'":
            yield _as_in_catalogue(node.filter_expression.token[1:-1]), None
    for node in _nodes(template, BlockTranslateNode):
        singular = node.render_token_list(node.singular)[0]
        plural = node.render_token_list(node.plural)[0] if node.plural else None
        if node.trimmed:
            singular, plural = trim_whitespace(singular), plural and trim_whitespace(plural)
        yield singular, plural
    for text in re.findall(r'[:=,(\s]_\("([^"]+)"\)', template.source):
        yield _as_in_catalogue(text), None


def _as_in_catalogue(text: str) -> str:
    """``{% translate %}`` looks a literal up with its percent signs doubled."""
    return text.replace("%", "%%")


def _nodes(template: Template, kind: type[Node]) -> list[Node]:
    return template.nodelist.get_nodes_by_type(kind)


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call by the name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            yield getattr(called, "id", getattr(called, "attr", "")), node


def _of_python(path: Path) -> Iterator[Sentence]:
    source = path.read_text()
    if "gettext" not in source:
        return
    for name, call in calls(ast.parse(source)):
        texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        if name in SPEAKS and texts and isinstance(texts[0], str):
            yield texts[0], texts[1] if name in PLURAL else None
