"""Parquet: one table of clips for each part, typed, and on request the recordings inside.

``parquet/{part}-00000-of-00001.parquet`` has a row a clip; ``parquet-audio/`` the same columns and
``audio`` (bytes and path, as Hugging Face keeps it) in files of ``CLIPS_A_FILE`` clips. Row groups
are of fixed sizes and nothing varies from one writing to the next; the bytes also depend on the
version of pyarrow, which names itself in them, so checking compares what is read.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.releases.formats.audiofolder import attribution
from datasets_app.releases.formats.frame import PARTS, ReleaseFrame
from datasets_app.releases.formats.targets import Target
from datasets_app.releases.published import PublishedClip
from datasets_app.releases.reading import ReleaseFileError

_TEXT, _TEXTS = pa.string(), pa.list_(pa.string())
SCHEMA = pa.schema(
    [
        ("fname", _TEXT),
        ("part", _TEXT),
        ("file", _TEXT),
        ("sha256", _TEXT),
        ("labels", _TEXTS),
        ("mids", _TEXTS),
        ("origins", _TEXTS),
        ("negative_mids", _TEXTS),
        ("undecided_mids", _TEXTS),
        ("title", _TEXT),
        ("description", _TEXT),
        ("tags", _TEXTS),
        ("uploader", _TEXT),
        ("license", _TEXT),
        ("attribution", _TEXT),
        ("source_url", _TEXT),
        ("duration_s", pa.float64()),
        ("sample_rate_hz", pa.int64()),
        ("n_channels", pa.int64()),
        ("loudness_lufs", pa.float64()),
        ("n_certified", pa.int64()),
    ]
)
_AUDIO = pa.struct([("bytes", pa.binary()), ("path", _TEXT)])
_HUB = {"info": {"features": {"audio": {"_type": "Audio"}}}}
ROWS_A_GROUP = 1000
CLIPS_A_FILE = 1000
_AUDIO_ROWS, _AUDIO_BYTES = 100, 32 << 20
"""A row group with recordings ends after so many rows or, before that, after so many bytes."""
_WRITING: dict[str, Any] = {"compression": "zstd", "version": "2.6", "store_schema": True}


def clips_file(part: str) -> str:
    """Return the table of a part."""
    return f"parquet/{part}-00000-of-00001.parquet"


class ParquetTables:
    """The table of clips of each part."""

    def __init__(self, frame: ReleaseFrame, target: Target) -> None:
        """Open the tables."""
        make = _Compared if target.is_checking else _Written
        self._tables = {part: make(target, clips_file(part)) for part in PARTS}
        self._rows: dict[str, list[dict[str, Any]]] = {part: [] for part in PARTS}

    def add(self, clips: Sequence[PublishedClip]) -> None:
        """Add some clips; whole row groups are written."""
        for clip in clips:
            rows = self._rows[clip.part]
            rows.append(row_of(clip))
            if len(rows) == ROWS_A_GROUP:
                self._tables[clip.part].add(rows)
                rows.clear()

    def close(self) -> None:
        """Write what is left."""
        for part, table in self._tables.items():
            if self._rows[part]:
                table.add(self._rows[part])
            table.close()


def row_of(clip: PublishedClip) -> dict[str, Any]:
    """Return a clip as a row of the table."""
    info = clip.info
    row = {name: info.get(name) for name in SCHEMA.names}
    return row | {
        "fname": clip.fname,
        "part": clip.part,
        "labels": clip.labels,
        "mids": clip.mids,
        "origins": [clip.states[mid][1].value for mid in clip.mids if mid in clip.states],
        "negative_mids": clip.in_state(TrainingState.NEGATIVE),
        "undecided_mids": clip.in_state(TrainingState.UNDECIDED),
        "attribution": attribution(clip),
        "n_certified": info.get("n_certified") or 0,
    }


def _table_of(rows: Sequence[dict[str, Any]], name: str) -> pa.Table:
    try:
        return pa.Table.from_pylist(list(rows), schema=SCHEMA)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise ReleaseFileError(
            f"{name} cannot hold what the clips' metadata say: {error}"
        ) from error


class _Written:
    """A table being written."""

    def __init__(self, target: Target, name: str) -> None:
        path = target.folder / name
        path.parent.mkdir(exist_ok=True)
        self._name = name
        self._writer = pq.ParquetWriter(path, SCHEMA, **_WRITING)

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write a row group."""
        self._writer.write_table(_table_of(rows, self._name), row_group_size=ROWS_A_GROUP)

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


