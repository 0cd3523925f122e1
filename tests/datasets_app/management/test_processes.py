"""``serve``'s processes: started together, started again when they crash, stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datasets_app.management import processes
from datasets_app.management.processes import ProcessGroup

ROOT = Path(__file__).resolve().parents[3]
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def wait_until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def said(monkeypatch) -> list[str]:
    monkeypatch.setattr(processes, "RESTART_S", 0.0)
    return []


@pytest.fixture
def make_group(said) -> Iterator[Callable[..., ProcessGroup]]:
    made: list[ProcessGroup] = []

    def make(**commands: list[str]) -> ProcessGroup:
        made.append(ProcessGroup(commands, say=said.append))
        return made[-1]

    yield make
    for group in made:
        group.stop()


def pids(group: ProcessGroup) -> dict[str, int]:
    return {name: child.pid for name, child in group._children.items()}


def test_all_are_started_and_all_are_stopped(make_group):
    group = make_group(one=SLEEPER, two=SLEEPER)
    group.start()
    children = list(group._children.values())
    assert [child.poll() for child in children] == [None, None]
    group.stop()
    assert all(child.poll() is not None for child in children)


def test_one_that_crashes_is_started_again_and_the_others_are_left_alone(make_group, said):
    group = make_group(steady=SLEEPER, shaky=SLEEPER)
    group.start()
    before = pids(group)
    group._children["shaky"].kill()
    group._children["shaky"].wait()
    group.restart_ended()
    after = pids(group)
    assert after["steady"] == before["steady"]
    assert after["shaky"] != before["shaky"]
    assert said == ["shaky ended with status -9; starting it again."]


def test_one_that_will_not_stop_is_ended(make_group, monkeypatch):
    monkeypatch.setattr(processes, "STOP_S", 0.3)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(60)"
    )
    group = make_group(stubborn=[sys.executable, "-c", stubborn])
    group.start()
    child = group._children["stubborn"]
    wait_until(lambda: "SIGTERM" in _ignored_signals(child.pid))
    group.stop()
    assert child.returncode == -signal.SIGKILL


def _ignored_signals(pid: int) -> set[str]:
    status = Path(f"/proc/{pid}/status").read_text()
    mask = int(next(x for x in status.splitlines() if x.startswith("SigIgn")).split()[1], 16)
    return {s.name for s in signal.Signals if mask >> (s - 1) & 1}


def test_children_are_told_where_the_site_keeps_its_things(make_group, settings, tmp_path):
    target = tmp_path / "told"
    code = f"import os; open({str(target)!r}, 'w').write(os.environ['HARKEN_VAR_DIR'])"
    group = make_group(teller=[sys.executable, "-c", code])
    group.start()
    wait_until(lambda: target.exists() and target.read_text() != "")
    assert target.read_text() == str(settings.VAR_DIR)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_everything(tmp_path, number):
    marker = tmp_path / "child"
    child = f"import os, time; open({str(marker)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'annotator.settings.test';"
        "django.setup(); from datasets_app.management.processes import ProcessGroup;"
        f"ProcessGroup({{'child': [sys.executable, '-c', {child!r}]}}, say=print)"
        ".run_until_stopped()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "HARKEN_VAR_DIR": str(tmp_path)},
    )
    try:
        wait_until(lambda: marker.exists() and marker.read_text() != "")
        parent.send_signal(number)
        assert parent.wait(timeout=20) == 0
    finally:
        parent.kill()
        parent.wait()
    assert not Path(f"/proc/{marker.read_text()}").exists()
