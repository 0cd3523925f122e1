"""Batches are made ahead, come in order, and waiting for them is measured."""

import itertools
import threading
import time

import pytest

from ml_worker.training.loading import Loader


@pytest.mark.parametrize("n_threads", [1, 4])
def test_items_come_in_order_whatever_takes_long(n_threads):
    def make(i: int) -> int:
        time.sleep(0.002 * (i % 3))
        return i * i

    with Loader(make, range(3, 40), n_threads=n_threads, n_ahead=2 * n_threads) as loader:
        assert list(loader) == [i * i for i in range(3, 40)]


def test_no_more_are_made_than_are_wanted_soon():
    made = []
    with Loader(made.append, range(1000), n_ahead=3) as loader:
        next(iter(loader))
    assert len(made) <= 4


def test_an_error_in_making_is_raised_where_the_item_is_used():
    def fail_at_two(i: int) -> int:
        if i == 2:
            raise ValueError("item 2")
        return i

    got = []
    with pytest.raises(ValueError, match="item 2"), Loader(fail_at_two, range(9)) as loader:
        got.extend(loader)
    assert threading.active_count() == 1 or not any(
        t.name.startswith("loading") for t in threading.enumerate()
    )


def test_waiting_is_counted_and_working_is_not():
    tick = itertools.count().__next__
    with Loader(lambda i: i, range(5), clock=tick) as loader:
        for _ in loader:
            for _ in range(100):
                tick()
    assert loader.wait_s == 5
