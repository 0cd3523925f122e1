"""Which of several processes of one job this is: torchrun says so in the environment.

Standard library only: the runner asks before torch is loaded.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rank:
    """Place among the processes of one job; ``local`` counts on this machine."""

    number: int = 0
    n_processes: int = 1
    local: int = 0

    @property
    def is_first(self) -> bool:
        """Say whether this process is the one that writes."""
        return self.number == 0


def own_rank() -> Rank:
    """Return this process's place; the only one where torchrun did not start it."""
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR")
    if any(name not in os.environ for name in names):
        return Rank()
    return Rank(*(int(os.environ[name]) for name in names[:3]))
