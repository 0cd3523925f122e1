"""An index as soundata's loaders read: each clip's recording and labels with their md5.

Form: ``{"version", "clips": {id: {"audio": [path, md5]}}, "metadata": {name: [path, md5]}}``, paths
from the release's folder. Source: soundata's contributing guide and its ``core.Dataset``.
"""

import json
from collections.abc import Sequence

from datasets_app.releases.formats.frame import ReleaseFrame
from datasets_app.releases.formats.targets import Target
from datasets_app.releases.layout import CLASS_INFO, LABELS, VOCABULARY, truth_file
from datasets_app.releases.published import PublishedClip
from datasets_app.releases.recordings import digest_file

INDEX = "soundata/index.json"
METADATA = (truth_file("dev"), truth_file("eval"), LABELS, VOCABULARY, CLASS_INFO)


class SoundataIndex:
    """One object, written clip by clip."""

    def __init__(self, frame: ReleaseFrame, target: Target) -> None:
        """Open the index."""
        self._folder = target.folder
        self._sink = target.text(INDEX)
        self._sink.write(f'{{"version": {_dumps(frame.version)},\n"clips": {{')
        self._separator = "\n"

    def add(self, clips: Sequence[PublishedClip]) -> None:
        """Add some clips."""
        entries = []
        for clip in clips:
            audio = [clip.info.get("file"), clip.info.get("md5")]
            entries.append(f'{_dumps(clip.fname)}: {{"audio": {_dumps(audio)}}}')
        if entries:
            self._sink.write(self._separator + ",\n".join(entries))
            self._separator = ",\n"

    def close(self) -> None:
        """Add the tables that all clips share, and end."""
        tables = {name: [name, digest_file(self._folder / name)[1]] for name in METADATA}
        lines = ",\n".join(f"{_dumps(name)}: {_dumps(entry)}" for name, entry in tables.items())
        self._sink.write(f'\n}},\n"metadata": {{\n{lines}\n}}}}\n')


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
