"""AudioSet's segment lists: a clip, its start and end in seconds, and the mids that sound in it.

Form: ``YTID, start_seconds, end_seconds, "mid,mid"`` below comment lines that begin with ``#``, and
``class_labels_indices.csv`` (index, mid, display_name). Source: Gemmeke et al. 2017 and the files
that come with it. The identifier is the fname; the lists of AudioSet name videos there.
"""

from collections.abc import Sequence

from datasets_app.releases.formats.frame import PARTS, ReleaseFrame
from datasets_app.releases.formats.rows import write_rows
from datasets_app.releases.formats.targets import Target
from datasets_app.releases.published import PublishedClip

CLASSES = "audioset/class_labels_indices.csv"


def segments_file(part: str) -> str:
    """Return the list of a part."""
    return f"audioset/{part}_segments.csv"


class AudiosetLists:
    """A segment list for each part and the table of classes."""

    def __init__(self, frame: ReleaseFrame, target: Target) -> None:
        """Open the lists and write what stands above their rows."""
        self._lists = {part: target.text(segments_file(part)) for part in PARTS}
        for part, sink in self._lists.items():
            sink.write(f"# Segments of {frame.collection} {frame.version}, part {part}\n")
            sink.write("# YTID is the fname of a clip\n")
            sink.write("# YTID, start_seconds, end_seconds, positive_labels\n")
        rows = [(i, mid, name) for i, (mid, name) in enumerate(frame.vocabulary.items())]
        write_rows(target.text(CLASSES), [("index", "mid", "display_name"), *rows])

    def add(self, clips: Sequence[PublishedClip]) -> None:
        """Add some clips."""
        for part, sink in self._lists.items():
            sink.write("".join(_line(clip) for clip in clips if clip.part == part))


def _line(clip: PublishedClip) -> str:
    end_s = float(clip.info.get("duration_s") or 0.0)
    return f'{_name(clip.fname)}, 0.000, {end_s:.3f}, "{",".join(clip.mids)}"\n'


def _name(fname: str) -> str:
    """Quote a name that csv, or the comment sign, would read otherwise."""
    if fname.isalnum() or not (set(fname) & set('",#\r\n') or fname != fname.strip()):
        return fname
    return '"' + fname.replace('"', '""') + '"'
