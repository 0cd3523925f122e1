"""A crash in one item costs that item only."""

import importlib

import pytest

from ml_worker.process_pool import Crashed, map_in_processes

MODULE = """
import os, signal

def square_or_die(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return number * number

def fail(number):
    raise ValueError(f"no {number}")
"""


@pytest.fixture
def functions(tmp_path, monkeypatch):
    """A module that child processes can import, which test modules are not."""
    (tmp_path / "functions_for_children.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("functions_for_children")


def test_an_item_that_kills_its_process_is_reported_and_the_others_are_done(functions):
    results = dict(map_in_processes(functions.square_or_die, range(8), 2))
    assert isinstance(results.pop(3), Crashed)
    assert results == {n: n * n for n in range(8) if n != 3}


def test_an_exception_reaches_the_caller(functions):
    with pytest.raises(ValueError, match=r"no [012]"):
        list(map_in_processes(functions.fail, range(3), 1))
