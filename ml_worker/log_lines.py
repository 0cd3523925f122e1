"""How site and workers write their logs: a JSON object a line, or plain text. No secrets.

Standard library only. A line has ``at`` (UTC), ``level``, ``logger``, ``message``; where known also
``request_id``, the extra fields named in ``EXTRA``, and ``error`` with the traceback.
"""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

EXTRA = ("method", "view", "status", "seconds", "job_id", "queue")
"""Fields that a caller may add by ``extra=``; others are left out, since they may be personal."""

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
_PASSWORD = re.compile(r"([a-z][a-z0-9+.-]*://[^/\s:@]*:)[^@\s/]+@", re.IGNORECASE)

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""What the proxy called the request that is being answered, or that asked for the job."""


def without_passwords(text: str) -> str:
    """Return the text with the passwords of addresses in it taken out.

    >>> without_passwords("no answer from postgres://harken:s3cret@db:5432/harken")
    'no answer from postgres://harken:***@db:5432/harken'
    """
    return _PASSWORD.sub(r"\1***@", text)


class JsonLines(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_passwords(record.getMessage()),
        }
        if asked := request_id.get():
            line["request_id"] = asked
        line |= {name: getattr(record, name) for name in EXTRA if hasattr(record, name)}
        if record.exc_info:
            line["error"] = without_passwords(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainLines(logging.Formatter):
    """For a terminal: level, logger and message, likewise without passwords."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return without_passwords(super().format(record))
