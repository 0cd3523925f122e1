"""What learning is measured by, each line beside a peer and its target; imports nothing heavy."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.rules.plan import Line, Measured, rate, times_as_fast

PREFIX = "learning"
LIBROSA = "a librosa loop"


def _faster(times: float) -> Callable[[Measured, Measured | None], bool]:
    return lambda ours, peer: peer is not None and times_as_fast(ours, peer) >= times


def _within_each(seconds: float) -> Callable[[Measured, Measured | None], bool]:
    return lambda ours, _: 1 / rate(ours) <= seconds


def _extra(name: str, holds: Callable[[float], bool]) -> Callable[[Measured, Any], bool]:
    return lambda ours, _: holds(ours["figures"][name])


LINES: Mapping[str, Line] = {
    "learning_features_ogg": Line(
        "load_features of 240 Ogg Vorbis clips of 5 s at 44.1 kHz into an empty store: check the "
        "sha256, decode, resample, log-mel, write; the peer: load, melspectrogram, power_to_db",
        "20 x librosa",
        _faster(20.0),
        ours="features.extract",
        peer_name=LIBROSA,
        peer="features.extract_peer",
        prepare="features.prepare_ogg",
    ),
    "learning_features_wav": Line(
        "the same from 16-bit WAV, where decoding costs next to nothing",
        "20 x librosa",
        _faster(20.0),
        ours="features.extract",
        peer_name=LIBROSA,
        peer="features.extract_peer",
        prepare="features.prepare_wav",
    ),
    "learning_log_mel": Line(
        "log-mel alone, of the same clips decoded and resampled before: FrontEnd.log_mel by one "
        "thread a core; the peer: melspectrogram, power_to_db",
        "20 x librosa",
        _faster(20.0),
        ours="features.log_mel",
        peer_name=LIBROSA,
        peer="features.log_mel_peer",
        prepare="features.prepare_wav",
    ),
    "learning_features_again": Line(
        "load_features of the Ogg clips from a filled store, every row read: what every run after "
        "the first takes; a plain loop computes them again",
        "20 x librosa",
        _faster(20.0),
        ours="features.read_again",
        peer_name=LIBROSA,
        peer="features.extract_peer",
        prepare="features.prepare_filled",
    ),
    "learning_store_50k": Line(
        "open a store of 50,000 clips of 1.2 s and gather 100 batches of 64 patches at random",
        "one map of the file",
        _extra("maps", lambda n: n == 1),
        ours="features.open_large",
        prepare="features.prepare_large",
        times=1,
    ),
    "learning_loading": Line(
        "an epoch of VGG-like training on CPU: 220 clips of 5 s, batches of 64 patches from the "
        "store, with random offsets, mixup and SpecAugment",
        "waits for data below 5 %",
        _extra("waiting_percent", lambda share: share < 5.0),
        ours="loading.train",
        prepare="features.prepare_filled",
        times=1,
    ),
    "learning_similar_50k": Line(
        "similar_clips, ten of 50,000 clips of 1,024 numbers, compared one by one",
        "0.1 s a query",
        _within_each(0.1),
        ours="similar.query_exact",
        prepare="similar.prepare_50k",
        times=1,
    ),
    "learning_similar_500k": Line(
        "the same through the index of 500,000 clips of 256 numbers in 5,000 clusters; build and "
        "recall among the ten nearest in the remark",
        "recall 0.95",
        _extra("recall", lambda recall: recall >= 0.95),
        ours="similar.query_indexed",
        prepare="similar.prepare_500k",
        times=1,
    ),
}


def chosen_lines(prefixes: Sequence[str]) -> list[str]:
    """Return the lines whose names begin as one of the prefixes, in order; all for an empty one."""
    return [name for name in LINES if any(name.startswith(prefix) for prefix in prefixes)]
