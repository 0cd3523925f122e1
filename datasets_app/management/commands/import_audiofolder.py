"""``import_audiofolder DIR --collection NAME``: a Hugging Face audiofolder as a collection."""

from datasets_app.importers.audiofolder import import_audiofolder, list_recordings
from datasets_app.management.import_command import ImportCommand


class Command(ImportCommand):
    """Import an audiofolder, whole or not at all."""

    help = (
        "Import the clips of DIR/metadata.csv or DIR/metadata.jsonl (column file_name; optional "
        "title, uploader, license, tags, labels). Labels become nominations without votes; unknown "
        "ones are listed by line. Recordings are taken in with --audio, by a curation worker."
    )
    source_metavar = "DIR"
    run_import = staticmethod(import_audiofolder)
    list_recordings = staticmethod(list_recordings)
