"""The plan of the demo collection: which uploader gives which clip, before any sound is made."""

from dataclasses import dataclass, replace

import numpy as np

from datasets_app.demo.mixtures import QUIETER_DB, SEQUENTIAL_SHARE, Arrangement
from datasets_app.demo.seeding import named_generator
from datasets_app.demo.sounds import SOUND_KINDS
from datasets_app.demo.uploaders import FAVOURITE_WEIGHT, Uploader

SHORTEST_S = 0.5
LONGEST_S = 12.0
SHORTEST_MIXTURE_S = 2.0
MIXTURE_SHARE = 1 / 3
NEAR_DUPLICATE_SHARE = 1 / 60
MIN_UPLOADERS_PER_CLASS = 5
EXTENSION_SHARES = {"ogg": 0.62, "flac": 0.3, "wav": 0.08}


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """Everything about a clip that is fixed before its sound and its words are made.

    Attributes
    ----------
    clip_id
        Name of the clip and of its file.
    uploader
        Who gives it.
    mid, second_mid
        Predominant class, and the other class of a mixture.
    arrangement
        Alone, overlaid or one after the other.
    quieter_db, share, second_first
        Level of the second sound below the first; for a sequence, the predominant sound's
        share of the duration, and whether the second comes first.
    duration_s
        Between 0.5 and 12, both included.
    extension
        File type: ogg, flac or wav.
    near_duplicate_of
        Clip whose sound this one repeats, cut and scaled differently.
    """

    clip_id: str
    uploader: Uploader
    mid: str
    duration_s: float
    extension: str
    second_mid: str | None = None
    arrangement: Arrangement = Arrangement.ALONE
    quieter_db: float = 0.0
    share: float = 1.0
    second_first: bool = False
    near_duplicate_of: str | None = None


def plan_clips(seed: int, uploaders: list[Uploader]) -> list[ClipPlan]:
    """Plan every clip: balanced classes, uploaders' favourites, a third of mixtures."""
    rng = named_generator(seed, "plan")
    owners = [uploader for uploader in uploaders for _ in range(uploader.n_clips)]
    owners = [owners[int(k)] for k in rng.permutation(len(owners))]
    mids = assign_classes(rng, owners)
    n_mixtures = round(len(owners) * MIXTURE_SHARE)
    is_mixture = rng.permutation(len(owners)) < n_mixtures
    plans = []
    for number, (owner, mid, mixed) in enumerate(zip(owners, mids, is_mixture, strict=True), 1):
        extension = str(rng.choice(list(EXTENSION_SHARES), p=list(EXTENSION_SHARES.values())))
        clip_id = f"demo-{number:04d}"
        plan = ClipPlan(clip_id, owner, mid, draw_duration_s(rng, mid), extension)
        plans.append(as_mixture(rng, plan) if mixed else plan)
    return with_near_duplicates(rng, plans)


def assign_classes(rng: np.random.Generator, owners: list[Uploader]) -> list[str]:
    """A class for every clip: equal class sizes, favoured by owner, no class from few owners.

    No uploader gives more than a quarter of a class (rounded down, at least one clip), so that
    every class of a large enough collection comes from five uploaders or more.
    """
    mids = list(SOUND_KINDS)
    left = {mid: len(owners) // len(mids) for mid in mids}
    for index in rng.permutation(len(mids))[: len(owners) % len(mids)]:
        left[mids[int(index)]] += 1
    cap = max(1, (len(owners) // len(mids)) // (MIN_UPLOADERS_PER_CLASS - 1))
    given: dict[tuple[str, str], int] = {}
    chosen = []
    for owner in owners:
        weights = np.array([_wish(owner, mid, left[mid], given, cap) for mid in mids])
        mid = mids[int(rng.choice(len(mids), p=weights / weights.sum()))]
        left[mid] -= 1
        given[owner.name, mid] = given.get((owner.name, mid), 0) + 1
        chosen.append(mid)
    return chosen


def _wish(
    owner: Uploader, mid: str, n_left: int, given: dict[tuple[str, str], int], cap: int
) -> float:
    """How strongly the next clip of the owner should be of this class."""
    if n_left == 0:
        return 0.0
    liking = FAVOURITE_WEIGHT if mid in owner.favourites else 1.0
    return n_left * liking * (1.0 if given.get((owner.name, mid), 0) < cap else 1e-6)


def draw_duration_s(rng: np.random.Generator, mid: str) -> float:
    """A log-normal duration around the class's typical one, cut to 0.5-12 s."""
    duration_s = SOUND_KINDS[mid].typical_s * float(np.exp(0.55 * rng.standard_normal()))
    return round(min(LONGEST_S, max(SHORTEST_S, duration_s)), 3)


def as_mixture(rng: np.random.Generator, plan: ClipPlan) -> ClipPlan:
    """The plan with a second, quieter sound of another class; three in four overlaid."""
    others = [mid for mid in SOUND_KINDS if mid != plan.mid]
    overlaid = rng.random() < 0.75
    return replace(
        plan,
        second_mid=others[int(rng.integers(len(others)))],
        arrangement=Arrangement.OVERLAID if overlaid else Arrangement.SEQUENTIAL,
        quieter_db=float(rng.uniform(*QUIETER_DB)),
        share=1.0 if overlaid else float(rng.uniform(*SEQUENTIAL_SHARE)),
        second_first=bool(rng.random() < 0.5),
        duration_s=max(plan.duration_s, SHORTEST_MIXTURE_S),
    )


def with_near_duplicates(rng: np.random.Generator, plans: list[ClipPlan]) -> list[ClipPlan]:
    """Turn a few plans into near-duplicates of an earlier clip of the same uploader and class."""
    n_wanted = max(1, round(len(plans) * NEAR_DUPLICATE_SHARE))
    first_of: dict[tuple[str, str], ClipPlan] = {}
    candidates = {}
    for place, plan in enumerate(plans):
        original = first_of.setdefault((plan.uploader.name, plan.mid), plan)
        if original is not plan and original.second_mid is None and plan.second_mid is None:
            candidates[place] = original
    chosen = rng.permutation(len(candidates))[:n_wanted]
    places = [list(candidates)[int(k)] for k in chosen]
    return [
        _repeated(rng, plan, candidates[place]) if place in places else plan
        for place, plan in enumerate(plans)
    ]


def _repeated(rng: np.random.Generator, plan: ClipPlan, original: ClipPlan) -> ClipPlan:
    shorter_s = original.duration_s * float(rng.uniform(0.9, 1.0))
    return replace(
        plan,
        duration_s=round(max(SHORTEST_S, shorter_s), 3),
        near_duplicate_of=original.clip_id,
    )
