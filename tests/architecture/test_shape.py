"""The shape of the house, as far as it can be counted."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("annotator", "datasets_app", "ml_worker", "benchmarks")
LINTER = Path(sys.executable).with_name("lint-imports")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def sources() -> list[Path]:
    files = [p for package in PACKAGES for p in (ROOT / package).rglob("*.py")]
    return [p for p in files if "migrations" not in p.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(function, clean=False) or ""
    return function.end_lineno - function.lineno + 1 - (docstring.count("\n") + bool(docstring))


def test_every_init_file_is_empty():
    full = [p for p in sources() if p.name == "__init__.py" and p.read_text().strip()]
    assert full == []


def test_no_file_has_more_than_400_lines():
    scripts = list((ROOT / "annotator").rglob("*.js"))
    long = [p for p in [*sources(), *scripts] if len(p.read_text().splitlines()) > 400]
    assert long == []


def test_no_function_has_more_than_60_lines():
    long = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path in sources()
        for function in functions(path)
        if body_lines(function) > 60
    ]
    assert long == []


def test_no_module_has_a_name_that_says_nothing():
    assert [p for p in sources() if p.stem in VAGUE_NAMES] == []


@pytest.mark.parametrize(
    "command", sorted((ROOT / "datasets_app/management/commands").glob("[a-z]*.py")), ids=str
)
def test_a_command_is_thin(command: Path):
    bodies = [body_lines(f) for f in functions(command)]
    assert sum(bodies) <= 40


def test_imports_point_in_the_directions_agreed():
    done = subprocess.run([LINTER], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
