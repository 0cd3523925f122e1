"""What a stage measures of itself, in its own process."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_KIB_PER_MB = 1000 * 1000 / 1024


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours and a peer's seconds for the same task on the same data, in the same process."""

    task: str
    peer: str
    ours_s: float
    peer_s: float
    remark: str = ""


@dataclass(slots=True)
class Outcome:
    """What one stage did.

    ``n`` counts ``unit``; ``cpu_s`` is of all its processes but a database server's; ``peak_mb`` is
    of the largest single process.
    """

    n: int = 0
    unit: str = "clips"
    seconds: float = 0.0
    cpu_s: float = 0.0
    start_mb: float = 0.0
    peak_mb: float = 0.0
    remark: str = ""
    comparisons: list[Comparison] = field(default_factory=list)


def peak_mb() -> float:
    """Return the most memory this process, or any one of its children, has held so far."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, children) / _KIB_PER_MB


def spent_cpu_s() -> float:
    """Return the processor time that this process and its ended children have used so far."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


@contextmanager
def measured(n: int, unit: str = "clips") -> Iterator[Outcome]:
    """Time the block; memory is read at both ends, so that what comes after does not count."""
    outcome = Outcome(n=n, unit=unit, start_mb=peak_mb())
    began_s, began_cpu_s = time.perf_counter(), spent_cpu_s()
    yield outcome
    outcome.seconds = time.perf_counter() - began_s
    outcome.cpu_s = spent_cpu_s() - began_cpu_s
    outcome.peak_mb = peak_mb()


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Time the block; the one number in the list is its seconds once it has ended."""
    seconds: list[float] = []
    began_s = time.perf_counter()
    yield seconds
    seconds.append(time.perf_counter() - began_s)
