"""Job kind "embed": one embedding of every clip, by a provider of the HEAR interface.

Inputs: ``release``; or ``root``, a folder of recordings, with ``JOB/clips.jsonl`` as for the kind
"analyse". Settings: ``provider`` (a name of ``embeddings.provider``), ``provider_settings`` (may
have ``model``: the path of weights or of a run). Result folder::

    embeddings.npy     float32 (n_clips, size), C order: scene embeddings
    norms.npy          float32 (n_clips,): their Euclidean lengths
    clips.csv          clip_id,sha256: row i is row i of the arrays
    provider.json      ``format``, ``provider``, ``version``, ``model``, ``model_sha256``, ``size``,
                       ``sample_rate_hz``, ``n_clips``, ``index``
    similar.usearch    only for large collections: see ``similarity``

Rows are written as they come and never held in memory together. A job that was stopped goes on
after the last clip that was done, with the same numbers as one that was not.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ml_worker.analysis import read_requests, resolve_inside
from ml_worker.contract import write_json_atomically
from ml_worker.embeddings.provider import LoadedProvider, load_provider
from ml_worker.embeddings.table import (
    CLIPS_FILE,
    EMBEDDINGS_FILE,
    NORMS_FILE,
    PROVIDER_FILE,
)
from ml_worker.features.resampling import resample
from ml_worker.file_hash import hash_files, sha256_of
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.process_pool import available_cores
from ml_worker.recordings.audio import AudioRefused, decode
from ml_worker.release import read_release
from ml_worker.similarity import build_index

FORMAT = 1
_CHECKPOINT_FILE, _MADE_DIR = "embed.json", "embeddings"
_SOUNDS_AT_ONCE, _SAMPLES_AT_ONCE = 16, 16_000_000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ClipToEmbed:
    """A recording; ``sha256`` is empty where nobody has stated it."""

    clip_id: str
    path: Path
    sha256: str


def run(context: JobContext) -> dict[str, Any]:
    """Embed every clip, write the result files and return the summary."""
    settings = context.spec.settings
    model_path = _model_path(settings.get("provider_settings", {}))
    name = settings.get("provider")
    if not isinstance(name, str):
        raise JobRefused("An embed job's settings need 'provider', the name of one.")
    context.progress.start("reading the clips", total=1, unit="lists")
    clips = _clips_of(context)
    provider = load_provider(name, model_path)
    description = _describe(provider, model_path, len(clips))
    made_dir = context.work_dir / _MADE_DIR
    made_dir.mkdir(exist_ok=True)
    embed_clips(context, provider, clips, made_dir, plan=_plan(description, clips))
    _write_norms(made_dir)
    _write_clips(made_dir / CLIPS_FILE, clips)
    index = build_index(context, made_dir)
    write_json_atomically(made_dir / PROVIDER_FILE, {**description, "index": index})
    for path in made_dir.iterdir():
        path.rename(context.result_dir / path.name)
    return {
        "provider": name,
        "version": provider.version,
        "size": description["size"],
        "n_clips": len(clips),
        "is_indexed": index is not None,
    }


def embed_clips(
    context: JobContext,
    provider: LoadedProvider,
    clips: Sequence[ClipToEmbed],
    folder: Path,
    *,
    plan: str,
) -> None:
    """Write ``embeddings.npy`` into ``folder``, going on where ``plan`` was stopped.

    Raises
    ------
    JobRefused
        A recording cannot be decoded or is another, or the provider fails; names it.
    """
    size = provider.model.scene_embedding_size
    path = folder / EMBEDDINGS_FILE
    checkpoint = context.work_dir / _CHECKPOINT_FILE
    n_done = _n_done(checkpoint, path, plan)
    if not n_done:
        _reserve(path, len(clips), size)
    context.progress.start("embedding", total=len(clips), unit="clips", done=n_done)
    with path.open("r+b") as handle:
        first_row = _after_header(handle)
        handle.seek(first_row + 4 * size * n_done)
        for sounds in _batches(context, clips[n_done:], provider.sample_rate_hz):
            handle.write(provider.scene_embeddings(sounds).astype("<f4").tobytes())
            handle.flush()
            n_done += len(sounds)
            write_json_atomically(checkpoint, {"plan": plan, "n_done": n_done})
            context.progress.advance(len(sounds))


def _batches(
    context: JobContext, clips: Sequence[ClipToEmbed], rate_hz: int
) -> Iterator[NDArray[np.float32]]:
    """Yield (n_sounds, n_samples): neighbours of one length, in order; they depend on nothing else.

    The checkpoint is at the end of a batch, so that a job which goes on makes the same batches.
    """
    batch: list[Floats] = []
    for mono in _decoded(context, clips, rate_hz):
        n_samples = len(mono) * (len(batch) + 1)
        is_other = bool(batch) and len(batch[0]) != len(mono)
        if is_other or len(batch) == _SOUNDS_AT_ONCE or (batch and n_samples > _SAMPLES_AT_ONCE):
            yield np.stack(batch)
            batch = []
        batch.append(mono)
    if batch:
        yield np.stack(batch)


def _decoded(
    context: JobContext, clips: Sequence[ClipToEmbed], rate_hz: int
) -> Iterator[NDArray[np.float32]]:
    """Yield each clip's samples in order, decoding a few ahead."""
    n_threads = available_cores()
    under_way: deque[Future[Floats]] = deque()
    pool = ThreadPoolExecutor(n_threads, "decoding")
    try:
        for clip in clips:
            under_way.append(pool.submit(_decode, clip, rate_hz))
            if len(under_way) > 2 * n_threads:
                context.check_stop()
                yield under_way.popleft().result()
        for future in under_way:
            context.check_stop()
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _decode(clip: ClipToEmbed, rate_hz: int) -> Floats:
    if clip.sha256 and sha256_of(clip.path) != clip.sha256:
        raise JobRefused(
            f"{clip.path} is not the recording its metadata names (another sha256); "
            "verify the release."
        )
    try:
        recording = decode(clip.path)
    except AudioRefused as error:
        raise JobRefused(f"Clip {clip.clip_id} cannot be embedded: {error}") from error
    return resample(recording.mono(), recording.sample_rate_hz, rate_hz)


