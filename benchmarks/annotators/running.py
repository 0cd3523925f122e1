"""Fills a database, serves it with gunicorn, and lets clients work."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.annotators.plan import CLIENTS, PROCESSES, SECONDS, SIZES, THREADS, Line
from benchmarks.databases import NotMeasurable, own_database

ROOT = Path(__file__).resolve().parents[2]
WARM_UP_S = 3.0
START_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


def run_annotators(folder: Path, url: str, sizes: Sequence[int] = SIZES) -> list[Line]:
    """Measure every size with one client and with several, and print a line for each.

    Raises
    ------
    NotMeasurable
        There is no PostgreSQL to measure on, or the server did not start.
    """
    if not url:
        raise NotMeasurable(
            "The annotators' benchmark needs PostgreSQL; give its address in DATABASE_URL."
        )
    lines = []
    for n in sizes:
        with own_database(url) as (_, own_url):
            lines += _run_size(folder / str(n), own_url, n)
    return lines


def _run_size(folder: Path, url: str, n: int) -> list[Line]:
    folder.mkdir()
    environment = _environment(folder, url)
    people_file = folder / "people.json"
    print(f"{n:,} open nominations: filling the database", flush=True)
    population = [sys.executable, "-m", "benchmarks.annotators.population", str(n), people_file]
    subprocess.run(population, cwd=ROOT, env=environment, check=True)
    people = json.loads(people_file.read_text(encoding="utf-8"))
    lines = []
    with _server(environment, folder) as (address, pid):
        for n_clients in CLIENTS:
            chosen, people = people[:n_clients], people[n_clients:]
            _let_work(address, chosen, WARM_UP_S)
            before = _cpu_s(pid)
            found = _let_work(address, chosen, SECONDS)
            lines.append(_line(n, found, _cpu_s(pid) - before))
            print(_words(lines[-1]), flush=True)
    return lines


def _environment(folder: Path, url: str) -> dict[str, str]:
    return os.environ | {
        "HARKEN_VAR_DIR": str(folder / "var"),
        "HARKEN_ENV_FILE": os.devnull,
        "DATABASE_URL": url,
        "ALLOWED_HOSTS": "127.0.0.1",
        "CELERY_BROKER_URL": "filesystem://",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "annotator.settings.base",
    }


@contextmanager
def _server(environment: Mapping[str, str], folder: Path) -> Iterator[tuple[str, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "annotator.wsgi", "--bind", address]
    sizes = ["--workers", str(PROCESSES), "--threads", str(THREADS)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *sizes], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        _wait_for(address, process)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    host, port = address.split(":")
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s and process.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise NotMeasurable(f"The server at {address} did not start within {START_S:.0f} s.")


def _let_work(
    address: str, people: Sequence[Mapping[str, str]], seconds: float
) -> list[dict[str, Any]]:
    """Run a client process for each person at the same time; return what each printed."""
    command = [sys.executable, "-m", "benchmarks.annotators.client", address]
    clients = [
        subprocess.Popen(
            [*command, json.dumps(person), str(seconds)], cwd=ROOT, stdout=subprocess.PIPE
        )
        for person in people
    ]
    printed = [client.communicate()[0] for client in clients]
    if any(client.returncode for client in clients):
        raise NotMeasurable("A client ended with an error; see above.")
    return [json.loads(text) for text in printed]


def _line(n_open: int, found: Sequence[Mapping[str, Any]], cpu_s: float) -> Line:
    fetched = [ms for client in found for ms in client["fetched_ms"]]
    answered = [ms for client in found for ms in client["answered_ms"]]
    errors = [error for client in found for error in client["errors"]]
    for error in errors[:5]:
        print(error, file=sys.stderr)
    fetch_p50, fetch_p95 = np.percentile(fetched, [50, 95])
    answer_p50, answer_p95 = np.percentile(answered, [50, 95])
    return Line(
        n_open=n_open,
        n_clients=len(found),
        n_answers=len(answered) - len([e for e in errors if e.startswith("answer")]),
        seconds=max(client["seconds"] for client in found),
        fetch_p50_ms=float(fetch_p50),
        fetch_p95_ms=float(fetch_p95),
        answer_p50_ms=float(answer_p50),
        answer_p95_ms=float(answer_p95),
        n_errors=len(errors),
        server_cpu_ms=1000 * cpu_s / max(len(answered), 1),
    )


def _cpu_s(pid: int) -> float:
    """Return the processor time of a process and its children so far."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return sum(_own_cpu_s(int(one)) for one in [pid, *children])


def _own_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _words(line: Line) -> str:
    return (
        f"{line.n_open:>9,} open, {line.n_clients} clients: fetch p50 {line.fetch_p50_ms:.0f} ms, "
        f"p95 {line.fetch_p95_ms:.0f} ms; answer p50 {line.answer_p50_ms:.0f} ms, p95 "
        f"{line.answer_p95_ms:.0f} ms; {line.answers_per_s:.0f} answers/s, {line.n_errors} errors, "
        f"{line.server_cpu_ms:.1f} ms of the site's processor time an answer"
    )
