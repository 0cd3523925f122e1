"""A cache of log-mel frames by content: computed once per (recording, front-end).

An entry is a ``.npy`` file followed by the sha256 of its bytes, moved into place whole, so that two
workers may write the same entry at once. A corrupt entry counts as absent and is made again.
Reading maps the file into memory; nothing asks for all of a release at once.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml_worker.audio import AudioRefused, decode
from ml_worker.file_hash import sha256_of
from ml_worker.front_end import FrontEnd
from ml_worker.job_context import JobContext
from ml_worker.process_pool import available_cores
from ml_worker.release import ReleasedClip, ReleaseError

_DIGEST_BYTES = hashlib.sha256().digest_size


class FeatureStore:
    """Log-mel frames of recordings, by the sha256 of the recording."""

    def __init__(self, folder: Path, front_end: FrontEnd) -> None:
        """Keep entries under ``folder``, in a folder of their own for each front-end."""
        self.front_end = front_end
        self._folder = folder / front_end.id

    def path(self, sha256: str) -> Path:
        """Return where the entry of a recording is or will be."""
        return self._folder / sha256[:2] / f"{sha256}.npy"

    def get(self, sha256: str) -> NDArray[np.float16] | None:
        """Return frames mapped from disk, shape (n_frames, n_bands); None if absent or corrupt."""
        path = self.path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        body, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != digest:
            return None
        return np.load(path, mmap_mode="r", allow_pickle=False)

    def put(self, sha256: str, frames: NDArray[np.float16]) -> None:
        """Store frames, replacing what was there in one step."""
        buffer = io.BytesIO()
        np.save(buffer, frames.astype(np.float16, copy=False), allow_pickle=False)
        body = buffer.getvalue()
        path = self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{sha256}.{os.getpid()}.{threading.get_ident()}")
        unfinished.write_bytes(body + hashlib.sha256(body).digest())
        unfinished.replace(path)

    def get_or_make(
        self, sha256: str, make: Callable[[], NDArray[np.float16]]
    ) -> NDArray[np.float16]:
        """Return the entry, computing and storing it if it is absent or corrupt."""
        frames = self.get(sha256)
        if frames is None:
            self.put(sha256, make())
            frames = self.get(sha256)
        if frames is None:
            raise OSError(f"{self.path(sha256)} cannot be read back; check the disk.")
        return frames


def default_store(context: JobContext, front_end: FrontEnd) -> FeatureStore:
    """Return the store of setting ``features_dir``, or else of ``HARKEN_VAR_DIR/features``."""
    var_dir = os.environ.get("HARKEN_VAR_DIR") or "var"
    folder = context.spec.settings.get("features_dir") or Path(var_dir) / "features"
    return FeatureStore(Path(folder), front_end)


def load_features(
    context: JobContext, store: FeatureStore, clips: Sequence[ReleasedClip]
) -> list[NDArray[np.float16]]:
    """Return the mapped frames of each clip, computing on all cores what the store lacks.

    Raises
    ------
    ReleaseError
        A recording cannot be decoded or is not the one the release names.
    """
    context.progress.start("features", total=len(clips), unit="clips")
    frames: list[NDArray[np.float16]] = [np.empty(0, np.float16)] * len(clips)
    with ThreadPoolExecutor(available_cores(), thread_name_prefix="features") as pool:
        futures = {pool.submit(_features_of, store, clip): i for i, clip in enumerate(clips)}
        try:
            for future in as_completed(futures):
                context.check_stop()
                frames[futures[future]] = future.result()
                context.progress.advance()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return frames


def _features_of(store: FeatureStore, clip: ReleasedClip) -> NDArray[np.float16]:
    return store.get_or_make(clip.sha256, lambda: _compute(store.front_end, clip))


def _compute(front_end: FrontEnd, clip: ReleasedClip) -> NDArray[np.float16]:
    if sha256_of(clip.path) != clip.sha256:
        raise ReleaseError(
            f"{clip.path} is not the recording its metadata names (another sha256); "
            "verify the release."
        )
    try:
        return front_end.log_mel(decode(clip.path))
    except AudioRefused as error:
        raise ReleaseError(f"The release holds a broken recording: {error}") from error