class _Compared:
    """A table being compared with what it should hold, until the first difference."""

    def __init__(self, target: Target, name: str) -> None:
        self._name, self._say = name, target.say
        self._file = open_parquet(target.folder / name, name)
        self._n_groups = 0
        self._differs = False
        if not self._file.schema_arrow.equals(SCHEMA):
            self._tell("has other columns than a release's table of clips.")

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Compare a row group."""
        if self._differs:
            return
        if self._n_groups >= self._file.num_row_groups:
            self._tell("has fewer rows than the release has clips.")
            return
        try:
            found = self._file.read_row_group(self._n_groups)
        except (OSError, pa.ArrowException) as error:
            raise ReleaseFileError(f"{self._name} cannot be read as Parquet.") from error
        if not found.equals(_table_of(rows, self._name)):
            first = self._n_groups * ROWS_A_GROUP + 1
            self._tell(
                f"rows {first} to {first + len(rows) - 1} are not what the release's labels and "
                "metadata give."
            )
        self._n_groups += 1

    def close(self) -> None:
        """Compare that nothing follows."""
        if not self._differs and self._n_groups != self._file.num_row_groups:
            self._tell("has more rows than the release has clips.")
        self._file.close()

    def _tell(self, what: str) -> None:
        self._differs = True
        self._say(f"{self._name} {what}")


def open_parquet(path: Path, name: str) -> pq.ParquetFile:
    """Open a Parquet file of a release.

    Raises
    ------
    ReleaseFileError
        It is missing or none.
    """
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise ReleaseFileError(f"{name} cannot be read as Parquet.") from error


class ParquetAudio:
    """Tables with the recordings inside."""

    def __init__(self, frame: ReleaseFrame, target: Target) -> None:
        """Count what each part has; the files are opened one by one."""
        self._target = target
        make = _AudioCompared if target.is_checking else _AudioWritten
        self._parts = {part: make(target, part) for part in PARTS}

    def add(self, clips: Sequence[PublishedClip]) -> None:
        """Add some clips."""
        for clip in clips:
            self._parts[clip.part].add(clip)

    def close(self) -> None:
        """Finish the last files."""
        for part in self._parts.values():
            part.close()


class _AudioWritten:
    """A part's files being written; their number stands in their names once it is known."""

    def __init__(self, target: Target, part: str) -> None:
        self._folder, self._part = target.folder, part
        self._place = target.folder / "parquet-audio"
        self._place.mkdir(exist_ok=True)
        hub = {"huggingface": json.dumps(_HUB, sort_keys=True)}
        self._schema = SCHEMA.append(pa.field("audio", _AUDIO)).with_metadata(hub)
        self._writer: pq.ParquetWriter | None = None
        self._rows: list[dict[str, Any]] = []
        self._n_bytes = self._n_clips = 0

    def add(self, clip: PublishedClip) -> None:
        """Add a clip with its recording."""
        if self._n_clips % CLIPS_A_FILE == 0:
            self._end_file()
            path = self._place / f"{self._part}-{self._n_clips // CLIPS_A_FILE:05d}.parquet"
            self._writer = pq.ParquetWriter(path, self._schema, **_WRITING)
        file = str(clip.info["file"])
        content = (self._folder / file).read_bytes()
        self._rows.append(row_of(clip) | {"audio": {"bytes": content, "path": Path(file).name}})
        self._n_clips += 1
        self._n_bytes += len(content)
        if len(self._rows) == _AUDIO_ROWS or self._n_bytes >= _AUDIO_BYTES:
            self._end_group()

    def close(self) -> None:
        """Finish the last file and name them all."""
        self._end_file()
        n_files = -(-self._n_clips // CLIPS_A_FILE)
        for number in range(n_files):
            path = self._place / f"{self._part}-{number:05d}.parquet"
            path.rename(path.with_stem(f"{path.stem}-of-{n_files:05d}"))

    def _end_group(self) -> None:
        if self._rows and self._writer is not None:
            table = pa.Table.from_pylist(self._rows, schema=self._schema)
            self._writer.write_table(table, row_group_size=_AUDIO_ROWS)
        self._rows, self._n_bytes = [], 0

    def _end_file(self) -> None:
        self._end_group()
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class _AudioCompared:
    """A part's files being read and compared, clip by clip, until the first difference."""

    def __init__(self, target: Target, part: str) -> None:
        self._say = target.say
        self._folder, self._part = target.folder, part
        self._found = self._read()
        self._differs = False

    def add(self, clip: PublishedClip) -> None:
        """Compare a clip and the sha256 of its recording."""
        if self._differs:
            return
        row, sha256 = next(self._found, (None, None))
        wanted = pa.Table.from_pylist([row_of(clip)], schema=SCHEMA).to_pylist()[0]
        if row != wanted or sha256 != clip.info.get("sha256"):
            self._differs = True
            self._say(
                f"parquet-audio/{self._part}: clip {clip.fname} is not there as the release's "
                "labels, metadata and recordings give it."
            )

    def close(self) -> None:
        """Compare that nothing follows."""
        if not self._differs and next(self._found, None) is not None:
            self._say(f"parquet-audio/{self._part} has more rows than the release has clips.")

    def _read(self) -> Iterator[tuple[dict[str, Any], str]]:
        place = self._folder / "parquet-audio"
        for path in sorted(place.glob(f"{self._part}-*-of-*.parquet")):
            name = f"parquet-audio/{path.name}"
            file = open_parquet(path, name)
            for group in range(file.num_row_groups):
                for row in file.read_row_group(group).to_pylist():
                    audio = row.pop("audio", None) or {}
                    yield row, hashlib.sha256(audio.get("bytes") or b"").hexdigest()
            file.close()
