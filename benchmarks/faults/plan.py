"""What the faults run does: how much work, and how often something is broken."""

from dataclasses import dataclass

N_PEOPLE = 8
SHARE_SENT_TWICE = 0.05
"""Of the answers: sent once more after they were acknowledged, as a browser that lost the reply."""
RESTART_EVERY_S = (4.0, 9.0)
"""Between two faults, at random."""
COMMAND_LIVES_S = (1.0, 8.0)
"""An ingest or a build is killed after so long, at random, until it was killed often enough."""
LONGEST_S = 1800.0
"""Then the run gives up and says what is missing."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much one run does."""

    n_answers: int
    """At least; people go on until everything was broken once."""
    pause_s: float
    """A person takes up to so long between two answers, at random."""
    n_recordings: int
    n_kills: int
    """How often each command is killed before it may end."""
    epochs: int


FULL = Size(n_answers=10_000, pause_s=0.1, n_recordings=400, n_kills=8, epochs=60)
SHORT = Size(n_answers=400, pause_s=0.5, n_recordings=40, n_kills=2, epochs=20)
