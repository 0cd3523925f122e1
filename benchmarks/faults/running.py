"""Sets everything up, breaks it while the work goes on, and judges what is left."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.breaking import Breaker
from benchmarks.faults.collection import write_ontology, write_recordings, write_votes
from benchmarks.faults.commands import CommandFailed, StubbornCommand, run_command
from benchmarks.faults.people import Given, Person
from benchmarks.faults.plan import LONGEST_S, N_PEOPLE, Size
from benchmarks.faults.servers import OwnPostgres, OwnRedis
from benchmarks.faults.site import Site
from benchmarks.faults.verdict import (
    Found,
    half_releases,
    read_records,
    unfinished_jobs,
    wrong_answers,
)

ROOT = Path(__file__).resolve().parents[2]
N_FOR_A_RELEASE = 60
N_NOMINATED = 8
"""Nominations for each answer wanted: half are of the class that people work in."""
SETTLE_S = 180.0
_TRAIN = """
import sys, django
django.setup()
from datasets_app.jobs.dispatch import BrokerSilent
from datasets_app.jobs.starting import start_training
from datasets_app.releases.models import Release
try:
    start_training(release=Release.objects.get(version="1.0"), recipe="small_cnn",
                   overrides={"epochs": int(sys.argv[1]), "patience": 1000})
except BrokerSilent:
    pass
"""


@dataclass(slots=True)
class Report:
    """What happened, as counts, and what was wrong."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


class ReleaseWatch(threading.Thread):
    """Looks at the folder of releases all the time: what can be seen there must be whole."""

    def __init__(self, folder: Path, stop: threading.Event) -> None:
        """Make ready."""
        super().__init__(name="watch")
        self._folder, self._stop_now = folder, stop
        self.half: set[str] = set()
        self.n_looks = 0

    def run(self) -> None:
        """Look."""
        while not self._stop_now.wait(0.02):
            self.n_looks += 1
            for path in self._folder.iterdir():
                if not path.name.startswith(".") and not (path / "MANIFEST.json").is_file():
                    self.half.add(path.name)


def run_faults(folder: Path, size: Size, *, seed: int, say: Callable[[str], None]) -> Report:
    """Do the whole run in a new folder.

    Raises
    ------
    NotRunnable
        A server is not installed or does not start.
    """
    folder.mkdir(parents=True)
    postgres, broker = OwnPostgres(folder / "postgres"), OwnRedis(folder / "redis")
    environment = _environment(folder, postgres, broker)
    try:
        say("migrating")
        run_command(environment, "migrate", "--verbosity=0")
        site = Site(environment, folder)
        try:
            people = _prepare(environment, folder, size, say)
            return _break(environment, folder, size, (postgres, broker, site), people, seed, say)
        finally:
            site.stop()
    finally:
        broker.stop()
        postgres.stop()


def _environment(folder: Path, postgres: OwnPostgres, broker: OwnRedis) -> dict[str, str]:
    return os.environ | {
        "HARKEN_VAR_DIR": str(folder / "var"),
        "HARKEN_ENV_FILE": os.devnull,
        "DATABASE_URL": postgres.url,
        "CELERY_BROKER_URL": broker.url,
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "WORKER_SILENCE_S": "3",
        "DJANGO_SETTINGS_MODULE": "annotator.settings.base",
    }


def _prepare(
    environment: Mapping[str, str], folder: Path, size: Size, say: Callable[[str], None]
) -> list[dict[str, str]]:
    """Make a released collection, recordings to take in, and nominations to answer."""
    say("filling the queue")
    people = folder / "people.json"
    population = [
        "-m",
        "benchmarks.annotators.population",
        str(N_NOMINATED * size.n_answers),
        str(people),
    ]
    subprocess.run([sys.executable, *population], cwd=ROOT, env=dict(environment), check=True)
    say("making a first release")
    write_ontology(folder / "sounds.json")
    write_recordings(folder / "recordings", N_FOR_A_RELEASE, seed=1)
    write_recordings(folder / "intake", size.n_recordings, seed=2)
    write_votes(folder / "votes.csv", folder / "recordings")
    (folder / "releases").mkdir()
    yard = "--collection=yard"
    for arguments in (
        ("load_ontology", str(folder / "sounds.json")),
        ("ingest_clips", str(folder / "recordings"), yard, "--ontology=sounds"),
        ("nominate_labels", yard),
        ("import_votes", str(folder / "votes.csv"), yard),
        ("infer_labels", yard),
        ("assign_splits", yard, "--min-dev=2", "--min-eval=1"),
        ("build_release", yard, "--version=1.0", f"--out={folder / 'releases' / '1.0'}"),
    ):
        run_command(environment, *arguments)
    return json.loads(people.read_text(encoding="utf-8"))


