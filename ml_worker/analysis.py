"""Job kind "analyse": measure recordings and make what the pages show of them.

Result folder::

    analysis.jsonl                    one line per line of JOB/clips.jsonl, in the same order
    clips/<sha256>/preview.mp3        for the browser
    clips/<sha256>/spectrogram.png    8-bit grey log-mel, 256 rows (see ``pictures``)
    clips/<sha256>/peaks.json         waveform outline
    clips/<sha256>/fingerprint.bin    little-endian uint32, one a frame (see ``fingerprint``)

A line is either ``{"clip_id", "file", "ok": true, "sha256", "duration_s", "sample_rate_hz",
"n_channels", "n_frames", "format", "loudness_lufs", "spectrogram_width_px", "artefacts"}`` or
``{"clip_id", "file", "ok": false, "reason"}``. The bytes of the file do not depend on how many
processes worked on it. Files of the same content share one artefact folder.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ml_worker.file_hash import sha256_of
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.process_pool import Crashed, available_cores, map_in_processes
from ml_worker.recordings.audio import MAX_DURATION_S, AudioRefused, Recording, decode
from ml_worker.recordings.fingerprint import write_fingerprint
from ml_worker.recordings.loudness import integrated_loudness
from ml_worker.recordings.pictures import write_peaks, write_preview, write_spectrogram

RESULT_FILE = "analysis.jsonl"


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """One line of ``clips.jsonl``; ``file`` is relative to the job's root."""

    clip_id: str | int
    file: str


def run(context: JobContext) -> dict[str, Any]:
    """Analyse every clip of the job and return the summary.

    Settings: ``max_duration_s`` (default 3600) and ``processes`` (default: all cores).
    """
    root = context.input_folder("root")
    requests = read_requests(context.job_dir / "clips.jsonl")
    max_duration_s = float(context.spec.settings.get("max_duration_s", MAX_DURATION_S))
    n_processes = int(context.spec.settings.get("processes") or available_cores())
    context.progress.start("analysing", total=len(requests), unit="clips")
    analyse = functools.partial(
        analyse_clip, root=root, out_dir=context.result_dir, max_duration_s=max_duration_s
    )
    lines: list[dict[str, Any]] = [{} for _ in requests]
    for index, line in map_in_processes(analyse, requests, min(n_processes, len(requests) or 1)):
        context.check_stop()
        lines[index] = _crash_line(requests[index]) if isinstance(line, Crashed) else line
        context.progress.advance(message=requests[index].file)
    with (context.result_dir / RESULT_FILE).open("w", encoding="utf-8") as handle:
        handle.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return _summary(lines)


def read_requests(path: Path) -> list[ClipRequest]:
    """Read ``clips.jsonl``.

    Raises
    ------
    JobRefused
        It is missing, or a line is not an object with "clip_id" and "file"; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise JobRefused(f"{path} cannot be read ({error}); write one clip a line.") from error
    requests = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            requests.append(ClipRequest(data["clip_id"], str(data["file"])))
        except (ValueError, KeyError, TypeError) as error:
            raise JobRefused(
                f'{path} line {number} is not {{"clip_id": ..., "file": ...}}: {line[:80]!r}.'
            ) from error
    return requests


def analyse_clip(
    request: ClipRequest, *, root: Path, out_dir: Path, max_duration_s: float = MAX_DURATION_S
) -> dict[str, Any]:
    """Return the line of one clip, having made its artefacts under ``out_dir``."""
    line: dict[str, Any] = {"clip_id": request.clip_id, "file": request.file}
    try:
        path = resolve_inside(root, request.file)
        recording = decode(path, max_duration_s=max_duration_s)
        sha256 = sha256_of(path)
        artefacts = _make_artefacts(recording, sha256, out_dir)
    except AudioRefused as refusal:
        return line | {"ok": False, "reason": str(refusal)}
    except OSError as error:
        reason = f"{request.file} cannot be read ({error.strerror or error})."
        return line | {"ok": False, "reason": reason}
    return line | {
        "ok": True,
        "sha256": sha256,
        "duration_s": round(recording.duration_s, 6),
        "sample_rate_hz": recording.sample_rate_hz,
        "n_channels": recording.n_channels,
        "n_frames": recording.n_frames,
        "format": recording.format,
        "loudness_lufs": integrated_loudness(recording.samples, recording.sample_rate_hz),
        **artefacts,
    }


def resolve_inside(root: Path, file: str) -> Path:
    """Return the path of ``file`` under ``root``, following links.

    Raises
    ------
    AudioRefused
        The name is absolute, holds ``..``, or leads out of ``root`` through a link; or there is no
        such file.
    """
    name = PurePosixPath(file)
    is_odd = not file or "\0" in file or name.is_absolute() or ".." in name.parts
    path = root if is_odd else (root / name).resolve()
    if is_odd or not path.is_relative_to(root.resolve()):
        raise AudioRefused(
            f"{file!r} is not inside the recordings' folder; "
            "name files relative to it, without '..'."
        )
    if not path.is_file():
        raise AudioRefused(f"{file} is not in the recordings' folder; add it or drop its row.")
    return path


def _make_artefacts(recording: Recording, sha256: str, out_dir: Path) -> dict[str, Any]:
    """Make a clip's folder; another process may be making the same one, and either may win."""
    folder = out_dir / "clips" / sha256
    unfinished = folder.with_name(f".{sha256}.{os.getpid()}")
    unfinished.mkdir(parents=True, exist_ok=True)
    try:
        write_preview(unfinished / "preview.mp3", recording)
        write_peaks(unfinished / "peaks.json", recording)
        write_fingerprint(unfinished / "fingerprint.bin", recording)
        width_px = write_spectrogram(unfinished / "spectrogram.png", recording)
        if not folder.exists():
            unfinished.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    names = {
        "preview": "preview.mp3",
        "spectrogram": "spectrogram.png",
        "peaks": "peaks.json",
        "fingerprint": "fingerprint.bin",
    }
    return {
        "spectrogram_width_px": width_px,
        "artefacts": {kind: f"clips/{sha256}/{name}" for kind, name in names.items()},
    }


def _crash_line(request: ClipRequest) -> dict[str, Any]:
    return {
        "clip_id": request.clip_id,
        "file": request.file,
        "ok": False,
        "reason": f"{request.file} crashed the decoder; re-export it with another program.",
    }


def _summary(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    accepted = [line for line in lines if line["ok"]]
    return {
        "n_clips": len(lines),
        "n_ok": len(accepted),
        "n_refused": len(lines) - len(accepted),
        "duration_s": round(sum(line["duration_s"] for line in accepted), 3),
    }
