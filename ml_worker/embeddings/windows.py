"""Windows of fixed length over sounds: half overlapping or so, the last one reaching the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml_worker.features.front_end import repeat_to


def window_starts(n_samples: int, length: int, hop: int) -> list[int]:
    """Return the first sample of each window; ``n_samples`` is ``length`` or more.

    >>> window_starts(10, 4, 2), window_starts(11, 4, 2), window_starts(4, 4, 2)
    ([0, 2, 4, 6], [0, 2, 4, 6, 7], [0])
    """
    last = n_samples - length
    starts = list(range(0, last + 1, hop))
    return starts if starts[-1] == last else [*starts, last]


def cut_windows(sound: NDArray[np.float32], length: int, hop: int) -> NDArray[np.float32]:
    """Return the windows of one sound, shape (n_windows, length); a short sound is repeated."""
    sound = repeat_to(sound, length)
    view = np.lib.stride_tricks.sliding_window_view(sound, length)
    return view[window_starts(len(sound), length, hop)]


def window_centres_ms(n_samples: int, length: int, hop: int, rate_hz: int) -> NDArray[np.float64]:
    """Return the middle of each window in milliseconds from the beginning, shape (n_windows,)."""
    starts = window_starts(max(n_samples, length), length, hop)
    return (np.asarray(starts) + length / 2) * 1000.0 / rate_hz
