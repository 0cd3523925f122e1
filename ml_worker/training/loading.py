"""Batches made ahead by threads while the network learns from the one before."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Loader(Generic[Made]):
    """``make(i)`` for i in a range, in order, at most ``n_ahead`` at a time in memory.

    What is made must not depend on when: each item draws from a seed of its own.
    """

    def __init__(
        self,
        make: Callable[[int], Made],
        items: range,
        *,
        n_threads: int = 1,
        n_ahead: int = 4,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to make the first items; ``clock`` gives seconds."""
        self._make = make
        self._clock = clock
        self._items = iter(items)
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix="loading")
        self._under_way: deque[Future[Made]] = deque()
        self.wait_s = 0.0
        """Seconds the caller has spent waiting for items."""
        for _ in range(n_ahead):
            self._begin_next()

    def __enter__(self) -> Loader[Made]:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give up what is not yet made."""
        self._pool.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[Made]:
        """Yield the items."""
        while self._under_way:
            began_s = self._clock()
            item = self._under_way.popleft().result()
            self.wait_s += self._clock() - began_s
            self._begin_next()
            yield item

    def _begin_next(self) -> None:
        index = next(self._items, None)
        if index is not None:
            self._under_way.append(self._pool.submit(self._make, index))
