"""AudioSet's segment lists (Gemmeke et al. 2017) as a metadata-only collection.

A line is ``YTID, start_seconds, end_seconds, positive_labels``; lines that begin with ``#`` are
comments. Blanks after commas and a header line may be there or not.

What becomes what
-----------------
- A segment becomes a clip with the id ``YTID_START``, START in whole milliseconds, and the length
  of the segment.
- Its uploader is the video, "YouTube video YTID": the lists do not name channels, and segments of
  one video must not be divided.
- A label becomes a nomination with its evidence and **no vote**. AudioSet's raters answered
  present, not present or unsure; how many answered what is not published, and present is neither PP
  nor PNP. A vote would be an answer that nobody gave: it would enter agreement and decide labels.
  As nominations the labels wait for people; AudioSet itself estimates many of its classes at less
  than 90 % correct.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from datasets_app.importers.class_names import ClassNames
from datasets_app.importers.records import (
    ImportedClip,
    ImportedNomination,
    ImportSummary,
    import_records,
)
from datasets_app.importers.tables import (
    PROBLEMS_NAMED,
    SourceError,
    count_lines,
    list_problems,
    read_rows,
)
from datasets_app.ontology.models import Ontology
from datasets_app.people.models import User

COLUMNS = ("YTID", "start_seconds", "end_seconds", "positive_labels")
LONGEST_VIDEO_S = 1_000_000.0
"""No segment starts or ends later than this (inclusive)."""
_YTID = re.compile(r"[A-Za-z0-9_-]{11}")
_EVIDENCE = {"source": "AudioSet"}


def import_audioset_segments(
    *,
    source: Path,
    collection: str,
    ontology: Ontology,
    actor: User | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportSummary:
    """Import a segment list; a second time adds nothing, another list adds its segments.

    Raises
    ------
    SourceError
        The file cannot be read, or lines are faulty: these are listed and nothing was written.
    """
    total = count_lines(source)
    return import_records(
        collection=collection,
        ontology=ontology,
        source=f"AudioSet {source.name}"[:200],
        clips=_segments(source, ClassNames(ontology)),
        actor=actor,
        on_progress=lambda done: on_progress(done, max(done, total)),
    )


def _segments(source: Path, names: ClassNames) -> Iterator[ImportedClip]:
    """Yield segments until the first faulty line, and then only look for more of these."""
    problems: list[str] = []
    n_problems = n_segments = 0
    for line, cells in read_rows(source, comment="#", skipinitialspace=True):
        if cells[0].strip() == COLUMNS[0]:
            continue
        try:
            clip = _segment(f"{source} line {line}", cells, names)
        except ValueError as error:
            n_problems += 1
            if n_problems <= PROBLEMS_NAMED:
                problems.append(f"{source} line {line}: {error}")
        else:
            n_segments += 1
            if not n_problems:
                yield clip
    if n_problems:
        raise SourceError(list_problems(problems, n_problems))
    if not n_segments:
        raise SourceError(f"{source} lists no segment; a line is {', '.join(COLUMNS)}.")


def _segment(where: str, cells: Sequence[str], names: ClassNames) -> ImportedClip:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} cells, not {', '.join(COLUMNS)}")
    ytid, start, end, labels = (cell.strip() for cell in cells)
    if not _YTID.fullmatch(ytid):
        raise ValueError(f"YTID {ytid[:40]!r} is not 11 letters, digits, dashes or underscores")
    start_s, end_s = _seconds(start, COLUMNS[1]), _seconds(end, COLUMNS[2])
    if end_s <= start_s:
        raise ValueError(f"the segment ends at {end_s:g} s and starts at {start_s:g} s")
    mids = [mid.strip() for mid in labels.split(",") if mid.strip()]
    class_ids = dict.fromkeys(names.find_mid(mid) for mid in mids)
    return ImportedClip(
        where=where,
        clip_id=f"{ytid}_{round(start_s * 1000)}",
        uploader=f"YouTube video {ytid}",
        source_url=f"https://www.youtube.com/watch?v={ytid}&t={int(start_s)}s",
        duration_s=round(end_s - start_s, 6),
        nominations=[ImportedNomination(pk, _EVIDENCE) for pk in class_ids],
    )


def _seconds(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= LONGEST_VIDEO_S:
        raise ValueError(f"{what} {text[:40]!r} is no number of seconds")
    return value
