"""``demo``: the whole pipeline on the bundled collection or on one's own, then the site."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from datasets_app.demo.pipeline import run_demo
from datasets_app.demo.sign_ins import make_demo_sign_ins
from datasets_app.management.processes import running_workers
from datasets_app.management.stage_command import StageCommand


class Command(StageCommand):
    """Go from recordings to a verified release and a trained baseline, then serve the site."""

    help = "Run every stage on a collection, with real workers, and write a report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one's own data and ontology, and whether to serve the site afterwards."""
        parser.add_argument("--data", type=Path, metavar="DIR")
        parser.add_argument("--ontology", type=Path, metavar="FILE")
        parser.add_argument("--no-serve", action="store_true")

    def run(self, *, data: Path | None, ontology: Path | None, no_serve: bool, **_: Any) -> None:
        """Migrate, run the steps, say where everything is."""
        call_command("migrate", verbosity=0)
        with running_workers(say=self.say):
            demo = run_demo(data=data, ontology_file=ontology, say=self.say)
        self.say(f"\nReport:   {demo.folder / 'report.html'}")
        self.say(f"Address:  http://{settings.SITE_ADDRESS}/ (`make serve` starts the site)")
        for line in make_demo_sign_ins():
            self.say(f"Sign in:  {line}")
        if not no_serve:
            call_command("serve")
