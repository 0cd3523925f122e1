"""The records and the rules, as one Django app."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """The app that owns every record; its stages are its sub-packages."""

    name = "datasets_app"
    verbose_name = "Harken"
    default_auto_field = "django.db.models.BigAutoField"
