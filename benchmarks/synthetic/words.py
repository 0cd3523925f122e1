"""Made-up words that no stemmer merges and no two classes share."""

import numpy as np

_FIRST = [a + b for a in "bdfgklmnprtvz" for b in "aou"]
_LAST = [a + b + c for a in "bdgkmnrt" for b in "aou" for c in "bdgkmnpr"]


def draw_words(n: int, rng: np.random.Generator) -> list[str]:
    """Return ``n`` distinct words of three syllables; at most about 290,000."""
    size = len(_FIRST) ** 2 * len(_LAST)
    numbers = rng.choice(size, n, replace=False)
    return [_word(int(number)) for number in numbers]


def _word(number: int) -> str:
    number, last = divmod(number, len(_LAST))
    first, second = divmod(number, len(_FIRST))
    return _FIRST[first] + _FIRST[second] + _LAST[last]
