"""How gunicorn serves the site: ``gunicorn --config python:annotator.gunicorn_settings``.

Counts of requests are kept in ``VAR/metrics``, a file a process, so that /metrics can add them up;
the folder is emptied when the site starts. Its variable must stand before prometheus_client is
imported. Access is logged by the site itself, without addresses and paths.
"""

import os
import shutil
from typing import Any

from annotator.settings.env import read_environment
from ml_worker.log_lines import JsonLines, PlainLines

_environment = read_environment()
_counts = _environment["HARKEN_VAR_DIR"].resolve() / "metrics"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_counts)
_lines = JsonLines if _environment["LOG_FORMAT"] == "json" else PlainLines

wsgi_app = "annotator.wsgi"
bind = _environment["SITE_ADDRESS"]
workers = _environment["SITE_PROCESSES"]
threads = 4
graceful_timeout = 30
forwarded_allow_ips = "127.0.0.1"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": JsonLines if _environment["LOG_FORMAT"] == "json" else PlainLines}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False}},
}


def on_starting(server: Any) -> None:
    """Forget the counts of the processes of the last start."""
    del server
    shutil.rmtree(_counts, ignore_errors=True)
    _counts.mkdir(parents=True)


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a process that ended said of its present state; its counts stay."""
    del server
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
