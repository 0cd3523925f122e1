"""What figures depend on, without naming the machine."""

import os
import platform
import sqlite3
from importlib import metadata
from pathlib import Path

_PACKAGES = ("Django", "numpy", "scipy", "torch", "psycopg2-binary")


def machine_facts(kind: str, url: str) -> dict[str, str]:
    """Return processor, memory, versions and the database of a run."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cores": str(cores),
        "processor": _processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "database": _server_version(url) if url else f"SQLite {sqlite3.sqlite_version} (WAL)",
        **{name: metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, "unknown")


def _server_version(url: str) -> str:
    import psycopg2

    connection = psycopg2.connect(url)
    try:
        number = connection.server_version
    finally:
        connection.close()
    return f"PostgreSQL {number // 10_000}.{number % 10_000}, on the same machine"
