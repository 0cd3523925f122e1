"""What the annotators' benchmark runs, and what it is held against."""

from dataclasses import dataclass

PREFIX = "annotators"
SIZES = (10_000, 200_000, 1_000_000)
N_CLASSES = 20
LARGEST_SHARE = 0.5
"""Share of the open nominations that are of the first class; all clients work in that class."""
CLIENTS = (1, 8)
SECONDS = 20.0
"""How long the clients of one line work."""
PROCESSES, THREADS = 2, 4
"""Of the server: as ``serve`` starts it on two cores."""
MOST_P95_MS = {1: 50.0, 8: 150.0}
LEAST_ANSWERS_PER_S = 180.0
"""At eight clients and 200,000 nominations: fifty times Label Studio's 3.6."""
MOST_GROWTH = 1.2
"""Of a time at the largest size over that at the smallest."""

LABEL_STUDIO = (
    "Label Studio 1.23.2, installed by pip, on two cores, measured earlier and not in this run: "
    "fetching p50 43 ms at 10,000 tasks and 245 ms at 200,000 with one client; with eight clients "
    "at 200,000 p50 811 ms, p95 5.5 s, 3.6 answers/s and failed requests."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: so many clients at so many open nominations."""

    n_open: int
    n_clients: int
    n_answers: int
    seconds: float
    fetch_p50_ms: float
    fetch_p95_ms: float
    answer_p50_ms: float
    answer_p95_ms: float
    n_errors: int
    server_cpu_ms: float

    @property
    def answers_per_s(self) -> float:
        """Acknowledged answers in a second, all clients together."""
        return self.n_answers / self.seconds
