"""What the worker does with audio: analysis and features."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.measuring import Comparison, Outcome, measured, stopwatch
from benchmarks.scale import Workspace
from benchmarks.synthetic.recordings import write_recording
from ml_worker.contract import JobKind, JobSpec, write_job
from ml_worker.file_hash import sha256_of
from ml_worker.job_context import JobContext


def prepare_recordings(workspace: Workspace) -> None:
    """Synthesise the recordings, unless an earlier stage has."""
    if workspace.recordings.exists():
        return
    workspace.recordings.mkdir()
    for number in range(workspace.scale.n_recordings):
        write_recording(_recording(workspace, number), number, workspace.scale.seed)


def _recording(workspace: Workspace, number: int) -> Path:
    return workspace.recordings / f"{number:04d}.wav"


def job_context(workspace: Workspace, name: str, kind: JobKind) -> JobContext:
    """Return the context of a job that no site has sent."""
    folder = workspace.path(name)
    spec = JobSpec(name, kind, {}, {"features_dir": str(workspace.path("features"))})
    (folder / "work").mkdir(parents=True)
    return JobContext(spec, folder, folder / "work", folder)


def analyse_audio(workspace: Workspace) -> Outcome:
    """Run one analysis job, then loudness alone beside pyloudnorm."""
    from ml_worker.runner import run_job

    n = workspace.scale.n_recordings
    job_dir, out_dir = workspace.path("analysis-job"), workspace.path("analysis-result")
    inputs = {"root": str(workspace.recordings)}
    write_job(job_dir, JobSpec("analysis", JobKind.ANALYSE, inputs))
    lines = [f'{{"clip_id": "{i}", "file": "{_recording(workspace, i).name}"}}\n' for i in range(n)]
    (job_dir / "clips.jsonl").write_text("".join(lines), encoding="utf-8")
    logging.getLogger("ml_worker").propagate = False  # its words are in the job's log
    with measured(n) as outcome:
        result = run_job(job_dir, out_dir)
    assert result.ok and result.summary["n_ok"] == n, result
    duration_s = result.summary["duration_s"]
    outcome.remark = (
        f"{duration_s:,.0f} s of audio, {duration_s / outcome.seconds:,.0f} x real time"
    )
    outcome.comparisons.append(_beside_pyloudnorm(workspace))
    return outcome


def _beside_pyloudnorm(workspace: Workspace) -> Comparison:
    import pyloudnorm

    from ml_worker.recordings.audio import decode
    from ml_worker.recordings.loudness import integrated_loudness

    n = min(50, workspace.scale.n_recordings)
    heard = [decode(_recording(workspace, number)) for number in range(n)]

    def peer_loudness(samples: np.ndarray, rate_hz: int) -> float:
        return float(pyloudnorm.Meter(rate_hz).integrated_loudness(samples))

    def all_of(measure: Callable[[np.ndarray, int], float | None]) -> tuple[list[float], float]:
        measure(heard[0].samples, heard[0].sample_rate_hz)  # what only the first call costs
        with stopwatch() as seconds:
            values = [measure(r.samples, r.sample_rate_hz) for r in heard]
        return [float("nan") if v is None else v for v in values], seconds[0]

    ours, ours_s = all_of(integrated_loudness)
    peer, peer_s = all_of(peer_loudness)
    furthest = float(np.nanmax(np.abs(np.array(ours) - np.array(peer))))
    task = f"loudness of {n} recordings"
    return Comparison(task, "pyloudnorm", ours_s, peer_s, f"within {furthest:.3f} LU")


def extract_features(workspace: Workspace) -> Outcome:
    """Fill an empty store."""
    from ml_worker.features.front_end import FrontEnd
    from ml_worker.features.releases import default_store, load_features
    from ml_worker.release import ReleasedClip, Split

    paths = [_recording(workspace, number) for number in range(workspace.scale.n_recordings)]
    clips = [ReleasedClip(p.stem, Split.TRAIN, p, sha256_of(p), ()) for p in paths]
    context = job_context(workspace, "features-job", JobKind.TRAIN)
    store = default_store(context, FrontEnd())
    with measured(len(clips)) as outcome:
        frames = load_features(context, store, clips)
    outcome.remark = f"{sum(len(f) for f in frames):,} frames of 10 ms"
    return outcome
