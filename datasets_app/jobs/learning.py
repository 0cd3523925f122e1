"""Trains on releases, and turns what a model suspects into nominations."""

import csv
from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.dispatch import OnProgress, create_job, end_job, send_job, wait_for_job
from datasets_app.jobs.models import Flag, Job
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import nominations_by_pair
from datasets_app.nominations.services import add_nominations, refresh_priorities
from datasets_app.ontology.selectors import propagating_ancestors
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from ml_worker.contract import JobKind, JobResult


def _ignore(*_: object) -> None:
    """Follow a job without a word."""


def train_baseline(
    *,
    release: Release,
    recipe: str,
    seed: int = 0,
    actor: User | None = None,
    on_progress: OnProgress = _ignore,
    on_untaken: Callable[[], None] = _ignore,
) -> Job:
    """Train ``recipe`` on a release and return the finished job; its summary holds the metrics.

    Raises
    ------
    JobFailed
        The worker could not train; the message says why.
    """
    job = create_job(
        kind=JobKind.TRAIN,
        collection=release.collection,
        release=release,
        recipe=recipe,
        seed=seed,
        inputs={"release": str(Path(release.path).resolve())},
        job_settings={"recipe": recipe},
    )
    record_event(actor=actor, verb="train_baseline", record=job, after={"recipe": recipe})
    send_job(job)
    wait_for_job(job, finish=finish_training, on_progress=on_progress, on_untaken=on_untaken)
    return job


def finish_training(job: Job, result: JobResult) -> None:
    """Close a training job with its summary."""
    end_job(job, JobState.FINISHED, summary=dict(result.summary))


def flag_missing_labels(
    *,
    release: Release,
    run: Job,
    top_percent: float,
    actor: User | None = None,
    on_progress: OnProgress = _ignore,
    on_untaken: Callable[[], None] = _ignore,
) -> Job:
    """Let a trained run name suspected missing labels and put them into the annotators' queue.

    Per class the ``top_percent`` % of implicit negatives with the highest scores are flagged
    [Fonseca et al. 2020]; each becomes a nomination of origin "model" with its score as evidence.

    Raises
    ------
    ValueError
        The run is no finished training, or the share is not in (0, 100].
    JobFailed
        The worker could not score the release.
    """
    if run.kind != JobKind.TRAIN or run.state != JobState.FINISHED:
        raise ValueError(f"Job {run.uuid} is not a finished training run; train a baseline first.")
    if not 0 < top_percent <= 100:
        raise ValueError(
            f"The share to flag is {top_percent} %; it must be above 0 and at most 100."
        )
    job = create_job(
        kind=JobKind.FLAG,
        collection=release.collection,
        release=release,
        teacher=run,
        recipe=run.recipe,
        inputs={"release": str(Path(release.path).resolve()), "run": run.out_dir},
        job_settings={"top_percent": top_percent},
    )
    record_event(
        actor=actor, verb="flag_missing_labels", record=job, after={"top_percent": top_percent}
    )
    send_job(job)
    wait_for_job(job, finish=finish_flagging, on_progress=on_progress, on_untaken=on_untaken)
    return job


@transaction.atomic
def finish_flagging(job: Job, result: JobResult) -> None:
    """Write a flag job's flags and nominations and close it, in one transaction.

    Where a class and its propagating ancestor are flagged in one clip, people are asked about the
    class only: if it is there, so is the ancestor. The ancestor's flag stays on record.
    """
    end_job(job, JobState.FINISHED, summary=dict(result.summary))
    flags = _read_flags(job)
    asked = _most_specific(job.collection, flags)
    evidence = {
        (flag.clip_id, flag.sound_class_id): {"score": flag.score, "teacher": str(job.teacher.uuid)}
        for flag in asked
    }
    n_new = add_nominations(pairs=evidence, origin=Nomination.Origin.MODEL)
    nominations = nominations_by_pair(pairs=evidence)
    for flag in asked:
        flag.nomination_id = nominations[flag.clip_id, flag.sound_class_id]
    Flag.objects.bulk_create(flags, batch_size=2000)
    refresh_priorities(collection=job.collection, nominations=[f.nomination_id for f in asked])
    record_event(
        actor=None,
        verb="add_flags",
        record=job,
        after={"n_flags": len(flags), "n_new_nominations": n_new},
    )


def _most_specific(collection: Collection, flags: list[Flag]) -> list[Flag]:
    """Leave out the flags that another flag of the same clip implies."""
    ancestors = propagating_ancestors(ontology=collection.ontology)
    flagged: dict[int, set[int]] = {}
    for flag in flags:
        flagged.setdefault(flag.clip_id, set()).add(flag.sound_class_id)
    implied = {
        (clip_id, above)
        for clip_id, classes in flagged.items()
        for sound_class in classes
        for above in ancestors.get(sound_class, ())
    }
    return [flag for flag in flags if (flag.clip_id, flag.sound_class_id) not in implied]


def _read_flags(job: Job) -> list[Flag]:
    collection: Collection = job.collection
    clips = dict(collection.clips.values_list("external_id", "pk"))
    classes = dict(collection.ontology.classes.values_list("mid", "pk"))
    with (Path(job.out_dir) / "flags.csv").open(encoding="utf-8", newline="") as handle:
        return [
            Flag(
                job=job,
                clip_id=clips[row["fname"]],
                sound_class_id=classes[row["mid"]],
                score=float(row["score"]),
            )
            for row in csv.DictReader(handle)
        ]
