"""``deliver_webhooks``: tell the addresses that people registered what happens to collections."""

import time
from argparse import ArgumentParser
from typing import Any

from django.db import close_old_connections

from datasets_app.management.stage_command import StageCommand
from datasets_app.webhooks.delivery import KEPT_DAYS, deliver_due, prune_deliveries
from datasets_app.webhooks.queueing import queue_deliveries
from datasets_app.webhooks.trail import TrailReader

PAUSE_S = 2.0


class Command(StageCommand):
    """Follow the audit trail and send what is due; any number of these may run at once."""

    help = "Send events to registered webhooks, and again what did not arrive, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to send only what is due now."""
        parser.add_argument("--once", action="store_true", help="send what is due now and end")

    def run(self, *, once: bool, **_: Any) -> None:
        """Read, send and tidy, with a pause of two seconds where nothing is to be done."""
        reader = TrailReader()
        while True:
            n_read, n_sent = queue_deliveries(reader), deliver_due()
            n_done = n_read + n_sent + prune_deliveries(days=KEPT_DAYS)
            if n_sent:
                self.say(f"{n_sent} deliveries tried.")
            if n_done:
                continue
            if once:
                return
            close_old_connections()
            time.sleep(PAUSE_S)
