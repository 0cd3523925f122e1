"""The site's app: its pages, and the Celery app that sends jobs to the workers."""

from importlib import import_module

from django.apps import AppConfig


class AnnotatorConfig(AppConfig):
    """Makes the site's Celery app the current one, so that services can send tasks."""

    name = "annotator"

    def ready(self) -> None:
        """Register the Celery app, the checks, and what counts wrong passwords."""
        import_module("annotator.celery")
        import_module("annotator.checks")
        import_module("annotator.security.lock_out")
