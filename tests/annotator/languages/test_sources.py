"""No page, no message and no script says anything past the catalogue."""

import ast
import re
from html.parser import HTMLParser

import pytest

from tests.annotator.languages.sources import ROOT, SPEAKS, TEMPLATES, calls, template_names

SAME_EVERYWHERE = frozenset(
    [
        "Harken",
        "Hz",
        "kHz",
        "LUFS",
        "UTC",
        "PP",
        "PNP",
        "NP",
        "mAP",
        "ECE",
        "AP",
        "ROC",
        "AUC",
        "Esc",
        "Enter",
        "min",
        "python",
        "https",
        "manage",
        "py",
    ]
)
"""Names, units and signs; what is in no language."""
SILENT = frozenset(["code", "pre", "script", "style"])
SPOKEN_ATTRIBUTES = frozenset(["alt", "aria-label", "aria-description", "placeholder", "title"])
BETWEEN = re.compile(
    r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}|\{%\s*block body_class.*?endblock\s*%\}"
    r"|\{%\s*blocktrans.*?endblocktrans\w*\s*%\}|\{%.*?%\}|\{\{.*?\}\}",
    re.S,
)
WORD = re.compile(r"[^\W\d_]{2,}")


class BareText(HTMLParser):
    """Gathers what a template says by itself, once its tags are taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        for name, value in attrs:
            is_sentence = name.startswith("data-") and " " in (value or "").strip()
            if value and (name in SPOKEN_ATTRIBUTES or is_sentence):
                self.look_at(value)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if not SILENT & set(self.open):
            self.look_at(data)

    def look_at(self, text: str) -> None:
        if set(WORD.findall(text)) - SAME_EVERYWHERE:
            self.found.append(" ".join(text.split()))


def bare_text(source: str) -> list[str]:
    parser = BareText()
    parser.feed(BETWEEN.sub(" ", source))
    return parser.found


@pytest.mark.parametrize("name", template_names())
def test_a_template_says_nothing_past_the_catalogue(name):
    assert bare_text((TEMPLATES / name).read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Some words</p>", ["Some words"]),
        ('<p title="Some {{ n }} words">{% translate "Fine" %}</p>', ["Some words"]),
        ('<p data-says="Some words" data-state="running">{{ n }} Hz</p>', ["Some words"]),
        ("{% blocktranslate %}Fine{% endblocktranslate %}<code>manage.py serve</code>", []),
    ],
)
def test_the_look_at_templates_finds_what_is_bare(source, found):
    assert bare_text(source) == found


def is_in_english_only(node: ast.AST) -> bool:
    """Whether a sentence stands in ``node`` outside every call that translates."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SPEAKS:
        return False
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and len(re.findall(r"[^\W\d_]+ ", node.value)) > 1
    return any(is_in_english_only(child) for child in ast.iter_child_nodes(node))


def page_modules():
    files = (ROOT / "annotator").rglob("*.py")
    return sorted(path for path in files if path.parent.name not in ("settings", "commands"))


@pytest.mark.parametrize("path", page_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_refuses_or_confirms_is_said_through_the_catalogue(path):
    tree = ast.parse(path.read_text())
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
    told = [
        call for name, call in calls(tree) if name in ("success", "error", "warning", "add_error")
    ]
    assert [ast.unparse(node) for node in raised + told if is_in_english_only(node)] == []


SCRIPTS = sorted((ROOT / "annotator" / "static" / "annotator" / "js").glob("*.js"))
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.S)
LITERAL = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`")
SENTENCE = re.compile(r"\A[A-Z][a-z’']* [a-z]+|[a-z]{2,} [a-z]{2,}[.!?…]\Z")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_by_itself(path):
    literals = ["".join(found) for found in LITERAL.findall(COMMENT.sub("", path.read_text()))]
    assert [text for text in literals if SENTENCE.search(text)] == []
