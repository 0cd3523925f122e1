"""``doctor``: say what is wrong with this installation, and how to mend it."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from datasets_app.operations.doctor.examination import examine, is_sound
from datasets_app.operations.doctor.findings import Finding, Status


class Command(BaseCommand):
    """Look at everything; exit status 1 when something fails."""

    help = "Say what is wrong with this installation and how to mend it."
    requires_system_checks: list[str] = []  # their findings are among the doctor's

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="for a machine")
        parser.add_argument("--quiet", action="store_true", help="leave out what is well")

    def handle(self, *, quiet: bool, **options: Any) -> None:
        """Show the findings as they come."""
        found = []
        for finding in examine():
            found.append(finding)
            if not options["json"] and not (quiet and finding.status is Status.OK):
                self._show(finding)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=1))
        if not is_sound(found):
            sys.exit(1)

    def _show(self, finding: Finding) -> None:
        self.stdout.write(f"{finding.status:4}  {finding.about}: {finding.says}")
        if finding.mend:
            self.stdout.write(f"      mend: {finding.mend}")
