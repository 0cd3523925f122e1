"""Titles and tags as uploaders write them, with the mistakes they make.

What can go wrong with one clip, each with its own probability: a title that is only a file
name, no tags, the tags of another sound, a typing error, only the general word ("dog"), a
second sound that nobody mentions, words that mislead the keyword rules ("hot-dog").
"""

from dataclasses import dataclass

import numpy as np

P_FILE_NAME_TITLE = 0.28
P_NO_TAGS = 0.07
P_WRONG_TAGS = 0.06
P_TYPING_ERROR = 0.05
P_ONLY_GENERAL_TAG = 0.06
P_SECOND_UNTAGGED = 0.60
P_TRAP = 0.05


@dataclass(frozen=True, slots=True)
class Wording:
    """How people name one class: exact tags, general tags, title phrases, misleading words."""

    exact: tuple[str, ...]
    general: tuple[str, ...]
    titles: tuple[str, ...]
    traps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClipWords:
    """What the uploader wrote."""

    title: str
    tags: tuple[str, ...]
    description: str


WORDINGS: dict[str, Wording] = {
    "/m/05tny_": Wording(
        ("bark", "barking", "dog-bark"), ("dog", "puppy"),
        ("Dog barking", "bark at the fence", "Terrier bark"), ("hot-dog", "stand"),
    ),
    "/m/06mb1": Wording(
        ("rain", "rainfall", "raining"), ("water", "weather"),
        ("Rain on the window", "heavy rain", "Spring rain"), ("rain", "rainforest"),
    ),
    "/m/0ngt1": Wording(
        ("thunder", "thunderclap", "thunder"), ("storm", "weather"),
        ("Thunder over the hills", "rolling thunder", "Thunderclap"), ("thunder", "thunderbird"),
    ),
    "/m/07pggtn": Wording(
        ("chirp", "birdsong", "chirping"), ("bird", "garden"),
        ("Birdsong in the garden", "chirping sparrow", "Morning chirp"), ("tweet", "twitter"),
    ),
    "/m/07r5v4s": Wording(
        ("drip", "dripping", "drips"), ("water", "tap"),
        ("Dripping tap", "water drip in cave", "Sink drip"), ("drip-coffee", "kitchen"),
    ),
    "/m/03kmc9": Wording(
        ("siren", "ambulance", "sirens"), ("alarm", "police"),
        ("Ambulance siren", "Siren passing", "police siren"), ("siren", "mermaid"),
    ),
    "/m/03wwcy": Wording(
        ("doorbell", "doorbell", "door-bell"), ("door", "chime"),
        ("Doorbell", "My old doorbell", "ding dong doorbell"), ("doorbell", "intercom"),
    ),
    "/m/07qjznl": Wording(
        ("ticktock", "tick-tock", "ticktock"), ("clock", "tick"),
        ("Clock ticking", "kitchen clock tick", "Watch tick close"), ("tick-tock", "timebomb"),
    ),
    "/m/0395lw": Wording(
        ("bell", "church-bell", "bells"), ("church", "metal"),
        ("Church bell", "small brass bell", "Bell strike"), ("bell-pepper", "cooking"),
    ),
    "/m/07pb8fc": Wording(
        ("idling", "idle", "idling"), ("engine", "car"),
        ("Engine idling", "car idle exhaust", "Van idling"), ("search-engine", "office"),
    ),
    "/m/07r4wb8": Wording(
        ("knock", "knocking", "knocks"), ("door", "wood"),
        ("Knock on door", "knocking wooden door", "Three knocks"), ("knock", "knockout"),
    ),
    "/m/07pbtc8": Wording(
        ("footsteps", "footstep", "footsteps"), ("walk", "shoes"),
        ("Footsteps on gravel", "footsteps corridor", "footsteps wood"), ("footsteps", "album"),
    ),
    "/m/01w250": Wording(
        ("whistling", "whistling", "whistling"), ("whistle", "mouth"),
        ("Man whistling", "whistling a tune", "Whistling happy"), ("whistling", "kettle"),
    ),
    "/m/028ght": Wording(
        ("applause", "applause", "applauding"), ("clap", "crowd"),
        ("Applause small hall", "audience applause", "Applause end of show"),
        ("applause", "sign"),
    ),
}  # fmt: skip

