"""``import_audioset_segments FILE --collection NAME``: an AudioSet segment list as a collection."""

from datasets_app.importers.audioset_segments import import_audioset_segments
from datasets_app.management.import_command import ImportCommand


class Command(ImportCommand):
    """Import a segment list, whole or not at all."""

    help = (
        "Import AudioSet's csv of segments (YTID, start_seconds, end_seconds, positive_labels) as "
        "clips without recordings; labels become nominations without votes."
    )
    run_import = staticmethod(import_audioset_segments)
