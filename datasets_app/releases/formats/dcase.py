"""DCASE's two forms of weak labels.

- ``dcase/{part}.csv``: ``fname,labels`` of DCASE 2019 Task 2 (Freesound Audio Tagging): the file's
  name, and the classes joined by commas.
- ``dcase/weak_{part}.tsv``: ``filename	event_labels`` of DCASE Task 4's weakly labelled sets.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from datasets_app.releases.formats.frame import PARTS, ReleaseFrame
from datasets_app.releases.formats.rows import write_rows
from datasets_app.releases.formats.targets import Target
from datasets_app.releases.published import PublishedClip

TAGGING_COLUMNS = ("fname", "labels")
WEAK_COLUMNS = ("filename", "event_labels")


def tagging_file(part: str) -> str:
    """Return the table of Task 2 of a part."""
    return f"dcase/{part}.csv"


def weak_file(part: str) -> str:
    """Return the table of Task 4 of a part."""
    return f"dcase/weak_{part}.tsv"


class DcaseTables:
    """Both tables for each part."""

    def __init__(self, frame: ReleaseFrame, target: Target) -> None:
        """Open the tables and write their columns."""
        self._tagging = {part: target.text(tagging_file(part)) for part in PARTS}
        self._weak = {part: target.text(weak_file(part)) for part in PARTS}
        for part in PARTS:
            write_rows(self._tagging[part], [TAGGING_COLUMNS])
            write_rows(self._weak[part], [WEAK_COLUMNS], delimiter="\t")

    def add(self, clips: Sequence[PublishedClip]) -> None:
        """Add some clips."""
        for part in PARTS:
            rows = [(_file_name(c), ",".join(c.labels)) for c in clips if c.part == part]
            write_rows(self._tagging[part], rows)
            write_rows(self._weak[part], rows, delimiter="\t")


def _file_name(clip: PublishedClip) -> str:
    """Return the name of the recording, or the fname where the release has none."""
    file = clip.info.get("file")
    return PurePosixPath(file).name if isinstance(file, str) else clip.fname
