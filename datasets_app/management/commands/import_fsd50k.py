"""``import_fsd50k DIR --collection NAME``: FSD50K as a collection."""

from datasets_app.importers.fsd50k import import_fsd50k, list_recordings
from datasets_app.management.import_command import ImportCommand


class Command(ImportCommand):
    """Import FSD50K, whole or not at all."""

    help = (
        "Import FSD50K's published files, in the release's own folders or in one flat folder, with "
        "ratings as votes of anonymous annotators and the published split."
    )
    source_metavar = "DIR"
    run_import = staticmethod(import_fsd50k)
    list_recordings = staticmethod(list_recordings)