def _break(
    environment: Mapping[str, str],
    folder: Path,
    size: Size,
    servers: tuple[OwnPostgres, OwnRedis, Site],
    cookies: list[dict[str, str]],
    seed: int,
    say: Callable[[str], None],
) -> Report:
    """Let people and commands work while things break, and judge what is left."""
    began_s = time.monotonic()
    stop, quiet = threading.Event(), threading.Event()
    given = Given(size.n_answers, size.pause_s)
    people = [Person(n, servers[2].address, cookies[n], given, stop) for n in range(N_PEOPLE)]
    commands = _commands(environment, folder, size, seed, stop)
    train = [sys.executable, "-c", _TRAIN, str(size.epochs)]
    subprocess.run(train, cwd=ROOT, env=dict(environment), check=True)
    breaker = Breaker(*servers, seed=seed, stop=quiet)
    watch = ReleaseWatch(folder / "releases", stop)
    for thread in (*people, *commands, breaker, watch):
        thread.start()
    try:
        while not _is_over(given, commands, breaker, began_s):
            time.sleep(2)
            say(f"{len(given.acknowledged):,} answers; " + _shown(breaker.counts))
        quiet.set()
        breaker.join()
        found = _settled(environment, servers[0])
    finally:
        quiet.set()
        stop.set()
        for thread in (*people, *commands, breaker, watch):
            thread.join()
    report = Report(seconds=time.monotonic() - began_s)
    _count(report, given, commands, breaker, watch, found)
    _judge(report, given, commands, breaker, watch, found, size)
    report.wrong += _unsound_releases(environment, folder / "releases", found)
    return report


def _commands(
    environment: Mapping[str, str], folder: Path, size: Size, seed: int, stop: threading.Event
) -> list[StubbornCommand]:
    """Return the ingest and the build that are killed again and again."""
    out = folder / "releases" / "2.0"
    ingest = ("ingest_clips", str(folder / "intake"), "--collection=intake", "--ontology=sounds")
    build = ("build_release", "--collection=yard", "--version=2.0", f"--out={out}")
    return [
        StubbornCommand(environment, arguments, n_kills=size.n_kills, seed=seed + i, stop=stop)
        for i, arguments in enumerate((ingest, build))
    ]


def _unsound_releases(environment: Mapping[str, str], releases: Path, found: Found) -> list[str]:
    wrong = half_releases(releases, found.releases)
    for version in ("1.0", "2.0"):
        try:
            run_command(environment, "verify_release", str(releases / version))
        except CommandFailed as error:
            wrong.append(f"release {version}: {error}")
    return wrong


def _is_over(
    given: Given, commands: list[StubbornCommand], breaker: Breaker, began_s: float
) -> bool:
    if breaker.has_broken_all:
        given.all_was_broken.set()
    is_done = given.is_done and not any(c.is_alive() for c in commands)
    is_late = time.monotonic() - began_s > LONGEST_S
    return bool(given.wrong) or bool(breaker.error) or is_late or is_done


def _settled(environment: Mapping[str, str], postgres: OwnPostgres) -> Found:
    """Wait until no job is under way any more, and read the records."""
    postgres.wait()
    end_s = time.monotonic() + SETTLE_S
    found = read_records(environment)
    while unfinished_jobs(found) and time.monotonic() < end_s:
        time.sleep(2)
        found = read_records(environment)
    return found


def _count(
    report: Report,
    given: Given,
    commands: list[StubbornCommand],
    breaker: Breaker,
    watch: ReleaseWatch,
    found: Found,
) -> None:
    report.counts = dict(breaker.counts) | {
        "answers acknowledged": len(given.acknowledged),
        "answers stored": len(found.votes),
        "requests lost and sent again": given.n_tries_lost,
        "answers refused as no longer wanted": given.n_refused,
        "clips taken in": found.n_clips,
        "looks at the folder of releases": watch.n_looks,
        "jobs": len(found.jobs),
    }
    for command in commands:
        name = command.found.arguments[0]
        report.counts |= {
            f"{name} killed": command.found.n_killed,
            f"{name} ended by a fault": command.found.n_failed,
        }


def _judge(
    report: Report,
    given: Given,
    commands: list[StubbornCommand],
    breaker: Breaker,
    watch: ReleaseWatch,
    found: Found,
    size: Size,
) -> None:
    report.wrong += [*given.wrong, *wrong_answers(found, given.acknowledged)]
    if len(given.acknowledged) < size.n_answers:
        report.wrong.append(f"only {len(given.acknowledged):,} answers in {report.seconds:.0f} s")
    if found.n_clips != size.n_recordings:
        report.wrong.append(f"{found.n_clips} clips taken in, not {size.n_recordings}")
    report.wrong += [f"{name} was half there" for name in sorted(watch.half)]
    report.wrong += unfinished_jobs(found)
    if ("train", "finished") not in found.jobs:
        report.wrong.append("the training job did not finish")
    report.wrong += [f"{c.found.arguments[0]}: {c.found.error}" for c in commands if c.found.error]
    report.wrong += [f"breaking: {breaker.error}"] if breaker.error else []
    report.wrong += [f"never happened: {name}" for name, n in breaker.counts.items() if not n]


def _shown(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items())
