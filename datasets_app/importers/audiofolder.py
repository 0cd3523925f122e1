"""A folder in the Hugging Face *audiofolder* form: recordings with a table of metadata.

The table is ``metadata.csv`` or ``metadata.jsonl``, in the folder itself or in each of its split
folders ``train``, ``validation`` and ``test``; ``file_name`` is a path below the table's folder.
Other columns are optional: ``clip_id``, ``title``, ``description``, ``uploader``, ``license``,
``tags``, ``labels`` (or ``label``), ``freesound_id``, ``source_url``. In csv, ``;`` stands between
several tags or labels; in JSON they are lists. Further columns are left alone.

What becomes what
-----------------
- A row becomes a clip. Its id is ``clip_id``, else the path without its suffix, where each
  character but letters, digits, dots, dashes and underscores becomes an underscore.
- A label (a class's name, as FSD50K writes it or as the ontology does, or its mid) becomes a
  nomination with its evidence and **no vote**: the folder does not say who answered, or how many.
- A split folder becomes the part of a published split: validation is val, test is eval.
- A clip without an uploader gets one of its own, "unknown uploader of CLIP": one common "unknown"
  would be indivisible.

The recordings themselves are taken in by the worker: with ``--audio``, or later by
``ingest_clips``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import normpath, splitext
from typing import Any

from datasets_app.clips.table import AUDIO_SUFFIXES
from datasets_app.importers.class_names import ClassNames
from datasets_app.importers.records import (
    LONGEST,
    UNKNOWN_LICENSE,
    ImportedClip,
    ImportedNomination,
    ImportSummary,
    import_records,
)
from datasets_app.importers.tables import (
    PROBLEMS_NAMED,
    SourceError,
    checked_text,
    count_lines,
    list_problems,
    read_json_lines,
    read_table,
)
from datasets_app.ontology.models import Ontology
from datasets_app.people.models import User

TABLES = ("metadata.csv", "metadata.jsonl")
PART_OF_FOLDER = {"train": "train", "validation": "val", "test": "eval"}
LONGEST_FILE_NAME = 1000
_CLIP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_OTHER_SIGNS = re.compile(r"[^A-Za-z0-9._-]")


def import_audiofolder(
    *,
    source: Path,
    collection: str,
    ontology: Ontology,
    actor: User | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportSummary:
    """Import the metadata of an audiofolder; a second time adds nothing.

    Raises
    ------
    SourceError
        There is no table, or rows are faulty: these are listed by line and nothing was written.
    """
    tables = find_tables(source)
    total = sum(count_lines(table) for table in tables)
    reader = _Reader(source, tables, ClassNames(ontology))
    summary = import_records(
        collection=collection,
        ontology=ontology,
        source=f"audiofolder {source.resolve().name}"[:200],
        clips=reader.clips(),
        actor=actor,
        on_progress=lambda done: on_progress(done, max(done, total)),
    )
    if reader.n_unknown_uploaders:
        summary.warnings.append(
            f"{reader.n_unknown_uploaders:,} clips name no uploader: each stands alone, so a split "
            "cannot promise that no uploader is on both sides."
        )
    return summary


def list_recordings(source: Path) -> Iterator[tuple[str, str]]:
    """Yield clip id and path below ``source`` of every row whose file is there."""
    for table in find_tables(source):
        folder = _folder(table, source)
        for _, row in _read(table):
            file = _file(folder, row)
            if (source / file).is_file():
                yield _clip_id(row, file), file


def find_tables(source: Path) -> list[Path]:
    """Return the table of the folder, else those of its split folders.

    Raises
    ------
    SourceError
        There is none, or one folder has two.
    """
    found = [
        table
        for folder in (source, *(source / name for name in PART_OF_FOLDER))
        if (table := _table_of(folder))
    ]
    if not found:
        raise SourceError(
            f"{source} has neither {' nor '.join(TABLES)}, nor have its folders "
            f"{', '.join(PART_OF_FOLDER)}; one of them lists the recordings."
        )
    if len(found) > 1 and found[0].parent == source:
        raise SourceError(f"Both {found[0]} and {found[1]} are there; keep the one that counts.")
    return found


def _table_of(folder: Path) -> Path | None:
    found = [folder / name for name in TABLES if (folder / name).is_file()]
    if len(found) > 1:
        raise SourceError(f"{folder} has both {' and '.join(TABLES)}; keep the one that counts.")
    return found[0] if found else None


def _read(table: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if table.suffix == ".jsonl":
        return read_json_lines(table)
    return read_table(table, required=("file_name",))


@dataclass(slots=True)
class _Reader:
    """Yields clips until the first faulty row, and then only looks for more of these."""

    source: Path
    tables: list[Path]
    names: ClassNames
    n_unknown_uploaders: int = 0
    n_problems: int = 0
    _problems: list[str] = field(default_factory=list)

    def clips(self) -> Iterator[ImportedClip]:
        for table in self.tables:
            folder, evidence = _folder(table, self.source), {"source": table.name}
            for line, row in _read(table):
                try:
                    clip = self._clip(folder, evidence, f"{table} line {line}", row)
                except ValueError as error:
                    self._note(f"{table} line {line}: {error}")
                else:
                    if not self.n_problems:
                        yield clip
        if self.n_problems:
            raise SourceError(list_problems(self._problems, self.n_problems))

    def _note(self, problem: str) -> None:
        self.n_problems += 1
        if len(self._problems) < PROBLEMS_NAMED:
            self._problems.append(problem)

    def _clip(
        self, folder: str, evidence: Mapping[str, str], where: str, row: Mapping[str, Any]
    ) -> ImportedClip:
        file = _file(folder, row)
        clip_id = _clip_id(row, file)
        texts = {
            name: checked_text(row.get(name), what=name, longest=LONGEST.get(name))
            for name in ("title", "description", "license", "uploader", "source_url")
        }
        if not texts["uploader"]:
            self.n_unknown_uploaders += 1
            texts["uploader"] = f"unknown uploader of {clip_id}"
        texts["license"] = texts["license"] or UNKNOWN_LICENSE
        labels = _several(row.get("labels") or row.get("label"), "labels")
        class_ids = list(dict.fromkeys(self.names.find(label) for label in labels))
        return ImportedClip(
            where=where,
            clip_id=clip_id,
            tags=_several(row.get("tags"), "tags"),
            freesound_id=_freesound_id(row.get("freesound_id")),
            nominations=[ImportedNomination(pk, evidence) for pk in class_ids],
            part=_part(file),
            truth=class_ids,
            **texts,
        )


def _folder(table: Path, source: Path) -> str:
    """Return the folder of a table as the beginning of paths below ``source``."""
    folder = table.parent.relative_to(source).as_posix()
    return "" if folder == "." else f"{folder}/"


def _file(folder: str, row: Mapping[str, Any]) -> str:
    """Return the path of a row's recording below the source; strings, for there are many rows."""
    name = checked_text(row.get("file_name"), what="file_name", longest=LONGEST_FILE_NAME)
    if not name:
        raise ValueError("file_name is empty; it is the path of the recording")
    if name.startswith("/") or ".." in name.split("/") or "\\" in name:
        raise ValueError(f"file_name {name[:80]!r} must be a path below the folder, without '..'")
    if splitext(name)[1].lower() not in AUDIO_SUFFIXES:
        raise ValueError(f"file_name {name[:80]!r} is none of {', '.join(sorted(AUDIO_SUFFIXES))}")
    return folder + normpath(name)


def _clip_id(row: Mapping[str, Any], file: str) -> str:
    given = row.get("clip_id")
    text = str(given) if isinstance(given, int) else checked_text(given, what="clip_id")
    clip_id = text or _OTHER_SIGNS.sub("_", splitext(file)[0])
    if not _CLIP_ID.fullmatch(clip_id):
        raise ValueError(
            f"clip_id {clip_id[:80]!r} is not 1 to 128 letters, digits, dots, dashes or "
            "underscores, the first a letter or digit; add a column clip_id"
        )
    return clip_id


def _part(file: str) -> str:
    top, slash, _ = file.partition("/")
    return PART_OF_FOLDER.get(top, "") if slash else ""


def _several(value: object, what: str) -> list[str]:
    """Return the texts of a list, or those between ``;``."""
    if value is not None and not isinstance(value, str | list):
        raise ValueError(f"{what} is neither a text nor a list of texts")
    items = value.split(";") if isinstance(value, str) else value or []
    texts = [checked_text(item, what=what, longest=200) for item in items]
    return [text for text in texts if text]


def _freesound_id(value: object) -> int | None:
    text = str(value).strip() if value is not None else ""
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"freesound_id {text[:40]!r} is not a whole number")
    return int(text)
