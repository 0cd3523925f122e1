"""The broker in a folder, for a worker that leaves when it is asked to.

Kombu's own looks into the folder once a second, and Celery's loop asks it for two seconds at a
time, once more after it was told to stop: an idle worker needed three to five seconds to leave.
"""

import threading
from typing import Any

from kombu.transport import filesystem

POLL_S = 0.2
leaving = threading.Event()
"""Set once the worker was asked to stop."""


class Transport(filesystem.Transport):
    """Looks five times a second, and not at all once the worker is to leave."""

    polling_interval = POLL_S

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Deliver one message, or raise ``TimeoutError`` when there was none for ``POLL_S``."""
        if leaving.is_set():
            raise TimeoutError
        super().drain_events(connection, POLL_S if timeout is None else min(timeout, POLL_S))
