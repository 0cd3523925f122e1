"""Command line: run one job here, or serve a queue.

::

    python -m ml_worker run JOB OUT                      run a job folder
    python -m ml_worker analyse FOLDER OUT               analyse every recording in a folder
    python -m ml_worker train RELEASE OUT --recipe R     train a baseline on a release
    python -m ml_worker flag RELEASE RUN OUT             list suspected missing labels
    python -m ml_worker worker --queue curation          take jobs from Celery

Exit status 0 if the job ended well, 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ml_worker.contract import (
    AlreadyClaimed,
    ContractError,
    JobKind,
    JobResult,
    JobSpec,
    Queue,
    write_job,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    options = _parser().parse_args(arguments)
    return options.command(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml_worker", description="Harken's worker.")
    commands = parser.add_subparsers(required=True)
    _job_command(commands, "run", _run, "run a job folder", ["job"])
    _job_command(commands, "analyse", _analyse, "analyse a folder of recordings", ["root"])
    train = _job_command(commands, "train", _train, "train on a release", ["release"])
    train.add_argument("--recipe", default="small_cnn")
    train.add_argument("--set", action="append", default=[], metavar="KEY=JSON")
    flag = _job_command(commands, "flag", _flag, "list missing labels", ["release", "run"])
    flag.add_argument("--top-percent", type=float, default=1.0)
    worker = commands.add_parser("worker", help="take jobs from Celery")
    worker.add_argument("--queue", required=True, choices=[q.value for q in Queue])
    worker.add_argument("--loglevel", default="info")
    worker.set_defaults(command=_worker)
    return parser


def _job_command(
    commands: Any, name: str, function: Any, text: str, inputs: Sequence[str]
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    for argument in (*inputs, "out"):
        command.add_argument(argument, type=Path)
    if name != "run":
        command.add_argument("--seed", type=int, default=0)
    command.set_defaults(command=function)
    return command


def _run(options: argparse.Namespace) -> int:
    return _run_and_show(options.job, options.out)


def _analyse(options: argparse.Namespace) -> int:
    from ml_worker.audio import FORMATS_OF_SUFFIX

    root = options.root.resolve()
    files = sorted(p for p in root.rglob("*") if p.suffix.lower() in FORMATS_OF_SUFFIX)
    names = [p.relative_to(root).as_posix() for p in files]
    job = _make_job(options, JobKind.ANALYSE, {"root": root}, {})
    lines = [json.dumps({"clip_id": name, "file": name}) + "\n" for name in names]
    (job / "clips.jsonl").write_text("".join(lines), encoding="utf-8")
    return _run_and_show(job, options.out)


def _train(options: argparse.Namespace) -> int:
    pairs = (text.partition("=") for text in options.set)
    overrides = {key: _json_or_text(value) for key, _, value in pairs}
    settings = {"recipe": options.recipe, "overrides": overrides}
    job = _make_job(options, JobKind.TRAIN, {"release": options.release}, settings)
    return _run_and_show(job, options.out)


def _flag(options: argparse.Namespace) -> int:
    inputs = {"release": options.release, "run": options.run}
    settings = {"top_percent": options.top_percent}
    return _run_and_show(_make_job(options, JobKind.FLAG, inputs, settings), options.out)


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _make_job(
    options: argparse.Namespace, kind: JobKind, inputs: dict[str, Path], settings: dict[str, Any]
) -> Path:
    """Write a job folder beside the result folder and return it."""
    job_dir = options.out.resolve().with_name(options.out.name + ".job")
    paths = {name: str(path.resolve()) for name, path in inputs.items()}
    write_job(job_dir, JobSpec(options.out.name, kind, paths, settings, options.seed))
    return job_dir


def _run_and_show(job_dir: Path, out_dir: Path) -> int:
    from ml_worker.job_context import JobInterrupted
    from ml_worker.progress_display import ProgressDisplay
    from ml_worker.runner import run_job

    with _stop_on_signals() as stop, ProgressDisplay(sys.stderr) as display:
        try:
            result = run_job(job_dir.resolve(), out_dir.resolve(), stop=stop, on_beat=display.show)
        except (ContractError, AlreadyClaimed, JobInterrupted) as error:
            message = str(error)
        else:
            message = result.error
    if message:
        print(message, file=sys.stderr)
        return 1
    _print_summary(result, out_dir)
    return 0


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set, so that the job ends where it can go on."""
    stop = threading.Event()
    names = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(name, lambda *_: stop.set()) for name in names]
    try:
        yield stop
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


def _print_summary(result: JobResult, out_dir: Path) -> None:
    for key, value in result.summary.items():
        print(f"{key}: {value}")
    print(f"result: {out_dir}")


def _worker(options: argparse.Namespace) -> int:
    from ml_worker.celery_app import app

    arguments = ["worker", "--queues", options.queue, "--hostname", f"{options.queue}@%h"]
    arguments += ["--pool", "solo", "--concurrency", "1", "--loglevel", options.loglevel]
    arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    app.worker_main(arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
