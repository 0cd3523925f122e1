"""From a teacher's scores to nominations in the queue."""

import csv
from pathlib import Path

import numpy as np

from benchmarks.measuring import Outcome, measured
from benchmarks.scale import Workspace
from benchmarks.stages.intake import collection
from benchmarks.stages.releases import VERSION
from datasets_app.jobs.dispatch import create_job
from datasets_app.jobs.learning import finish_flagging
from datasets_app.jobs.models import Flag
from datasets_app.releases.models import Release
from ml_worker.contract import JobKind, JobResult

FLAGS = "flags.csv"
TOP_PERCENT = 1.0


def select(workspace: Workspace) -> Outcome:
    """Choose what a teacher with random scores suspects."""
    from ml_worker.flag import select_flags
    from ml_worker.release import Split, read_release

    release = read_release(workspace.release)
    clips = release.clips_of(Split.TRAIN, Split.VAL)
    states = release.label_states(clips)
    rng = np.random.default_rng([workspace.scale.seed, 9])
    scores = rng.random(states.shape, dtype=np.float32)
    fnames, mids = [clip.fname for clip in clips], [c.mid for c in release.classes]
    with measured(len(clips)) as outcome:
        flags = select_flags(scores, states, fnames, mids, TOP_PERCENT)
    outcome.remark = f"{len(flags):,} flags of {states.size:,} (clip, class)"
    with workspace.path(FLAGS).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["fname", "mid", "score"])
        writer.writerows([f.fname, f.mid, f"{f.score:.6f}"] for f in flags)
    return outcome


def add(workspace: Workspace) -> Outcome:
    """Write them as the site does when a flag job ends."""
    target = collection()
    release = Release.objects.get(collection=target, version=VERSION)
    inputs = {"release": release.path}
    teacher = create_job(
        kind=JobKind.TRAIN, collection=target, inputs=inputs, release=release, recipe="small_cnn"
    )
    job = create_job(
        kind=JobKind.FLAG, collection=target, inputs=inputs, release=release, teacher=teacher
    )
    out_dir = Path(job.out_dir)
    out_dir.mkdir(parents=True)
    workspace.path(FLAGS).rename(out_dir / FLAGS)
    with measured(release.split.assignments.exclude(part="eval").count()) as outcome:
        finish_flagging(job, JobResult(str(job.uuid), JobKind.FLAG, ok=True))
    outcome.remark = f"{Flag.objects.count():,} flags"
    return outcome
