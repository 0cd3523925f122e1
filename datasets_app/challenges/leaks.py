"""Searches a participants' package for anything that gives an eval clip away."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from datasets_app.challenges.clean_audio import SUFFIX
from datasets_app.challenges.eval_truth import json_entries
from datasets_app.challenges.models import Challenge
from datasets_app.challenges.package_texts import CLASS_FIELDS, DEV_ENTRIES, DEV_TABLES
from datasets_app.releases.layout import CLASS_INFO, ONTOLOGY_EDGES, VOCABULARY, clips_info_file

_TEXTS = frozenset(
    [
        "README.md",
        "eval_clips.csv",
        "example_submission.csv",
        "SHA256SUMS",
        VOCABULARY,
        CLASS_INFO,
        ONTOLOGY_EDGES,
        *DEV_TABLES,
        *DEV_ENTRIES,
    ]
)
_TELLING = ("uploader", "sha256", "source_url", "freesound_id")
_NAME = re.compile(r"e\d{5,}")


class PackageLeaks(ValueError):
    """The package would have told something of an eval clip."""


@dataclass(frozen=True, slots=True)
class _Secret:
    """The eval clips' own names, and what only they have, by kind."""

    fnames: frozenset[str]
    names: frozenset[str]
    telling: frozenset[tuple[str, str]]


def check_package(path: Path, challenge: Challenge) -> None:
    """Raise unless the package tells no more of an eval clip than its sound.

    - It has the entries it may have, and no others.
    - What is said of eval clips is their new names alone.
    - No table of dev clips has a row, and no description an entry, of an eval clip, its uploader,
      its checksum or its address.
    - Of a class nothing is told that was counted over eval.

    Raises
    ------
    PackageLeaks
        Something is told; the sentence says where.
    """
    secret = _secret_of(challenge)
    with zipfile.ZipFile(path) as archive:
        entries = set(archive.namelist())
        for name in sorted(entries - _TEXTS):
            _check_is_sound(name, secret)
        for name in ("eval_clips.csv", "example_submission.csv"):
            with archive.open(name) as entry:
                _check_names(name, entry, secret)
        for name in DEV_TABLES:
            with archive.open(name) as entry:
                _check_table(name, entry, secret)
        for name in DEV_ENTRIES:
            with archive.open(name) as entry:
                _check_entries(name, entry, secret)
        _check_classes(json.loads(archive.read(CLASS_INFO)))


def _secret_of(challenge: Challenge) -> _Secret:
    told = dict(challenge.clips.values_list("fname", "name"))
    telling: set[tuple[str, str]] = set()
    for _, entry in json_entries(Path(challenge.release.path), clips_info_file("eval")):
        telling.update((key, str(entry[key])) for key in _TELLING if entry.get(key))
    return _Secret(frozenset(told), frozenset(told.values()), frozenset(telling))


def _check_is_sound(name: str, secret: _Secret) -> None:
    folder, _, file = name.partition("/")
    stem = file.rpartition(".")[0]
    is_eval = folder == "eval_audio" and file.endswith(SUFFIX) and stem in secret.names
    is_dev = folder == "dev_audio" and "/" not in file and stem not in secret.fnames
    if not (is_eval or is_dev):
        raise PackageLeaks(f"The package has {name!r}, which is no part of it.")


def _check_names(name: str, entry: IO[bytes], secret: _Secret) -> None:
    rows = csv.reader(io.TextIOWrapper(entry, "utf-8", newline=""))
    next(rows, None)
    for row in rows:
        if not _NAME.fullmatch(row[0]) or row[0] not in secret.names:
            raise PackageLeaks(f"{name} names {row[0]!r}, which is no anonymous clip.")


def _check_table(name: str, entry: IO[bytes], secret: _Secret) -> None:
    for row in csv.DictReader(io.TextIOWrapper(entry, "utf-8", newline="")):
        if row["fname"] in secret.fnames:
            raise PackageLeaks(f"{name} has a row of the eval clip {row['fname']}.")
        _check_telling(name, row, secret)


def _check_entries(name: str, entry: IO[bytes], secret: _Secret) -> None:
    for fname, told in _entries(io.TextIOWrapper(entry, "utf-8", newline="\n")):
        if fname in secret.fnames:
            raise PackageLeaks(f"{name} has an entry of the eval clip {fname}.")
        _check_telling(name, told, secret)


def _entries(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in lines:
        text = line.strip().rstrip(",")
        if text not in ("{", "}", "{}", ""):
            yield from json.loads("{" + text + "}").items()


def _check_telling(name: str, told: dict[str, Any], secret: _Secret) -> None:
    for key in _TELLING:
        if (key, str(told.get(key))) in secret.telling:
            raise PackageLeaks(f"{name} has the {key} of an eval clip.")


def _check_classes(told: dict[str, dict[str, Any]]) -> None:
    for mid, entry in told.items():
        if extra := entry.keys() - set(CLASS_FIELDS):
            raise PackageLeaks(f"{CLASS_INFO} tells {sorted(extra)} of {mid}.")
