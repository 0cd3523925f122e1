"""Map a function over items in processes, where one item may kill its process.

An audio decoder is C code fed with strangers' files. When it crashes, only the file it was reading
is given up: the items that were under way are tried again one at a time, each in a fresh process.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Crashed:
    """In place of a result: the process that worked on the item died."""


def available_cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_in_processes(
    function: Callable[[Item], Result], items: Iterable[Item], n_processes: int
) -> Iterator[tuple[int, Result | Crashed]]:
    """Yield (index of the item, result) as results come, in no fixed order.

    ``function`` and the items must be picklable; an exception it raises is raised here. At most
    twice ``n_processes`` items are under way, so ``items`` may be long.
    """
    waiting = enumerate(items)
    while True:
        broken: dict[int, Item] = {}
        with _pool(n_processes) as pool:
            yield from _map_until_broken(pool, function, waiting, 2 * n_processes, broken)
        if not broken:
            return
        for index, item in sorted(broken.items()):
            yield index, _run_alone(function, item)


def _map_until_broken(
    pool: ProcessPoolExecutor,
    function: Callable[[Item], Result],
    waiting: Iterator[tuple[int, Item]],
    most: int,
    broken: dict[int, Item],
) -> Iterator[tuple[int, Result | Crashed]]:
    """Yield results until the items end or the pool breaks; leave what was lost in ``broken``."""
    under_way: dict[Future[Result], tuple[int, Item]] = {}
    while not broken:
        for index, item in itertools.islice(waiting, most - len(under_way)):
            try:
                under_way[pool.submit(function, item)] = (index, item)
            except BrokenProcessPool:
                broken[index] = item
                break
        if not under_way:
            return
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            index, item = under_way.pop(future)
            try:
                yield index, future.result()
            except BrokenProcessPool:
                broken[index] = item
    broken.update(under_way.values())


def _run_alone(function: Callable[[Item], Result], item: Item) -> Result | Crashed:
    with _pool(1) as pool:
        try:
            return pool.submit(function, item).result()
        except BrokenProcessPool:
            return Crashed()


def _pool(n_processes: int) -> ProcessPoolExecutor:
    # Not "fork": a forked child would share the claim on the job, and threads are running.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(n_processes, mp_context=context, initializer=_begin_child)


def _begin_child() -> None:
    """Leave Ctrl-C to the parent, and die with it even when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
