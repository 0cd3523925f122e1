"""A crash in one item costs that item only."""

import os
import signal

import pytest

from ml_worker.process_pool import Crashed, map_in_processes


def square_or_die(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return number * number


def fail(number: int) -> int:
    raise ValueError(f"no {number}")


def test_an_item_that_kills_its_process_is_reported_and_the_others_are_done():
    results = dict(map_in_processes(square_or_die, range(8), 2))
    assert isinstance(results.pop(3), Crashed)
    assert results == {n: n * n for n in range(8) if n != 3}


def test_an_exception_reaches_the_caller():
    with pytest.raises(ValueError, match="no 0"):
        list(map_in_processes(fail, range(3), 1))
