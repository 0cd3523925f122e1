"""The Celery side of a worker: one task that runs one job folder.

Delivery is never trusted. A message that comes twice meets a finished result or the claim of the
worker that has the job; a message about a folder that is not there is logged and dropped.

Environment: ``CELERY_BROKER_URL`` (default ``filesystem://``, kept under ``HARKEN_VAR_DIR``),
``HARKEN_VAR_DIR`` (default ``var``) and ``LOG_FORMAT`` (``text`` or ``json``).
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Any

from celery import Celery
from celery.exceptions import Reject
from celery.signals import (
    after_setup_logger,
    after_setup_task_logger,
    worker_ready,
    worker_shutting_down,
)
from celery.utils.log import get_task_logger

from ml_worker.contract import RUN_JOB_TASK, AlreadyClaimed, ContractError, broker_settings
from ml_worker.folder_broker import POLL_S, Transport, leaving
from ml_worker.job_context import JobInterrupted
from ml_worker.log_lines import JsonLines
from ml_worker.runner import run_job

_log = get_task_logger(__name__)
_stop = threading.Event()


def make_app(broker_url: str, var_dir: Path) -> Celery:
    """Return the app of a worker that meets the site at ``broker_url``."""
    # Celery would load the site's settings where DJANGO_SETTINGS_MODULE is set; a worker has none.
    app = Celery("ml_worker", fixups=[])
    if broker_url.startswith("filesystem://"):
        app.conf.broker_transport = f"{Transport.__module__}:{Transport.__name__}"
    app.conf.update(
        broker_settings(broker_url, var_dir),
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_concurrency=1,
        worker_pool="solo",
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
    )
    app.task(name=RUN_JOB_TASK)(run_job_message)
    return app


def run_job_message(job_dir: str, out_dir: str) -> None:
    """Run the job; whatever the message says, the worker lives on."""
    try:
        result = run_job(Path(job_dir), Path(out_dir), stop=_stop)
    except AlreadyClaimed as error:
        _log.info("Dropped a second message: %s", error)
    except ContractError as error:
        _log.error("Dropped a message that names no job: %s", error)
    except JobInterrupted as error:
        _log.info("%s", error)
        raise Reject(str(error), requeue=True) from error
    except OSError as error:
        _log.error("The result of %s could not be written: %s", job_dir, error)
    else:
        _log.info("%s ended: %s", job_dir, result.error or "ok")


@worker_shutting_down.connect
def _stop_running_job(**_: Any) -> None:
    _stop.set()
    leaving.set()


@worker_ready.connect
def _look_up_often(sender: Any, **_: Any) -> None:
    """Wake the loop of a worker on Redis, which would else see a wish to stop a second late."""
    if sender.hub is not None:
        sender.timer.call_repeatedly(POLL_S, lambda: None)


@after_setup_logger.connect
@after_setup_task_logger.connect
def _write_json_lines(logger: logging.Logger, **_: Any) -> None:
    if os.environ.get("LOG_FORMAT") == "json":
        for handler in logger.handlers:
            handler.setFormatter(JsonLines())


VAR_DIR = Path(os.environ.get("HARKEN_VAR_DIR") or "var")
app = make_app(os.environ.get("CELERY_BROKER_URL") or "filesystem://", VAR_DIR)
