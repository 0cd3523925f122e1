"""Orders a collection's queue by what its models say: writes the places of open nominations.

The rules are in ``domain.nominations.active_order``; scores come from the collection's latest
finished score job, else from the flags of its models, embeddings from its latest embed job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.db import transaction
from django.db.models import Count, Q
from numpy.typing import NDArray

from datasets_app.audit.services import record_event
from datasets_app.clips.class_models import ClassGoal
from datasets_app.clips.models import Collection, QueueOrder
from datasets_app.clips.similarity import EmbeddingFolder, NotSimilar, open_folder
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.domain.nominations.active_order import (
    diversity,
    expected_gain,
    ordered_priority,
    places,
    share_present,
    uncertainty,
)
from datasets_app.domain.nominations.priority import validation_priority
from datasets_app.jobs.models import Flag, Job
from datasets_app.jobs.result_files import (
    ResultUnreadable,
    read_result_json,
    result_path,
)
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import (
    PRESENT_VALUES,
    direct_label_counts,
    present_vote_counts,
)
from datasets_app.nominations.services import refresh_priorities, write_priorities
from datasets_app.people.models import User
from ml_worker.contract import JobKind

MOST_SCORE_BYTES = 8 * 2**30
MOST_HEARD = 2_000
"""Judged clips of a class that a diverse order starts from, the latest."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OpenNominations:
    """What is to be put in order: columns of one length."""

    pk: NDArray[np.int64]
    clip: NDArray[np.int64]
    sound_class: NDArray[np.int64]
    priority: Floats
    duration_s: Floats
    clip_ids: list[str]


@transaction.atomic
def set_queue_order(*, collection: Collection, order: QueueOrder, actor: User | None = None) -> int:
    """Choose the order of a collection's queue and write it; return how many priorities changed.

    Raises
    ------
    ResultUnreadable
        A file of the latest score or embed job is broken; nothing is changed.
    """
    before = {"queue_order": collection.queue_order}
    collection.queue_order = QueueOrder(order).value
    collection.save(update_fields=["queue_order"])
    n_changed = order_queue(collection=collection)
    after = {"queue_order": collection.queue_order, "n_changed": n_changed}
    record_event(actor=actor, verb="set_queue_order", record=collection, before=before, after=after)
    return n_changed


@transaction.atomic
def order_queue(*, collection: Collection) -> int:
    """Write every open nomination's priority by the collection's order; return how many changed.

    Raises
    ------
    ResultUnreadable
        As ``set_queue_order``.
    """
    order = QueueOrder(collection.queue_order)
    if order is QueueOrder.STANDARD:
        return refresh_priorities(collection=collection)
    found = _open_nominations(collection)
    if not len(found.pk):
        return 0
    values = _VALUES[order](collection, found)
    votes = present_vote_counts(collection=collection)
    direct = direct_label_counts(collection=collection)
    standard = validation_priority(
        n_present_votes=np.zeros(len(found.pk), int),
        duration_s=found.duration_s,
        n_direct_labels=np.array([direct.get(clip, 0) for clip in found.clip.tolist()], int),
    )
    n_present = [votes.get(pk, 0) for pk in found.pk.tolist()]
    wanted = ordered_priority(n_present, places(values, standard))
    changed: dict[float, list[int]] = {}
    for row in np.flatnonzero(wanted != found.priority).tolist():
        changed.setdefault(float(wanted[row]), []).append(int(found.pk[row]))
    write_priorities(changed)
    return sum(map(len, changed.values()))


def latest_finished(*, collection: Collection, kind: JobKind) -> Job | None:
    """Return the collection's newest finished job of a kind."""
    jobs = collection.jobs.filter(kind=kind.value, state=JobState.FINISHED.value)
    return jobs.order_by("-finished_at", "-pk").first()


def _open_nominations(collection: Collection) -> OpenNominations:
    rows = Nomination.objects.filter(collection=collection, is_open=True).values_list(
        "pk", "clip_id", "sound_class_id", "priority", "clip__duration_s", "clip__external_id"
    )
    columns = list(zip(*rows.order_by("pk"), strict=True)) or [()] * 6
    length = [np.inf if value is None else value for value in columns[4]]
    return OpenNominations(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.int64),
        np.array(columns[3], float),
        np.array(length, float),
        list(columns[5]),
    )


def _by_uncertainty(collection: Collection, found: OpenNominations) -> Floats:
    return uncertainty(_scores(collection, found))


