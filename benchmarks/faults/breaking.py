"""Breaks one thing after the other, at random moments, until it is told to stop."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping

from benchmarks.faults.plan import RESTART_EVERY_S
from benchmarks.faults.servers import OwnPostgres, OwnRedis
from benchmarks.faults.site import KINDS, Site


class Breaker(threading.Thread):
    """Each fault in a random order, then each again; counts what was broken."""

    def __init__(
        self,
        postgres: OwnPostgres,
        broker: OwnRedis,
        site: Site,
        *,
        seed: int,
        stop: threading.Event,
    ) -> None:
        """Make ready."""
        super().__init__(name="breaker")
        self._rng, self._stop_now = random.Random(seed), stop
        self._faults: Mapping[str, Callable[[], bool]] = {
            "PostgreSQL restarted": lambda: _done(postgres.break_and_start),
            "Redis restarted": lambda: _done(broker.break_and_start),
            **{f"{kind} killed": lambda k=kind: site.kill_one(k, self._rng) for kind in KINDS},
        }
        self.counts: Counter[str] = Counter(dict.fromkeys(self._faults, 0))
        self.error = ""

    @property
    def has_broken_all(self) -> bool:
        """Whether each fault has happened at least once."""
        return min(self.counts.values()) > 0

    def run(self) -> None:
        """Break things."""
        try:
            while True:
                for name in self._rng.sample(sorted(self._faults), len(self._faults)):
                    if self._stop_now.wait(self._rng.uniform(*RESTART_EVERY_S)):
                        return
                    self.counts[name] += self._faults[name]()
        except Exception as error:
            self.error = repr(error)  # a server that does not come back is itself the finding


def _done(act: Callable[[], None]) -> bool:
    act()
    return True
