"""docs/operate.md: its blocks are found, and each is a script that a shell can read."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> ModuleType:
    file = ROOT / f"deploy/trying/{name}.py"
    name = f"trying_{name}"
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


page = load("page")
STEPS = page.read_steps(ROOT / "docs/operate.md")


def test_the_steps_are_there_in_their_order():
    names = [step.name for step in STEPS]
    assert names[0] == "values"
    order = ["packages", "database", "environment-file", "tables", "units", "nginx", "check"]
    assert [name for name in names if name in order] == order


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_shell_can_read_the_step(step):
    done = subprocess.run(
        ["bash", "-n"], input=step.text, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_name_that_a_step_uses_is_a_value_or_made_by_a_step():
    known = page.names_of_values(STEPS[0])
    made = set(re.findall(r"^\s*([A-Za-z_]+)=", "".join(step.text for step in STEPS), re.M))
    made |= {"missing", "db"}  # made beside a test; dpkg's own
    loops = set(re.findall(r"for (\w+) in", "".join(step.text for step in STEPS)))
    for step in STEPS[1:]:
        used = set(re.findall(r"(?<!\\)\$\{?([A-Za-z_]\w*)", step.text))
        assert used <= known | made | loops, step.name


def test_a_page_whose_values_come_last_is_refused(tmp_path):
    (tmp_path / "page.md").write_text("```sh step one\ntrue\n```\n```sh values\nA=1\n```\n")
    with pytest.raises(AssertionError, match="values must come first"):
        page.read_steps(tmp_path / "page.md")


def test_unit_files_are_read_as_systemd_reads_them(tmp_path):
    systemctl = load("systemctl")
    (tmp_path / "env").write_text("# note\nA=1\nB=x=y\n")
    unit = f"[Unit]\nA=no\n[Service]\nEnvironmentFile={tmp_path}/env\nEnvironment=C=2 D=3\n"
    (tmp_path / "x.service").write_text(unit)
    service = systemctl.read_unit(tmp_path / "x.service")
    assert systemctl.read_environment(service) == {"A": "1", "B": "x=y", "C": "2", "D": "3"}
