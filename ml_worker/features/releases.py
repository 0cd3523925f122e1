"""Features of a release's clips: computed once per (recording, front-end), then read from disk.

What the store (``feature_store``) lacks is decoded, resampled and transformed by one thread a core;
the work is in C and lets go of Python's lock. A few clips are in memory at a time, never all.
"""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch

from ml_worker.devices import choose_device
from ml_worker.features.feature_store import FeatureStore, Frames, MappedFrames
from ml_worker.features.front_end import FrontEnd
from ml_worker.file_hash import sha256_of
from ml_worker.job_context import JobContext
from ml_worker.process_pool import available_cores
from ml_worker.recordings.audio import AudioRefused, decode
from ml_worker.release import ReleasedClip, ReleaseError

_CLIPS_AT_ONCE = 64
_BYTES_AT_ONCE = 32_000_000


def default_store(context: JobContext, front_end: FrontEnd) -> FeatureStore:
    """Return the store of setting ``features_dir``, or else of ``HARKEN_VAR_DIR/features``.

    Setting ``features_device`` says where the transform runs: "cpu" unless it is set, or "cuda" or
    "auto".
    """
    var_dir = os.environ.get("HARKEN_VAR_DIR") or "var"
    settings = context.spec.settings
    folder = settings.get("features_dir") or Path(var_dir) / "features"
    device = choose_device(str(settings.get("features_device", "cpu")))
    return FeatureStore(Path(folder), front_end, device.type)


def load_features(
    context: JobContext, store: FeatureStore, clips: Sequence[ReleasedClip]
) -> MappedFrames:
    """Return the mapped frames of each clip, computing on all cores what the store lacks.

    Raises
    ------
    ReleaseError
        A recording cannot be decoded or is not the one the release names.
    """
    progress = context.progress
    progress.start("features", total=len(clips), unit="clips")
    missing = set(store.missing([clip.sha256 for clip in clips]))
    to_make = list({c.sha256: c for c in clips if c.sha256 in missing}.values())
    progress.start("features", total=len(clips), unit="clips", done=len(clips) - len(to_make))
    # Two workers that start together begin at different clips and share the work.
    random.SystemRandom().shuffle(to_make)
    for portion in _in_portions(to_make):
        context.check_stop()
        still_missing = set(store.missing([clip.sha256 for clip in portion]))
        batch: dict[str, Frames] = {}
        for name, frames in _make(store, [c for c in portion if c.sha256 in still_missing]):
            context.check_stop()
            batch[name] = frames
            if sum(f.nbytes for f in batch.values()) >= _BYTES_AT_ONCE:
                store.add(batch)
                batch = {}
            progress.advance()
        store.add(batch)
        progress.advance(len(portion) - len(still_missing))
    return store.mapped([clip.sha256 for clip in clips])


def _in_portions(clips: Sequence[ReleasedClip]) -> Iterator[Sequence[ReleasedClip]]:
    for start in range(0, len(clips), _CLIPS_AT_ONCE):
        yield clips[start : start + _CLIPS_AT_ONCE]


def _make(store: FeatureStore, clips: Iterable[ReleasedClip]) -> Iterator[tuple[str, Frames]]:
    """Yield (sha256, frames) of each clip; at most two clips a thread are under way."""
    n_threads = available_cores()
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(
        n_threads, "features", initializer=torch.set_num_threads, initargs=(1,)
    )
    under_way: deque[tuple[str, Future[Frames]]] = deque()
    try:
        for clip in clips:
            under_way.append((clip.sha256, pool.submit(_compute, store, clip)))
            if len(under_way) >= 2 * n_threads:
                name, future = under_way.popleft()
                yield name, future.result()
        for name, future in under_way:
            yield name, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)


def _compute(store: FeatureStore, clip: ReleasedClip) -> Frames:
    if sha256_of(clip.path) != clip.sha256:
        raise ReleaseError(
            f"{clip.path} is not the recording its metadata names (another sha256); "
            "verify the release."
        )
    try:
        return store.front_end.log_mel(decode(clip.path), store.device)
    except AudioRefused as error:
        raise ReleaseError(f"The release holds a broken recording: {error}") from error
