"""The formats of a release, written in one pass over its clips and checked in the same way."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_app.releases.formats.audiofolder import Audiofolder
from datasets_app.releases.formats.audioset import AudiosetLists
from datasets_app.releases.formats.croissant import CroissantDescription
from datasets_app.releases.formats.dcase import DcaseTables
from datasets_app.releases.formats.frame import ReleaseCounts, ReleaseFrame, read_frame
from datasets_app.releases.formats.parquet import ParquetAudio, ParquetTables
from datasets_app.releases.formats.soundata_index import SoundataIndex
from datasets_app.releases.formats.targets import Target, WritingTarget
from datasets_app.releases.published import PublishedClip, published_clips

CLIPS_AT_ONCE = 1000
WRITERS: Mapping[str, Callable[[ReleaseFrame, Target], Any]] = {
    "audiofolder": Audiofolder,
    "audioset": AudiosetLists,
    "croissant": CroissantDescription,
    "dcase": DcaseTables,
    "parquet": ParquetTables,
    "soundata": SoundataIndex,
}


class FormatPass:
    """All formats of a release while its clips pass by.

    A format may have ``add`` (some clips), ``close`` (no clip follows) and ``finish`` (the counts,
    and every other file is whole).
    """

    def __init__(self, frame: ReleaseFrame, target: Target) -> None:
        """Open the formats that the release's options name."""
        self._formats = [WRITERS[name](frame, target) for name in sorted(frame.options.formats)]
        if frame.options.has_audio_in_parquet:
            self._formats.append(ParquetAudio(frame, target))
        self.counts = ReleaseCounts()

    def add(self, clips: Sequence[PublishedClip]) -> None:
        """Give some clips to every format."""
        self.counts.add(clips)
        for one in self._having("add"):
            one.add(clips)

    def finish(self) -> None:
        """End every format."""
        for one in self._having("close"):
            one.close()
        for one in self._having("finish"):
            one.finish(self.counts)

    def _having(self, method: str) -> list[Any]:
        return [one for one in self._formats if hasattr(one, method)]


def write_formats(folder: Path) -> None:
    """Write the formats that a release's settings name, from its first files alone.

    Raises
    ------
    ReleaseFileError
        The first files are not sound.
    """
    frame = read_frame(folder)
    if not frame.options.formats:
        return
    with WritingTarget(folder) as target:
        formats = FormatPass(frame, target)
        for clips in in_chunks(published_clips(folder, frame.vocabulary)):
            formats.add(clips)
        formats.finish()


def in_chunks(clips: Iterable[PublishedClip]) -> Iterable[list[PublishedClip]]:
    """Yield lists of ``CLIPS_AT_ONCE`` clips and what is left."""
    chunk: list[PublishedClip] = []
    for clip in clips:
        chunk.append(clip)
        if len(chunk) == CLIPS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
