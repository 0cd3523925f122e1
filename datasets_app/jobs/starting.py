"""Starts learning jobs: checks what was asked, writes the folder, sends the message.

Nothing here waits; whoever follows jobs (``jobs.following``) brings their records to an end.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.media import original_path
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.dispatch import create_job, send_job
from datasets_app.jobs.models import Job
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from ml_worker.contract import JobKind

FLAG_USES = ("mask", "add", "random_mask")
SPLITS = ("train", "val", "eval")
MIN_EXAMPLES = (1, 10_000)
"""Least and most positives that a class of a cold start may be asked to have, both allowed."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


def start_training(
    *,
    release: Release,
    recipe: str,
    flags_of: Job | None = None,
    flag_use: str = "mask",
    overrides: Mapping[str, Any] | None = None,
    seed: int = 0,
    actor: User | None = None,
) -> Job:
    """Train ``recipe`` on a release; with the flags of a flag job, a student.

    ``recipe`` is a name, or the path of a .toml file on the worker's machine (pages pass names
    alone); which names there are, and which keys ``overrides`` may have, the worker knows.

    Raises
    ------
    ValueError
        The recipe is no name, or the flag job has not finished or is of another collection.
    BrokerSilent
        The job is written and queued, but its message could not be sent yet.
    """
    asked: dict[str, Any] = {"recipe": _recipe(recipe)}
    inputs = {"release": _folder(release)}
    if overrides:
        asked["overrides"] = dict(overrides)
    if flags_of is not None:
        _check_finished(flags_of, JobKind.FLAG, release.collection)
        if flag_use not in FLAG_USES:
            raise ValueError(f"flag_use is {flag_use!r}; it must be one of {', '.join(FLAG_USES)}.")
        inputs["flags"] = flags_of.out_dir
        asked["flag_use"] = flag_use
    return _start(
        JobKind.TRAIN,
        release.collection,
        inputs,
        asked,
        "train_baseline",
        release=release,
        source=flags_of,
        recipe=Path(recipe).stem[:64],
        seed=seed,
        started_by=actor,
    )


def start_evaluation(*, run: Job, split: str = "eval", actor: User | None = None) -> Job:
    """Measure a trained run on one split of its release, with intervals.

    Raises
    ------
    ValueError
        The run is no finished training, or there is no such split.
    BrokerSilent
        As ``start_training``.
    """
    release = _release_of_run(run)
    _check_splits([split])
    inputs = {"release": _folder(release), "run": run.out_dir}
    return _start(
        JobKind.EVALUATE,
        run.collection,
        inputs,
        {"split": split},
        "evaluate_run",
        release=release,
        source=run,
        recipe=run.recipe,
        started_by=actor,
    )


def start_scoring(*, run: Job, release: Release | None = None, actor: User | None = None) -> Job:
    """Score every clip of a release (the run's own by default) with a trained run.

    Raises
    ------
    ValueError
        The run is no finished training, or the release is of another collection.
    BrokerSilent
        As ``start_training``.
    """
    own = _release_of_run(run)
    release = release or own
    _check_same_collection(run, release.collection)
    inputs = {"release": _folder(release), "run": run.out_dir}
    return _start(
        JobKind.SCORE,
        run.collection,
        inputs,
        {"splits": list(SPLITS)},
        "score_release",
        release=release,
        source=run,
        recipe=run.recipe,
        started_by=actor,
    )


def start_flagging(
    *, release: Release, run: Job, top_percent: float, actor: User | None = None
) -> Job:
    """Let a trained run name suspected missing labels of a release.

    Per class the ``top_percent`` % of implicit negatives with the highest scores are flagged
    [Fonseca et al. 2020].

    Raises
    ------
    ValueError
        The run is no finished training, or the share is not in (0, 100].
    BrokerSilent
        As ``start_training``.
    """
    _check_finished(run, JobKind.TRAIN, release.collection)
    _check_share(top_percent)
    return _start(
        JobKind.FLAG,
        release.collection,
        {"release": _folder(release), "run": run.out_dir},
        {"top_percent": top_percent},
        "flag_missing_labels",
        release=release,
        teacher=run,
        recipe=run.recipe,
        started_by=actor,
    )


def start_cold_start(
    *,
    release: Release,
    embeddings: Job,
    top_percent: float,
    min_examples: int = 12,
    actor: User | None = None,
) -> Job:
    """Let linear classifiers on embeddings name suspected missing labels; no trained run needed.

    Classes with fewer than ``min_examples`` positives are left out.

    Raises
    ------
    ValueError
        The job is no finished embedding, or a number is out of range.
    BrokerSilent
        As ``start_training``.
    """
    _check_finished(embeddings, JobKind.EMBED, release.collection)
    _check_share(top_percent)
    least, most = MIN_EXAMPLES
    if not least <= min_examples <= most:
        raise ValueError(f"min_examples is {min_examples}; it must be from {least} to {most}.")
    return _start(
        JobKind.FLAG,
        release.collection,
        {"release": _folder(release), "embeddings": embeddings.out_dir},
        {"top_percent": top_percent, "min_examples": min_examples},
        "flag_missing_labels",
        release=release,
        teacher=embeddings,
        recipe=embeddings.recipe,
        started_by=actor,
    )