def _clips_of(context: JobContext) -> list[ClipToEmbed]:
    if "release" in context.spec.inputs:
        release = read_release(context.input_folder("release"))
        clips = [ClipToEmbed(c.fname, c.path, c.sha256) for c in release.clips]
    else:
        clips = _clips_of_folder(context)
    if not clips:
        raise JobRefused("There is no clip to embed; name a release or a folder that has some.")
    if len({c.clip_id for c in clips}) < len(clips):
        raise JobRefused("A clip is listed twice; list each clip once.")
    return clips


def _clips_of_folder(context: JobContext) -> list[ClipToEmbed]:
    root = context.input_folder("root")
    try:
        return [
            ClipToEmbed(str(r.clip_id), resolve_inside(root, r.file), "")
            for r in read_requests(context.job_dir / "clips.jsonl")
        ]
    except AudioRefused as error:
        raise JobRefused(str(error)) from error


def _model_path(settings: Any) -> str:
    """Return the path of the provider's model, empty where none is given."""
    if not isinstance(settings, Mapping):
        raise JobRefused("'provider_settings' must be an object; it may have 'model', a path.")
    if unknown := sorted(set(settings) - {"model"}):
        raise JobRefused(f"Provider setting {unknown[0]!r} is not known; there is only 'model'.")
    value = settings.get("model", "")
    if not isinstance(value, str):
        raise JobRefused(f"Provider setting 'model' is {value!r}; it must be a path.")
    return value


def _describe(provider: LoadedProvider, model_path: str, n_clips: int) -> dict[str, Any]:
    """Return what provider.json says; of a path only the name, which means something elsewhere."""
    return {
        "format": FORMAT,
        "provider": provider.name,
        "version": provider.version,
        "model": Path(model_path).name if model_path else "",
        "model_sha256": _digest_of(Path(model_path)) if model_path else "",
        "size": provider.model.scene_embedding_size,
        "sample_rate_hz": provider.sample_rate_hz,
        "n_clips": n_clips,
    }


def _digest_of(path: Path) -> str:
    if path.is_dir():
        return hashlib.sha256(json.dumps(hash_files(path)).encode()).hexdigest()
    return sha256_of(path) if path.is_file() else ""


def _plan(description: Mapping[str, Any], clips: Sequence[ClipToEmbed]) -> str:
    """Return what must be the same for a stopped job to go on."""
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for clip in clips:
        digest.update(f"{clip.clip_id}\0{clip.path}\0{clip.sha256}\n".encode())
    return digest.hexdigest()


def _n_done(checkpoint: Path, embeddings: Path, plan: str) -> int:
    try:
        value = json.loads(checkpoint.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0
    is_ours = isinstance(value, dict) and value.get("plan") == plan and embeddings.is_file()
    return int(value["n_done"]) if is_ours else 0


def _reserve(path: Path, n_rows: int, size: int) -> None:
    """Write the header and claim the room, so that a full disk is met before the work."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (n_rows, size)}
    with path.open("wb") as handle:
        np.lib.format.write_array_header_1_0(handle, header)
        os.posix_fallocate(handle.fileno(), 0, handle.tell() + 4 * n_rows * size)


def _after_header(handle: BinaryIO) -> int:
    np.lib.format.read_magic(handle)
    np.lib.format.read_array_header_1_0(handle)
    return handle.tell()


def _write_norms(folder: Path) -> None:
    embeddings = np.load(folder / EMBEDDINGS_FILE, mmap_mode="r", allow_pickle=False)
    norms = np.empty(len(embeddings), np.float32)
    for start in range(0, len(norms), 8192):
        part = embeddings[start : start + 8192]
        norms[start : start + 8192] = np.linalg.norm(part, axis=1)
    np.save(folder / NORMS_FILE, norms)


def _write_clips(path: Path, clips: Sequence[ClipToEmbed]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["clip_id", "sha256"])
        writer.writerows([clip.clip_id, clip.sha256] for clip in clips)
