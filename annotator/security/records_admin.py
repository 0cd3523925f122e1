"""The app behind Django's admin: imported before any record is, so it names its site only."""

from django.contrib.admin.apps import AdminConfig


class RecordsAdminConfig(AdminConfig):
    """Makes ``RecordsSite`` the admin that records register with."""

    default_site = "annotator.security.records_site.RecordsSite"