def _by_gain(collection: Collection, found: OpenNominations) -> Floats:
    decided = Nomination.objects.filter(
        collection=collection, label__state=DecisionState.DECIDED.value
    )
    is_present = Q(label__value__in=PRESENT_VALUES)
    counted = (
        decided.order_by()
        .values_list("sound_class")
        .annotate(n_present=Count("pk", filter=is_present), n_all=Count("pk"))
    )
    counts = {pk: (n_present, n_all - n_present) for pk, n_present, n_all in counted}
    goals = dict(
        ClassGoal.objects.filter(collection=collection).values_list("sound_class", "n_clips")
    )
    classes, place = np.unique(found.sound_class, return_inverse=True)
    present, absent = np.array([counts.get(pk, (0, 0)) for pk in classes.tolist()]).T
    goal = np.array([goals.get(pk, collection.class_goal) for pk in classes.tolist()])
    scores = _scores(collection, found)
    p = np.where(np.isnan(scores), share_present(present, absent)[place], scores)
    return expected_gain(p, present[place], goal[place])


def _by_diversity(collection: Collection, found: OpenNominations) -> Floats:
    values = np.full(len(found.pk), np.nan)
    job = latest_finished(collection=collection, kind=JobKind.EMBED)
    if job is None:
        return values
    try:
        folder = open_folder(Path(job.out_dir))
    except NotSimilar as error:
        raise ResultUnreadable(str(error)) from error
    row_of = np.array([folder.row_of.get(name, -1) for name in found.clip_ids])
    for class_id in np.unique(found.sound_class).tolist():
        here = np.flatnonzero((found.sound_class == class_id) & (row_of >= 0))
        if len(here):
            heard = _heard_rows(collection, class_id, folder)
            values[here] = diversity(folder.embeddings[row_of[here]], folder.embeddings[heard])
    return values


def _heard_rows(collection: Collection, class_id: int, folder: EmbeddingFolder) -> list[int]:
    decided = Nomination.objects.filter(
        collection=collection, sound_class=class_id, label__state=DecisionState.DECIDED.value
    )
    names = decided.order_by("-pk").values_list("clip__external_id", flat=True)[:MOST_HEARD]
    return [folder.row_of[name] for name in names if name in folder.row_of]


_VALUES = {
    QueueOrder.UNCERTAIN: _by_uncertainty,
    QueueOrder.THIN_CLASSES: _by_gain,
    QueueOrder.DIVERSE: _by_diversity,
}


def _scores(collection: Collection, found: OpenNominations) -> Floats:
    """Return the model's score of each nomination; nan where no model has said anything."""
    scores = _flag_scores(collection, found)
    job = latest_finished(collection=collection, kind=JobKind.SCORE)
    if job is not None:
        of_job = _scores_of_job(job, found, _class_mids(collection))
        scores = np.where(np.isnan(of_job), scores, of_job)
    return scores


def _class_mids(collection: Collection) -> Mapping[int, str]:
    return dict(collection.ontology.classes.values_list("pk", "mid"))


def _flag_scores(collection: Collection, found: OpenNominations) -> Floats:
    rows = Flag.objects.filter(job__collection=collection, nomination__is_open=True)
    latest = dict(rows.order_by("job_id").values_list("nomination_id", "score"))
    scores = np.array([latest.get(pk, np.nan) for pk in found.pk.tolist()], float)
    return np.where((scores >= 0) & (scores <= 1), scores, np.nan)


def _scores_of_job(job: Job, found: OpenNominations, mids: Mapping[int, str]) -> Floats:
    names = read_result_json(job, "scores.json")
    path = result_path(job, "scores.npy", most_bytes=MOST_SCORE_BYTES)
    try:
        table = np.load(path, mmap_mode="r", allow_pickle=False)
        row_of = {str(name): i for i, name in enumerate(names["fnames"])}
        column_of = {str(mid): i for i, mid in enumerate(names["mids"])}
        if table.dtype.kind != "f" or table.shape != (len(row_of), len(column_of)):
            raise ValueError(f"an array of {table.dtype} {table.shape}")
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise ResultUnreadable(
            f"The scores of job {job.uuid} cannot be read ({error}); score the release again."
        ) from error
    rows = np.array([row_of.get(name, -1) for name in found.clip_ids])
    columns = np.array([column_of.get(mids[pk], -1) for pk in found.sound_class.tolist()])
    known = (rows >= 0) & (columns >= 0)
    scores = np.full(len(rows), np.nan)
    scores[known] = table[rows[known], columns[known]]
    return np.where((scores >= 0) & (scores <= 1), scores, np.nan)
