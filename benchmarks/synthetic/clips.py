"""Clips with uploaders, classes and the words uploaders write.

Uploaders' sizes follow Zipf's law and each uploader records few classes, as in Freesound: that is
what makes splits hard. Tags name the classes that sound, and sometimes one that does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.scale import Scale
from benchmarks.synthetic.ontology import N_FAMILIES, Vocabulary, make_vocabulary

LICENSES = (
    "http://creativecommons.org/publicdomain/zero/1.0/",
    "http://creativecommons.org/licenses/by/3.0/",
    "http://creativecommons.org/licenses/by-nc/3.0/",
    "http://creativecommons.org/licenses/sampling+/1.0/",
)
_FAVOURITES = 6
_RARER = 0.7
"""Exponent of the class and uploader sizes: the largest uploader has about 2 % of the clips."""


@dataclass(frozen=True, slots=True)
class SyntheticClip:
    """One row of clips.csv with what is true of it."""

    clip_id: str
    file: str
    uploader: str
    license: str
    title: str
    description: str
    tags: list[str]
    duration_s: float
    classes: list[int]


def zipf_weights(n: int, exponent: float = _RARER) -> NDArray[np.float64]:
    """Return n weights that fall with the rank and sum to 1."""
    weights = np.arange(1, n + 1, dtype=float) ** -exponent
    return weights / weights.sum()


def make_clips(scale: Scale) -> Iterator[SyntheticClip]:
    """Yield every clip of the collection, always the same for the same scale."""
    vocabulary = make_vocabulary(scale.n_classes, scale.seed)
    rng = np.random.default_rng([scale.seed, 2])
    uploaders = draw_uploaders(scale.n_clips, scale.n_uploaders, rng)
    favourites = draw_favourites(scale.n_uploaders, scale.n_classes, rng)
    durations = np.clip(rng.lognormal(1.6, 1.0, scale.n_clips), 0.2, 120.0)
    for number, uploader in enumerate(uploaders.tolist()):
        sounding = draw_classes(favourites[uploader], rng)
        yield SyntheticClip(
            clip_id=f"{number + 1:06d}",
            file=f"{number // 1000:03d}/{number + 1:06d}.wav",
            uploader=f"uploader-{uploader:05d}",
            license=LICENSES[int(rng.integers(len(LICENSES)))],
            title=f"{_some_words(vocabulary, rng, 2)} {number}.wav",
            description=f"Recorded {_some_words(vocabulary, rng, 12)}.",
            tags=_tags(sounding, vocabulary, rng),
            duration_s=round(float(durations[number]), 3),
            classes=sounding,
        )


def draw_uploaders(n_clips: int, n_uploaders: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return each clip's uploader; every uploader has at least one clip."""
    rest = rng.choice(n_uploaders, n_clips - n_uploaders, p=zipf_weights(n_uploaders))
    return rng.permutation(np.concatenate([np.arange(n_uploaders), rest]))


def draw_favourites(
    n_uploaders: int, n_classes: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the few classes that each uploader records, shape (n_uploaders, 6)."""
    return rng.choice(n_classes, (n_uploaders, _FAVOURITES), p=zipf_weights(n_classes))


def draw_classes(favourites: NDArray[np.int64], rng: np.random.Generator) -> list[int]:
    """Return one to three of an uploader's classes, the first of them the likeliest."""
    n = 1 + int(rng.random() < 0.35) + int(rng.random() < 0.1)
    ranks = np.minimum(rng.geometric(0.4, n), _FAVOURITES) - 1
    return sorted({int(c) for c in favourites[ranks]})


def _tags(sounding: list[int], vocabulary: Vocabulary, rng: np.random.Generator) -> list[str]:
    tags = []
    for leaf in sounding:
        alone, also, *together = vocabulary.leaf_words[leaf]
        if rng.random() < 0.92:
            tags += [[alone], [also], together][int(rng.integers(3))]
        if rng.random() < 0.15:
            tags.append(vocabulary.family_words[leaf % N_FAMILIES])
    for _ in range(int(rng.poisson(1.1))):
        mistaken = int(rng.integers(len(vocabulary.leaf_words)))
        tags.append(vocabulary.leaf_words[mistaken][0])
    tags += _some_words(vocabulary, rng, 3).split()
    return list(dict.fromkeys(tags))


def _some_words(vocabulary: Vocabulary, rng: np.random.Generator, n: int) -> str:
    noise = vocabulary.noise_words
    return " ".join(noise[int(i)] for i in rng.integers(len(noise), size=n))