_COMMON_TAGS = (
    "field-recording", "sfx", "sound", "foley", "ambience", "zoom-h4n", "stereo", "mono",
    "outdoors", "home", "free", "sample", "noise", "effect", "close-up", "2019",
)  # fmt: skip
_FILE_NAMES = (
    "Recording_{0:03d}.wav", "ZOOM{0:04d}.WAV", "STE-{0:03d}", "DR0000_{0:04d}.wav",
    "audio {0}", "New Recording {0}.m4a", "untitled{0}", "R09_{0:04d}.mp3",
)  # fmt: skip
_ENDINGS = ("", "", " {0}", "_{0:02d}.wav", " {0:02d}.flac", " (loop)", " - take {0}", ".wav")


def mistype(rng: np.random.Generator, word: str) -> str:
    """Swap two neighbouring letters, or drop one.

    Examples
    --------
    >>> sorted(mistype(np.random.default_rng(0), "ab")) in (["a", "b"], ["a"], ["b"])
    True
    """
    place = int(rng.integers(0, len(word) - 1))
    if rng.random() < 0.6:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + word[place + 1 :]


def write_words(rng: np.random.Generator, mid: str, second_mid: str | None) -> ClipWords:
    """What an uploader writes about a clip of class ``mid``, perhaps with a second sound."""
    named = _confused_with(rng, mid) if rng.random() < P_WRONG_TAGS else mid
    tags = [] if rng.random() < P_NO_TAGS else _sound_tags(rng, named)
    title = _title(rng, named)
    if second_mid is not None and rng.random() >= P_SECOND_UNTAGGED:
        tags += list(rng.choice(WORDINGS[second_mid].exact, 1))
    if rng.random() < P_TRAP:
        tags += _trap_tags(rng, {mid, second_mid})
    if tags:
        tags += list(rng.choice(_COMMON_TAGS, int(rng.integers(0, 4)), replace=False))
    unique = tuple(dict.fromkeys(str(tag) for tag in tags))
    return ClipWords(title, unique, _description(rng, unique))


def _confused_with(rng: np.random.Generator, mid: str) -> str:
    others = [other for other in WORDINGS if other != mid]
    return others[int(rng.integers(len(others)))]


def _sound_tags(rng: np.random.Generator, mid: str) -> list[str]:
    wording = WORDINGS[mid]
    general = list(rng.choice(wording.general, int(rng.integers(0, 3)), replace=False))
    if rng.random() < P_ONLY_GENERAL_TAG:
        return [wording.general[0]]
    exact = str(rng.choice(wording.exact))
    return [mistype(rng, exact) if rng.random() < P_TYPING_ERROR else exact, *general]


def _trap_tags(rng: np.random.Generator, present: set[str | None]) -> list[str]:
    """Misleading words of a class that the clip does not hold."""
    absent = [mid for mid in WORDINGS if mid not in present]
    return list(WORDINGS[absent[int(rng.integers(len(absent)))]].traps)


def _title(rng: np.random.Generator, mid: str) -> str:
    number = int(rng.integers(1, 400))
    if rng.random() < P_FILE_NAME_TITLE:
        return str(rng.choice(_FILE_NAMES)).format(number)
    title = str(rng.choice(WORDINGS[mid].titles)) + str(rng.choice(_ENDINGS)).format(number % 40)
    return title.replace(" ", "_").lower() if rng.random() < 0.25 else title


def _description(rng: np.random.Generator, tags: tuple[str, ...]) -> str:
    if rng.random() < 0.5:
        return ""
    opening = rng.choice(["Recorded at home.", "Recorded outside.", "Handheld.", "Edited."])
    return f"{opening} {' '.join(tags[:2])}".strip()
