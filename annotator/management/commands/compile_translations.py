"""Compile the pages' sentences in other languages, where they changed."""

from typing import Any

from django.core.management.base import BaseCommand

from annotator.catalogues import compile_what_is_old


class Command(BaseCommand):
    """Part of the set-up; running it again does only what is left."""

    help = "Compile the translations in annotator/locale that changed since they were compiled."
    requires_system_checks = ()  # one of the checks asks for this command

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile, and say what."""
        for po, n_sentences in compile_what_is_old().items():
            self.stdout.write(f"{po.parent.parent.name}: {n_sentences} sentences compiled.")
