"""Trains on releases, and turns what a model suspects into nominations."""

import csv
from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.clips.similarity import open_folder
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.dispatch import OnProgress, end_job, wait_for_job
from datasets_app.jobs.models import Flag, Job
from datasets_app.jobs.queue_order import order_queue
from datasets_app.jobs.result_files import ResultUnreadable, result_path
from datasets_app.jobs.starting import start_cold_start, start_flagging, start_training
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import nominations_by_pair
from datasets_app.nominations.services import add_nominations, refresh_priorities
from datasets_app.ontology.selectors import propagating_ancestors
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from ml_worker.contract import JobKind, JobResult

FLAGS_FILE = "flags.csv"
MOST_FLAG_BYTES = 2**30


def _ignore(*_: object) -> None:
    """Follow a job without a word."""


def train_baseline(
    *,
    release: Release,
    recipe: str,
    flags_of: Job | None = None,
    flag_use: str = "mask",
    seed: int = 0,
    actor: User | None = None,
    on_progress: OnProgress = _ignore,
    on_untaken: Callable[[], None] = _ignore,
) -> Job:
    """Train ``recipe`` on a release and return the finished job; its summary holds the metrics.

    With ``flags_of``, a finished flag job, a student: ``starting.start_training``.

    Raises
    ------
    ValueError
        The flag job has not finished, or something is not allowed.
    JobFailed
        The worker could not train; the message says why.
    """
    job = start_training(
        release=release, recipe=recipe, flags_of=flags_of, flag_use=flag_use, seed=seed, actor=actor
    )
    wait_for_job(job, finish=finish_plain, on_progress=on_progress, on_untaken=on_untaken)
    return job


def finish_plain(job: Job, result: JobResult) -> None:
    """Close a job whose result is its files: training and evaluation."""
    end_job(job, JobState.FINISHED, summary=dict(result.summary))


@transaction.atomic
def finish_scoring(job: Job, result: JobResult) -> None:
    """Close a score job, and put the queue in order anew where it goes by scores."""
    end_job(job, JobState.FINISHED, summary=dict(result.summary))
    _order_anew(job)


@transaction.atomic
def finish_embedding(job: Job, result: JobResult) -> None:
    """Close an embed job whose files can be read, and put the queue in order anew.

    Raises
    ------
    NotSimilar
        Its files are missing or broken.
    """
    open_folder(Path(job.out_dir))
    end_job(job, JobState.FINISHED, summary=dict(result.summary))
    _order_anew(job)


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
    ``run`` may also be a finished embedding: a cold start.

    Raises
    ------
    ValueError
        The run is no finished training, or the share is not in (0, 100].
    JobFailed
        The worker could not score the release.
    """
    if run.kind == JobKind.EMBED:
        job = start_cold_start(
            release=release, embeddings=run, top_percent=top_percent, actor=actor
        )
    else:
        job = start_flagging(release=release, run=run, top_percent=top_percent, actor=actor)
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
    _order_anew(job)


def _order_anew(job: Job) -> None:
    """Put the queue in order; a broken file of another job must not cost this one its result."""
    try:
        with transaction.atomic():
            order_queue(collection=job.collection)
    except ResultUnreadable as error:
        job.summary = {**job.summary, "queue_problem": str(error)}
        job.save(update_fields=["summary"])


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
    """Return the flags of a result; each names a clip and a class of the collection, once."""
    collection: Collection = job.collection
    clips = dict(collection.clips.values_list("external_id", "pk"))
    classes = dict(collection.ontology.classes.values_list("mid", "pk"))
    path = result_path(job, FLAGS_FILE, most_bytes=MOST_FLAG_BYTES)
    found: dict[tuple[int, int], Flag] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for line, row in enumerate(csv.DictReader(handle), start=2):
            flag = _flag_of_row(job, row, clips, classes)
            if flag is None or (flag.clip_id, flag.sound_class_id) in found:
                raise ResultUnreadable(
                    f"Line {line} of {FLAGS_FILE} must name a clip and a class of the collection, "
                    f"once, with a score of 0 to 1; it is {str(row)[:200]}."
                )
            found[flag.clip_id, flag.sound_class_id] = flag
    return list(found.values())


def _flag_of_row(
    job: Job, row: dict[str, str], clips: dict[str, int], classes: dict[str, int]
) -> Flag | None:
    try:
        clip_id, class_id, score = clips[row["fname"]], classes[row["mid"]], float(row["score"])
    except (KeyError, TypeError, ValueError):
        return None
    if not 0 <= score <= 1:
        return None
    return Flag(job=job, clip_id=clip_id, sound_class_id=class_id, score=score)
