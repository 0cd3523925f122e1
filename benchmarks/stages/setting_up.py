"""The empty database."""

from django.core.management import call_command

from benchmarks.scale import Workspace


def migrate(_: Workspace) -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)
