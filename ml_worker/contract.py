"""What the site and a worker say to each other: folders, files and one Celery task.

The site writes a *job folder* and sends its path over Celery; a worker runs it and leaves a *result
folder* that is either complete or absent. Nothing else passes between them, so the same job runs on
a laptop (``python -m ml_worker run JOB OUT``), on a machine without database access, and in a test.

::

    JOB/job.json         what to do (this module, ``JobSpec``)
    JOB/clips.jsonl      of jobs with the input ``root``: one ``{"clip_id", "file"}`` a line
    JOB/lock             held by the one worker that runs the job (``claim_job``)
    JOB/cancel           the site wants the job to end (``request_cancel``)
    JOB/progress.json    how far it is, rewritten at least every few seconds: also the heartbeat
    JOB/curves.jsonl     one line per epoch while training
    JOB/work/            the worker's own: checkpoints and the unfinished result
    OUT/result.json      how it ended (``JobResult``), written last
    OUT/...              the files it names, each with its sha256

Standard library only; any change of meaning raises ``CONTRACT_VERSION``.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

CONTRACT_VERSION = 1
RUN_JOB_TASK = "ml_worker.run_job"
"""Name of the one Celery task; its arguments are the job folder and the result folder."""


class ContractError(ValueError):
    """A job or result file that cannot be read; the message says which file and why."""


class AlreadyClaimed(RuntimeError):
    """Another worker holds the job."""


class JobKind(StrEnum):
    """The work a worker knows."""

    ANALYSE = "analyse"
    TRAIN = "train"
    EVALUATE = "evaluate"
    SCORE = "score"
    EMBED = "embed"
    FLAG = "flag"


class Queue(StrEnum):
    """Celery queues: audio analysis must not wait behind training."""

    CURATION = "curation"
    LEARNING = "learning"


QUEUE_OF_KIND: Mapping[JobKind, Queue] = {
    JobKind.ANALYSE: Queue.CURATION,
    JobKind.TRAIN: Queue.LEARNING,
    JobKind.EVALUATE: Queue.LEARNING,
    JobKind.SCORE: Queue.LEARNING,
    JobKind.EMBED: Queue.LEARNING,
    JobKind.FLAG: Queue.LEARNING,
}


Record = TypeVar("Record", "JobSpec", "JobProgress", "JobResult")


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a worker is asked to do.

    ``inputs`` names folders by absolute path, ``settings`` belong to the kind:

    ============  ==========================  ====================================================
    kind          inputs                      settings
    ============  ==========================  ====================================================
    ``analyse``   ``root`` (of recordings)    none
    ``train``     ``release``; may have       ``recipe``, ``overrides`` (recipe keys); with flags
                  ``flags`` (a flag job's     also ``flag_use`` ("mask", "add" or "random_mask")
                  result)                     and ``top_percent`` (at most the flag job's);
                                              ``checkpoint_every_s`` (default 60)
    ``evaluate``  ``release``, ``run``        of ``ml_worker.evaluate``
    ``score``     ``release``, ``run``        ``splits`` (default: all three)
    ``embed``     ``release``; or ``root``    ``provider``, ``provider_settings`` (``model``: path)
    ``flag``      ``release``, ``run``; or    ``top_percent`` of each class's implicit negatives;
                  ``embeddings`` (an embed    with ``embeddings`` also ``min_examples`` of a class
                  job's result) for ``run``   (default 4)
    ============  ==========================  ====================================================

    ``run`` is a train job's result. All but ``analyse`` may have ``device`` (auto, cpu, cuda) and
    ``features_dir``. ``request_id`` is what the logs call the request that asked for the job.
    """

    job_id: str
    kind: JobKind
    inputs: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    request_id: str = ""
    contract: int = CONTRACT_VERSION


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a running job is. ``at`` is the Unix time of writing: the worker's heartbeat."""

    stage: str
    done: int
    total: int
    unit: str
    rate_per_s: float | None = None
    eta_s: float | None = None
    message: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended.

    ``error`` is one sentence when ``ok`` is false; ``cancelled`` tells an end that was asked for
    from a failure. ``made_by`` has the versions of Python and the packages, ``processor``,
    ``device`` and ``n_threads`` of a job with torch, and ``code``, the sha256 of the worker's own
    source. ``used`` has ``seconds`` and ``peak_memory_bytes`` (resident) of the
    run that ended the job, and ``peak_gpu_memory_bytes`` where a GPU was used.
    """

    job_id: str
    kind: JobKind
    ok: bool
    error: str = ""
    cancelled: bool = False
    seed: int = 0
    started_at: float = 0.0
    finished_at: float = 0.0
    summary: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    made_by: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, float] = field(default_factory=dict)
    contract: int = CONTRACT_VERSION


def write_job(job_dir: Path, spec: JobSpec) -> None:
    """Write ``job.json`` into ``job_dir``, creating the folder."""
    job_dir.mkdir(parents=True, exist_ok=True)
    write_json_atomically(job_dir / "job.json", dataclasses.asdict(spec))


def read_job(job_dir: Path) -> JobSpec:
    """Read and check ``job.json``.

    Raises
    ------
    ContractError
        The file is missing, is not JSON, or was written for another contract version.
    """
    path = job_dir / "job.json"
    data = _read_object(path)
    kind = _kind(path, data)
    inputs = data.get("inputs")
    settings = data.get("settings", {})
    if not isinstance(inputs, dict) or not isinstance(settings, dict):
        raise ContractError(f"{path}: 'inputs' and 'settings' must be objects.")
    paths = {str(name): str(place) for name, place in inputs.items()}
    return _build(JobSpec, path, {**data, "kind": kind, "inputs": paths, "settings": settings})


def write_result(out_dir: Path, result: JobResult) -> None:
    """Write ``result.json`` into ``out_dir``, last of all: its presence means complete."""
    write_json_atomically(out_dir / "result.json", dataclasses.asdict(result))


def read_result(out_dir: Path) -> JobResult | None:
    """Return the result in ``out_dir``, or None while there is none.

    Raises
    ------
    ContractError
        There is a result file but it cannot be understood.
    """
    path = out_dir / "result.json"
    if not path.exists():
        return None
    data = _read_object(path)
    kind = _kind(path, data)
    return _build(JobResult, path, {**data, "kind": kind})


def write_progress(job_dir: Path, progress: JobProgress) -> None:
    """Replace ``progress.json``, stamped with the present time."""
    stamped = dataclasses.replace(progress, at=time.time())
    write_json_atomically(job_dir / "progress.json", dataclasses.asdict(stamped))


def read_progress(job_dir: Path) -> JobProgress | None:
    """Return the latest progress, or None before a worker has taken the job.

    Raises
    ------
    ContractError
        There is a progress file but it cannot be understood.
    """
    path = job_dir / "progress.json"
    if not path.exists():
        return None
    return _build(JobProgress, path, _read_object(path))


@contextmanager
def claim_job(job_dir: Path, *, patience_s: float = 0.5) -> Iterator[None]:
    """Hold the job for this process; the operating system lets go when the process dies.

    A message delivered twice therefore never runs a job twice at once, and a killed worker never
    leaves a job locked. ``patience_s`` outlasts the moment in which ``is_claimed`` looks.

    Raises
    ------
    AlreadyClaimed
        Another living process holds the job.
    """
    with (job_dir / "lock").open("a") as handle:
        _lock(handle.fileno(), patience_s, job_dir)
        yield


def is_claimed(job_dir: Path) -> bool:
    """Say whether a living process holds the job."""
    try:
        with claim_job(job_dir, patience_s=0.0):
            return False
    except AlreadyClaimed:
        return True


def request_cancel(job_dir: Path) -> None:
    """Ask for the end of a job: whichever worker has it, or takes it, ends it within seconds.

    The job then has a result with ``ok`` false and ``cancelled`` true, unless it ended before; its
    checkpoint stays, so that ``clear_for_retry`` lets it go on.
    """
    (job_dir / "cancel").touch()


def is_cancel_requested(job_dir: Path) -> bool:
    """Say whether the job is to end."""
    return (job_dir / "cancel").exists()


def clear_for_retry(job_dir: Path, out_dir: Path, *, from_start: bool = False) -> None:
    """Make a failed or cancelled job ready to be sent again; it goes on from its checkpoint.

    Takes back the wish to cancel and removes the result, which says no more than why it failed;
    ``from_start`` also gives up the checkpoint.

    Raises
    ------
    ContractError
        The job ended well: its result stays.
    AlreadyClaimed
        A worker still runs the job.
    """
    with claim_job(job_dir):
        result = read_result(out_dir)
        if result is not None and result.ok:
            raise ContractError(f"{out_dir} holds a good result; start a new job instead.")
        (job_dir / "cancel").unlink(missing_ok=True)
        if result is not None:
            shutil.rmtree(out_dir)
        if from_start and (job_dir / "work").exists():
            shutil.rmtree(job_dir / "work")


def broker_settings(url: str, var_dir: Path) -> dict[str, Any]:
    """Return Celery's broker settings for ``url``.

    ``filesystem://`` keeps its messages under ``var_dir/broker`` so that a site and its workers
    meet without a server; any other URL is passed on. Delivery counts on ``claim_job`` rather than
    on the broker: a lost message is sent again by the site, a doubled one dropped by the worker.
    """
    if not url.startswith("filesystem://"):
        return {**_address(url), "broker_connection_retry_on_startup": True}
    folder = var_dir / "broker"
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
    }
    return {**_address("filesystem://localhost"), "broker_transport_options": options}


def _address(url: str) -> dict[str, str]:
    """Name the broker so that it holds: Celery lets CELERY_BROKER_URL win over ``broker_url``."""
    return dict.fromkeys(("broker_url", "broker_read_url", "broker_write_url"), url)


def write_json_atomically(path: Path, value: object) -> None:
    """Write ``value`` so that a reader sees the old file or the new one, never half of one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(value, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _lock(descriptor: int, patience_s: float, job_dir: Path) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise AlreadyClaimed(f"{job_dir} is held by another process.") from error
            time.sleep(0.02)
        else:
            return


def _read_object(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContractError(f"{path} cannot be read: {error}.") from error
    if not isinstance(data, dict):
        raise ContractError(f"{path} must hold a JSON object.")
    if data.get("contract", CONTRACT_VERSION) != CONTRACT_VERSION:
        raise ContractError(
            f"{path} is of contract version {data['contract']}; this side speaks "
            f"{CONTRACT_VERSION}. Install the same release of Harken on both sides."
        )
    return data


def _build(record: type[Record], path: Path, data: Mapping[str, Any]) -> Record:
    """Make a record of the keys it knows; others may come from a newer minor version."""
    fields = dataclasses.fields(record)
    required = {f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING}
    if missing := sorted(required - data.keys()):
        raise ContractError(f"{path} lacks {', '.join(missing)}.")
    return record(**{f.name: data[f.name] for f in fields if f.name in data})


def _kind(path: Path, data: Mapping[str, Any]) -> JobKind:
    try:
        return JobKind(data.get("kind", ""))
    except ValueError as error:
        allowed = ", ".join(JobKind)
        raise ContractError(
            f"{path}: kind {data.get('kind')!r} is not one of {allowed}."
        ) from error
