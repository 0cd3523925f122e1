"""Near-duplicates: clips that hold the same sound, found by their acoustic fingerprints.

A fingerprint is a sequence of 32-bit sub-fingerprints ("codes"), one a frame; 0 stands for silence.
Search and decision follow Haitsma & Kalker, "A highly robust audio fingerprinting system" (ISMIR
2002, §5): two clips that share a code are laid upon each other there, and are the same sound if few
bits differ over all their common frames.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from datasets_app.domain.clips.clip_groups import NO_DUPLICATES
from datasets_app.domain.errors import RuleError

Codes = NDArray[np.uint32]
Ints = NDArray[np.int64]

MAX_BIT_ERROR_RATE = 0.35
"""Haitsma & Kalker 2002, §4.3."""
MIN_OVERLAP_FRAMES = 12
N_NEIGHBOURS = 2
"""With how many of the next clips that have the same code a frame is compared."""
N_SHIFTS = 4
"""How many ways to lay one clip upon another are verified."""
BESIDE_A_HIT = (-8, -4, 4, 8)
MAX_RATE_BESIDE_A_HIT = 0.42
"""Frames beside a common code, and the bit error rate from which that code is mere chance."""
CHANCE_SPREAD = 1.15
"""Ten times what the bit error rate of one unrelated frame spreads around 0.5, with frames that
overlap by 7/8."""
_FRAMES_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class _Frames:
    """All clips' frames one after the other; ``tells`` is false where a frame says nothing new."""

    codes: Codes
    clip: Ints
    start: Ints
    length: Ints
    tells: NDArray[np.bool_]


def duplicate_groups(
    fingerprints: Sequence[Codes],
    *,
    max_bit_error_rate: float = MAX_BIT_ERROR_RATE,
    min_overlap_frames: int = MIN_OVERLAP_FRAMES,
) -> Ints:
    """Return the group of near-duplicates that each clip is in.

    Parameters
    ----------
    fingerprints
        For each clip an array of uint32, one code a frame, 0 for silence; may be empty.
    max_bit_error_rate
        Largest share of differing bits over the common frames, inclusive, in (0, 0.5). Where few
        frames are in common less is allowed, so that chance alone does not match: at most
        ``0.5 - 1.15 / sqrt(n_frames)`` (0.17 for 12 frames, 0.35 from 59 on).
    min_overlap_frames
        Fewest common frames, inclusive, 1 or more. Silent frames do not count, and of the frames
        of a clip with one and the same code (hum) only the first does.

    Returns
    -------
    int array (n_clips,)
        The lowest index of a clip in the group; ``NO_DUPLICATES`` (-1) for a clip without
        near-duplicates. Groups are closed over chains: if a matches b and b matches c, all three
        are one.

    Raises
    ------
    RuleError
        A setting is out of range, or a fingerprint is not one-dimensional uint32.

    Notes
    -----
    Source: Haitsma & Kalker 2002, §5. Codes are sorted; each frame is compared with the next two
    clips that have its code, common codes whose neighbours differ are let go, and of a pair of
    clips the four shifts with most common codes are verified over their whole overlap. So the
    search is O(n log n) for n frames in all, and a code, however common, adds no more than twice
    its frames: of many clips with a common code each finds its neighbours, and the chain joins
    them. Two copies must share one code exactly; after MP3 or Ogg some 4 % of the frames do. A pair
    is missed if all codes it shares are held by several unrelated clips between the two as well.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sound, other = rng.integers(1, 2**32, (2, 100), dtype=np.uint32)
    >>> duplicate_groups([other, sound, sound[30:], sound[:0]]).tolist()
    [-1, 1, 1, -1]
    """
    if not 0.0 < max_bit_error_rate < 0.5:
        raise RuleError(f"max_bit_error_rate is {max_bit_error_rate:g}; give 0 to 0.5, exclusive.")
    if min_overlap_frames < 1:
        raise RuleError(f"min_overlap_frames is {min_overlap_frames}; give 1 or more.")
    for index, codes in enumerate(fingerprints):
        if codes.dtype != np.uint32 or codes.ndim != 1:
            raise RuleError(
                f"Fingerprint {index} is {codes.dtype} of {codes.ndim} dimensions; give uint32 "
                "of one."
            )
    if not any(map(len, fingerprints)):
        return np.full(len(fingerprints), NO_DUPLICATES, dtype=np.int64)
    frames, posting = _index(fingerprints)
    first, second, shift = _alignments(frames, posting)
    matches = np.zeros(len(first), dtype=bool)
    for part in _portions(frames, first, second, shift):
        n_frames, rate = _bit_errors(frames, first[part], second[part], shift[part])
        by_chance = 0.5 - CHANCE_SPREAD / np.sqrt(np.maximum(n_frames, 1))
        is_like = rate <= np.minimum(max_bit_error_rate, by_chance)
        matches[part] = is_like & (n_frames >= min_overlap_frames)
    return _components(first[matches], second[matches], len(fingerprints))


