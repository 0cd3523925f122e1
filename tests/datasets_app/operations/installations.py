"""Installations of Harken in processes of their own: a database, a var folder, and commands."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Installation:
    """A database's address and the var folder that belongs to it."""

    url: str
    var: Path

    def start(self, *command: str, **variables: str) -> subprocess.Popen:
        own = {"DATABASE_URL": self.url, "HARKEN_VAR_DIR": str(self.var), **variables}
        return subprocess.Popen(
            [sys.executable, "manage.py", *command],
            env={**os.environ, **own},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str, **variables: str) -> tuple[int, str]:
        """Run a command to its end; return its exit status and what it said."""
        process = self.start(*command, **variables)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(self._connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def _connect(self) -> Any:
        if self.url.startswith("sqlite"):
            return sqlite3.connect(self.url.removeprefix("sqlite:///"))
        return psycopg2.connect(self.url)
