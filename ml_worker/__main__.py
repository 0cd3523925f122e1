"""Command line: run one job here, or serve a queue.

::

    python -m ml_worker run JOB OUT                      run a job folder
    python -m ml_worker analyse FOLDER OUT               analyse every recording in a folder
    python -m ml_worker train RELEASE OUT --recipe R     train a baseline on a release
    python -m ml_worker evaluate RELEASE RUN OUT         measure a trained run on a release
    python -m ml_worker score RELEASE RUN OUT            a trained run's scores of every clip
    python -m ml_worker embed RELEASE OUT --provider P   embeddings of every clip
    python -m ml_worker flag RELEASE RUN OUT             list suspected missing labels
    python -m ml_worker report RUN RELEASE OUT.html      one page of a run's figures and clips
    python -m ml_worker compare RUN RUN... OUT.html      runs of one release side by side
    python -m ml_worker transfer RELEASE OUT             simple classifiers on embeddings, the floor
    python -m ml_worker resume JOB OUT                   go on with a stopped training
    python -m ml_worker worker --queue curation          take jobs from Celery
    python -m ml_worker alive --process curation         whether one lives on this machine
    torchrun --nproc-per-node N -m ml_worker run JOB OUT    train on N GPUs

Exit status 0 if the job ended well, 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
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
    _job_command(commands, "resume", _resume, "go on with a stopped training", ["job"])
    _job_command(commands, "analyse", _analyse, "analyse a folder of recordings", ["root"])
    train = _job_command(commands, "train", _train, "train on a release", ["release"])
    train.add_argument("--recipe", default="small_cnn")
    train.add_argument("--set", action="append", default=[], metavar="KEY=JSON")
    train.add_argument("--flags", type=Path, help="a flag job's result: train a student")
    train.add_argument("--flag-use", choices=["mask", "add", "random_mask"])
    train.add_argument("--top-percent", type=float)
    of_run = ["release", "run"]
    evaluate = _job_command(commands, "evaluate", _evaluate, "measure a run on a release", of_run)
    evaluate.add_argument("--split", default="eval")
    score = _job_command(commands, "score", _score, "score every clip of a release", of_run)
    score.add_argument("--splits", nargs="+", metavar="SPLIT")
    embed = _job_command(commands, "embed", _embed, "embed every clip of a release", ["release"])
    embed.add_argument("--provider", required=True)
    embed.add_argument("--set", action="append", default=[], metavar="KEY=JSON")
    flag = _job_command(commands, "flag", _flag, "list missing labels", of_run)
    flag.add_argument("--top-percent", type=float, default=1.0)
    flag.add_argument("--cold-start", action="store_true", help="RUN is an embed job's result")
    _transfer_command(commands)
    report = commands.add_parser("report", help="write one page of a run's figures and clips")
    for argument in ("run", "release", "out"):
        report.add_argument(argument, type=Path)
    report.set_defaults(command=_report)
    compare = commands.add_parser("compare", help="write runs of one release side by side")
    compare.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    compare.add_argument("out", type=Path)
    compare.add_argument("--release", type=Path, help="of train jobs' results among the runs")
    compare.set_defaults(command=_compare)
    worker = commands.add_parser("worker", help="take jobs from Celery")
    worker.add_argument("--queue", required=True, choices=[q.value for q in Queue])
    worker.add_argument("--loglevel", default="info")
    worker.set_defaults(command=_worker)
    alive = commands.add_parser("alive", help="say whether a process of this machine lives")
    alive.add_argument("--process", required=True, choices=[*(q.value for q in Queue), "follower"])
    alive.set_defaults(command=_alive)
    return parser


def _transfer_command(commands: Any) -> None:
    transfer = commands.add_parser("transfer", help="simple classifiers on embeddings")
    transfer.add_argument("release", type=Path)
    transfer.add_argument("out", type=Path)
    transfer.add_argument("--embeddings", type=Path, nargs="*", default=[], metavar="EMBED_OUT")
    transfer.add_argument("--classifiers", nargs="+", metavar="NAME")
    transfer.add_argument(
        "--projection", default="standardise", choices=["none", "standardise", "whitened_pca"]
    )
    transfer.add_argument("--draws", type=int, default=10, help="repeats of a curve's point; 0: no")
    transfer.add_argument("--seed", type=int, default=0)
    transfer.set_defaults(command=_transfer)


def _job_command(
    commands: Any, name: str, function: Any, text: str, inputs: Sequence[str]
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    for argument in (*inputs, "out"):
        command.add_argument(argument, type=Path)
    if name not in ("run", "resume"):
        command.add_argument("--seed", type=int, default=0)
    if name not in ("run", "resume", "analyse"):
        command.add_argument("--device", choices=["auto", "cpu", "cuda"])
    command.set_defaults(command=function)
    return command


def _run(options: argparse.Namespace) -> int:
    return _run_and_show(options.job, options.out)


def _analyse(options: argparse.Namespace) -> int:
    from ml_worker.recordings.audio import FORMATS_OF_SUFFIX

    root = options.root.resolve()
    files = sorted(p for p in root.rglob("*") if p.suffix.lower() in FORMATS_OF_SUFFIX)
    names = [p.relative_to(root).as_posix() for p in files]
    job = _make_job(options, JobKind.ANALYSE, {"root": root}, {})
    lines = [json.dumps({"clip_id": name, "file": name}) + "\n" for name in names]
    (job / "clips.jsonl").write_text("".join(lines), encoding="utf-8")
    return _run_and_show(job, options.out)


def _resume(options: argparse.Namespace) -> int:
    from ml_worker.job_context import JobRefused
    from ml_worker.training.checkpoint import describe_resumption

    try:
        print(describe_resumption(options.job, options.out), file=sys.stderr)
    except (ContractError, JobRefused) as error:
        print(error, file=sys.stderr)
        return 1
    return _run_and_show(options.job, options.out)


def _train(options: argparse.Namespace) -> int:
    settings = {"recipe": options.recipe, "overrides": _pairs(options.set)}
    for name in ("flag_use", "top_percent"):
        if (value := getattr(options, name)) is not None:
            settings[name] = value
    inputs = {"release": options.release}
    if options.flags is not None:
        inputs["flags"] = options.flags
    return _run_and_show(_make_job(options, JobKind.TRAIN, inputs, settings), options.out)


def _evaluate(options: argparse.Namespace) -> int:
    inputs = {"release": options.release, "run": options.run}
    settings = {"split": options.split}
    return _run_and_show(_make_job(options, JobKind.EVALUATE, inputs, settings), options.out)


def _score(options: argparse.Namespace) -> int:
    inputs = {"release": options.release, "run": options.run}
    settings = {"splits": options.splits} if options.splits else {}
    return _run_and_show(_make_job(options, JobKind.SCORE, inputs, settings), options.out)


def _embed(options: argparse.Namespace) -> int:
    settings = {"provider": options.provider, "provider_settings": _pairs(options.set)}
    job = _make_job(options, JobKind.EMBED, {"release": options.release}, settings)
    return _run_and_show(job, options.out)


def _flag(options: argparse.Namespace) -> int:
    teacher = "embeddings" if options.cold_start else "run"
    inputs = {"release": options.release, teacher: options.run}
    settings = {"top_percent": options.top_percent}
    return _run_and_show(_make_job(options, JobKind.FLAG, inputs, settings), options.out)


def _report(options: argparse.Namespace) -> int:
    from ml_worker.reports.run_report import write_run_report

    return _write(options.out, lambda: write_run_report(options.run, options.release, options.out))


def _compare(options: argparse.Namespace) -> int:
    from ml_worker.reports.comparison import write_comparison

    runs, out = options.runs, options.out
    return _write(out, lambda: write_comparison(runs, out, options.release))


def _write(out: Path, write: Callable[[], int]) -> int:
    from ml_worker.job_context import JobRefused

    try:
        n_bytes = write()
    except (JobRefused, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{out}: {n_bytes / 1e6:.1f} MB")
    return 0


def _transfer(options: argparse.Namespace) -> int:
    from ml_worker.job_context import JobRefused
    from ml_worker.transfer import Projection
    from ml_worker.transfer_command import (
        DEFAULT_CLASSIFIERS,
        TransferPlan,
        run_transfer,
        transfer_lines,
    )

    plan = TransferPlan(
        options.release,
        options.embeddings,
        options.classifiers or DEFAULT_CLASSIFIERS,
        Projection(options.projection),
        options.seed,
        options.draws,
    )
    try:
        document = run_transfer(plan, options.out)
    except JobRefused as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join([*transfer_lines(document), f"result: {options.out}"]))
    return 0


def _pairs(texts: Sequence[str]) -> dict[str, Any]:
    pairs = (text.partition("=") for text in texts)
    return {key: _json_or_text(value) for key, _, value in pairs}


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
    if getattr(options, "device", None):
        settings = settings | {"device": options.device}
    write_job(job_dir, JobSpec(options.out.name, kind, paths, settings, options.seed))
    return job_dir


def _run_and_show(job_dir: Path, out_dir: Path) -> int:
    from ml_worker.job_context import JobInterrupted
    from ml_worker.progress_display import ProgressDisplay
    from ml_worker.runner import run_job
    from ml_worker.training.ranks import own_rank

    if not own_rank().is_first:
        with _stop_on_signals() as stop:
            run_job(job_dir.resolve(), out_dir.resolve(), stop=stop)
        return 0
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
    from ml_worker.celery_app import VAR_DIR, app
    from ml_worker.signs_of_life import showing_life

    arguments = ["worker", "--queues", options.queue, "--hostname", f"{options.queue}@%h"]
    arguments += ["--pool", "solo", "--concurrency", "1", "--loglevel", options.loglevel]
    arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with showing_life(VAR_DIR, options.queue):
        app.worker_main(arguments)
    return 0


def _alive(options: argparse.Namespace) -> int:
    from ml_worker.signs_of_life import lives_here

    var_dir = Path(os.environ.get("HARKEN_VAR_DIR") or "var")
    is_alive = lives_here(var_dir, options.process)
    print(f"{options.process}: {'alive' if is_alive else 'no sign of life lately'}")
    return 0 if is_alive else 1


if __name__ == "__main__":
    sys.exit(main())