def _index(fingerprints: Sequence[Codes]) -> tuple[_Frames, Ints]:
    """Return the frames, and those that tell something in the order of their code.

    One sort of (code, position) packed into 64 bits; positions ascend with the clip.
    """
    length = np.array([len(codes) for codes in fingerprints], dtype=np.int64)
    codes = np.concatenate(fingerprints)
    clip = np.repeat(np.arange(len(length)), length)
    keys = (codes.astype(np.uint64) << np.uint64(32)) | np.arange(len(codes), dtype=np.uint64)
    keys.sort()
    posting = (keys & np.uint64(0xFFFF_FFFF)).astype(np.int64)
    by_code = codes[posting]
    is_new = np.ones(len(posting), dtype=bool)
    is_new[1:] = (by_code[1:] != by_code[:-1]) | (clip[posting[1:]] != clip[posting[:-1]])
    posting = posting[is_new & (by_code != 0)]
    tells = np.zeros(len(codes), dtype=bool)
    tells[posting] = True
    return _Frames(codes, clip, np.cumsum(length) - length, length, tells), posting


def _alignments(frames: _Frames, posting: Ints) -> tuple[Ints, Ints, Ints]:
    """Return pairs of clips (first < second) and where second lies upon first, best voted first.

    Frame i of the second lies on frame i + shift of the first.
    """
    hits = [_hits(frames, posting, step) for step in range(1, N_NEIGHBOURS + 1)]
    one, other = (np.concatenate(ends) for ends in zip(*hits, strict=True))
    first, second = frames.clip[one], frames.clip[other]
    n_clips = len(frames.length)
    pair, shift, n_votes = _count_votes(
        first * n_clips + second, one - frames.start[first] - other + frames.start[second]
    )
    order = np.lexsort((shift, -n_votes, pair))
    pair, shift = pair[order], shift[order]
    begins = np.ones(len(pair), dtype=bool)
    begins[1:] = pair[1:] != pair[:-1]
    rank = np.arange(len(pair)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
    pair, shift = pair[rank < N_SHIFTS], shift[rank < N_SHIFTS]
    return pair // n_clips, pair % n_clips, shift


def _hits(frames: _Frames, posting: Ints, step: int) -> tuple[Ints, Ints]:
    """Return the positions of equal codes ``step`` apart in their order, and alike beside."""
    code = frames.codes[posting]
    here = np.flatnonzero(code[step:] == code[:-step])
    one, other = posting[here], posting[here + step]
    n_bits = np.zeros(len(one), dtype=np.int64)
    n_wrong = np.zeros(len(one), dtype=np.int64)
    for distance in BESIDE_A_HIT:
        inside = _stays(frames, one, distance) & _stays(frames, other, distance)
        a, b = (frames.codes[np.where(inside, at + distance, at)] for at in (one, other))
        n_bits += 32 * inside
        n_wrong += np.bitwise_count(a ^ b)
    is_alike = n_wrong <= MAX_RATE_BESIDE_A_HIT * n_bits
    return one[is_alike], other[is_alike]


def _stays(frames: _Frames, at: Ints, distance: int) -> NDArray[np.bool_]:
    """Say whether the frame at that distance is one of the same clip and is not silent."""
    beside = np.clip(at + distance, 0, len(frames.codes) - 1)
    is_same = (frames.clip[beside] == frames.clip[at]) & (beside == at + distance)
    return np.asarray(is_same & (frames.codes[beside] != 0))


def _count_votes(pair: Ints, shift: Ints) -> tuple[Ints, Ints, Ints]:
    """Return each pair and shift once, with how often it was there."""
    order = np.lexsort((shift, pair))
    pair, shift = pair[order], shift[order]
    starts = np.ones(len(pair), dtype=bool)
    starts[1:] = (pair[1:] != pair[:-1]) | (shift[1:] != shift[:-1])
    at = np.flatnonzero(starts)
    return pair[at], shift[at], np.diff(np.append(at, len(pair)))


def _overlap(frames: _Frames, first: Ints, second: Ints, shift: Ints) -> tuple[Ints, Ints]:
    """Return where the common frames begin in the first clip, and how many there are."""
    begin = np.maximum(0, shift)
    return begin, np.minimum(frames.length[first], frames.length[second] + shift) - begin


def _portions(frames: _Frames, first: Ints, second: Ints, shift: Ints) -> Iterator[slice]:
    """Cut the alignments so that a portion's frames fit into memory."""
    _, n_common = _overlap(frames, first, second, shift)
    portion = np.cumsum(n_common) // _FRAMES_AT_ONCE
    bounds = np.flatnonzero(np.diff(portion, prepend=-1, append=-2))
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        yield slice(begin, end)


def _bit_errors(
    frames: _Frames, first: Ints, second: Ints, shift: Ints
) -> tuple[Ints, NDArray[np.float64]]:
    """Return how many common frames tell something, and the share of their bits that differ."""
    begin, n_common = _overlap(frames, first, second, shift)
    edges = np.cumsum(n_common) - n_common
    at = np.arange(int(n_common.sum())) - np.repeat(edges, n_common)
    one = at + np.repeat(frames.start[first] + begin, n_common)
    other = at + np.repeat(frames.start[second] + begin - shift, n_common)
    both = frames.tells[one] & frames.tells[other]
    wrong = np.bitwise_count(frames.codes[one] ^ frames.codes[other]) * both
    n_frames = np.add.reduceat(both, edges, dtype=np.int64)
    n_wrong = np.add.reduceat(wrong, edges, dtype=np.int64)
    return n_frames, n_wrong / (32.0 * np.maximum(n_frames, 1))


def _components(first: Ints, second: Ints, n_clips: int) -> Ints:
    links = csr_array((np.ones(len(first), bool), (first, second)), shape=(n_clips, n_clips))
    n_groups, component = connected_components(links, directed=False)
    lowest = np.full(n_groups, n_clips, dtype=np.int64)
    np.minimum.at(lowest, component, np.arange(n_clips))
    alone = np.bincount(component, minlength=n_groups) < 2
    lowest[alone] = NO_DUPLICATES
    return np.asarray(lowest[component])


def name_groups(
    groups: Sequence[int], clip_ids: Sequence[str], known: Sequence[str | None]
) -> list[str | None]:
    """Return the lasting name of each clip's group; None for a clip without near-duplicates.

    Groups that were known stay: they keep their members and their name, and may only grow or merge.
    A merged group keeps the lowest of its names; a new one takes the lowest id of its clips.

    Parameters
    ----------
    groups
        As ``duplicate_groups`` gives them; clips with the same code belong together.
    clip_ids
        The clips' ids, unique.
    known
        The names from before, None for a clip that was in no group.

    Notes
    -----
    O(n_clips log n_clips).

    Examples
    --------
    >>> name_groups([0, 0, -1, 3, 3], ["a", "b", "c", "d", "e"], [None, "b", "b", None, None])
    ['b', 'b', 'b', 'd', 'd']
    """
    n_clips = len(clip_ids)
    first_of_name: dict[str, int] = {}
    first_of_group: dict[int, int] = {}
    links = [
        (clip, first_of_group.setdefault(group, clip))
        for clip, group in enumerate(groups)
        if group != NO_DUPLICATES
    ]
    links += [
        (clip, first_of_name.setdefault(name, clip))
        for clip, name in enumerate(known)
        if name is not None
    ]
    ends = np.array(links, dtype=np.int64).reshape(-1, 2)
    merged = _components(ends[:, 0], ends[:, 1], n_clips).tolist()
    names: dict[int, str] = {}
    for group, name in zip(merged, known, strict=True):
        if name is not None:
            names[group] = min(name, names.get(group, name))
    new: dict[int, str] = {}
    for group, clip_id in zip(merged, clip_ids, strict=True):
        if group not in names:
            new[group] = min(clip_id, new.get(group, clip_id))
    names = new | names
    return [None if group == NO_DUPLICATES else names[group] for group in merged]
