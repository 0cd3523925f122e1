"""Rows of csv as text, so that a format can write them into any target."""

import csv
import io
from collections.abc import Iterable, Sequence

from datasets_app.releases.formats.targets import TextSink


def write_rows(sink: TextSink, rows: Iterable[Sequence[object]], *, delimiter: str = ",") -> None:
    r"""Write rows with newline ``\n``, quoted only where needed."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    if found := text.getvalue():
        sink.write(found)