def start_embedding(
    *,
    collection: Collection,
    provider: str,
    release: Release | None = None,
    run: Job | None = None,
    model: str = "",
    actor: User | None = None,
) -> Job:
    """Embed every clip of a release, or all available recordings of the collection, by a provider.

    ``run`` is the trained run of provider "trained-run"; ``model`` is a path on the worker's
    machine, for those who may write paths: commands pass it, pages never do.

    Raises
    ------
    ValueError
        The provider is no name, the run is no finished training of the collection, or there is no
        recording.
    BrokerSilent
        As ``start_training``.
    """
    asked: dict[str, Any] = {"provider": _name("provider", provider)}
    if run is not None:
        _check_finished(run, JobKind.TRAIN, collection)
        model = run.out_dir
    if model:
        asked["provider_settings"] = {"model": model}
    fields = {"release": release, "source": run, "recipe": provider, "started_by": actor}
    if release is not None:
        if release.collection_id != collection.pk:
            raise ValueError(f"Release {release.version} is of another collection.")
        inputs = {"release": _folder(release)}
        return _start(JobKind.EMBED, collection, inputs, asked, "embed_clips", **fields)
    lines = _recordings(collection)
    return _start(
        JobKind.EMBED,
        collection,
        {"root": str(Path(settings.MEDIA_ROOT).resolve())},
        asked,
        "embed_clips",
        prepare=lambda job_dir: _write_lines(job_dir / "clips.jsonl", lines),
        **fields,
    )


def _recordings(collection: Collection) -> list[str]:
    """Return the lines of clips.jsonl: every recording that can be heard, in a fixed order."""
    root = Path(settings.MEDIA_ROOT)
    rows = collection.clips.filter(state=Clip.State.AVAILABLE, sha256__isnull=False)
    lines = [
        json.dumps({"clip_id": name, "file": str(original_path(sha, suffix).relative_to(root))})
        for name, sha, suffix in rows.order_by("pk").values_list("external_id", "sha256", "suffix")
    ]
    if not lines:
        raise ValueError(f"Collection {collection.name} has no recording yet; take some in first.")
    return lines


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _start(
    kind: JobKind,
    collection: Collection,
    inputs: Mapping[str, str],
    asked: Mapping[str, Any],
    verb: str,
    **fields: Any,
) -> Job:
    with transaction.atomic():
        job = create_job(
            kind=kind, collection=collection, inputs=inputs, job_settings=asked, **fields
        )
        record_event(actor=fields.get("started_by"), verb=verb, record=job, after=dict(asked))
    send_job(job)
    return job


def _folder(release: Release) -> str:
    return str(Path(release.path).resolve())


def _name(what: str, value: str) -> str:
    if not _NAME.match(value):
        raise ValueError(
            f"The {what} is {value[:80]!r}; it must be a name of letters, digits, dots, dashes and "
            "underscores, such as small_cnn."
        )
    return value


def _recipe(value: str) -> str:
    is_file = value.endswith(".toml") and "\x00" not in value
    return str(Path(value).resolve()) if is_file else _name("recipe", value)


def _check_splits(names: list[str]) -> None:
    for name in names:
        if name not in SPLITS:
            raise ValueError(f"The split is {name[:80]!r}; it must be one of {', '.join(SPLITS)}.")


def _check_share(top_percent: float) -> None:
    if not 0 < top_percent <= 100:
        raise ValueError(
            f"The share to flag is {top_percent} %; it must be above 0 and at most 100."
        )


def _release_of_run(run: Job) -> Release:
    _check_finished(run, JobKind.TRAIN, run.collection)
    if run.release is None:
        raise ValueError(f"Run {run.uuid} has no release; train on one first.")
    return run.release


WANTED = {
    JobKind.TRAIN: ("training run", "train a baseline first"),
    JobKind.FLAG: ("flag job", "let a run flag missing labels first"),
    JobKind.EMBED: ("embedding", "embed a release first"),
}


def _check_finished(job: Job, kind: JobKind, collection: Collection) -> None:
    name, advice = WANTED[kind]
    if job.kind != kind or job.state != JobState.FINISHED:
        raise ValueError(f"Job {job.uuid} is not a finished {name}; {advice}.")
    _check_same_collection(job, collection)


def _check_same_collection(job: Job, collection: Collection) -> None:
    if job.collection_id != collection.pk:
        raise ValueError(
            f"Job {job.uuid} is of another collection than {collection.name}; "
            "choose one of its own."
        )
