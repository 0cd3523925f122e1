"""pg_dump, pg_restore and psql, told where the database is without showing its password."""

import os
import shutil
import subprocess  # nosec B404
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from django.db import connection

from datasets_app.operations.layout import BackupError

_VARIABLES = {
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",  # nosec B105
    "host": "PGHOST",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def program(name: str) -> str:
    """Return where a programme of PostgreSQL is.

    Raises
    ------
    BackupError
        It is not installed.
    """
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} is not on this machine, and a PostgreSQL database is not saved or restored "
            "without it; install PostgreSQL's client programmes, of the server's version or newer "
            "(Debian: postgresql-client)."
        )
    return found


def environment() -> dict[str, str]:
    """Return an environment in which PostgreSQL's programmes find the database of the settings."""
    known = connection.get_connection_params()
    return {
        **os.environ,
        **{name: str(known[key]) for key, name in _VARIABLES.items() if known.get(key)},
    }


def dump_database(target: Path, snapshot: str) -> None:
    """Write a snapshot of the database in pg_dump's custom format.

    Raises
    ------
    BackupError
        pg_dump is missing or failed.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    _run([program("pg_dump"), *options, f"--file={target}"])


def check_dump(source: Path) -> None:
    """Have pg_restore read a dump's contents.

    Raises
    ------
    BackupError
        pg_restore is missing or cannot read it.
    """
    _run([program("pg_restore"), "--list", f"--file={os.devnull}", str(source)])


def load_dump(source: Path, *, before: str, after: Iterable[str]) -> None:
    """Load a dump between two pieces of SQL, all in one transaction or nothing of it.

    Raises
    ------
    BackupError
        A programme is missing, or failed; the database is as it was.
    """
    psql = [program("psql"), "--no-psqlrc", "--quiet", "--single-transaction"]
    writer = subprocess.Popen(  # nosec B603
        [*psql, "--set=ON_ERROR_STOP=1", "--output", os.devnull],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    reading = [program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(source)]
    reader = subprocess.Popen(reading, stdout=subprocess.PIPE)  # nosec B603
    try:
        _feed(writer.stdin, before, reader.stdout, after)
        if reader.wait() != 0:
            raise BackupError(f"pg_restore could not read {source}; the database is as it was.")
    except BrokenPipeError:
        reader.kill()  # psql gave up; it says why below
    except BaseException:
        writer.kill()  # before it sees the end of its input, at which it would commit
        reader.kill()
        raise
    _, said = writer.communicate()
    reader.wait()
    if writer.returncode != 0:
        reason = said.decode(errors="replace").strip().splitlines()
        raise BackupError(f"The database is as it was; psql said: {' '.join(reason[:3])}")


def _feed(target: IO[bytes], before: str, dump: IO[bytes], after: Iterable[str]) -> None:
    target.write(before.encode())
    shutil.copyfileobj(dump, target, 1 << 20)
    for statement in after:
        target.write(f"\n{statement}\n".encode())
    target.flush()


def _run(command: list[str]) -> None:
    done = subprocess.run(  # nosec B603
        command, env=environment(), check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise BackupError(f"{Path(command[0]).name} failed: {said}")
