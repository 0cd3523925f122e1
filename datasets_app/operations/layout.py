"""Where everything lies in a folder of backups, and the file that describes one backup.

``objects/ab/abcd…`` holds every file once, under its sha256, for all backups together;
``backups/STAMP/`` holds what is of one moment: the database, the list of files, ``BACKUP.json``.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
"""The value of ``harken_backup``; any change of meaning raises it."""

DESCRIPTION = "BACKUP.json"
FILE_LIST = "files.sqlite3"
MEDIA, JOBS, RELEASES = "media", "jobs", "releases"
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z(-[0-9]+)?")


class BackupError(ValueError):
    """A backup cannot be made, is not sound, or does not fit here."""


@dataclass(frozen=True, slots=True)
class ReleaseKept:
    """A release's record and where its files are in the backup: below ``releases/``."""

    id: int
    folder: str


@dataclass(slots=True)
class Description:
    """What is known of a backup. ``counts`` are the rows of each table at its moment."""

    harken_version: str = ""
    made_at: str = ""
    vendor: str = ""
    server_version: int = 0
    database_file: str = ""
    database_sha256: str = ""
    file_list_sha256: str = ""
    migrations: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    releases: list[ReleaseKept] = field(default_factory=list)
    n_files: int = 0
    n_bytes: int = 0
    problems: list[str] = field(default_factory=list)


def object_path(folder: Path, sha256: str) -> Path:
    """Return where a file's content is kept."""
    return folder / "objects" / sha256[:2] / sha256


def backups_in(folder: Path) -> list[Path]:
    """Return the complete backups, the oldest first."""
    place = folder / "backups"
    if not place.is_dir():
        return []
    return sorted(entry for entry in place.iterdir() if _STAMP.fullmatch(entry.name))


def latest_backup(folder: Path, name: str | None = None) -> Path:
    """Return the backup of that name, or the latest.

    Raises
    ------
    BackupError
        There is none.
    """
    found = [place for place in backups_in(folder) if name in (None, place.name)]
    if not found:
        names = ", ".join(place.name for place in backups_in(folder))
        raise BackupError(
            f"{folder} holds no backup{f' {name}; there are {names}' if names else ''}; "
            "name the folder that `backup` wrote to."
        )
    return found[-1]


def write_description(place: Path, description: Description) -> None:
    """Write BACKUP.json."""
    document = {"harken_backup": FORMAT, **asdict(description)}
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    (place / DESCRIPTION).write_text(text + "\n", encoding="utf-8")


def read_description(place: Path) -> Description:
    """Read BACKUP.json.

    Raises
    ------
    BackupError
        It cannot be read, or is of another format.
    """
    try:
        document: dict[str, Any] = json.loads((place / DESCRIPTION).read_text(encoding="utf-8"))
        written_in = document.pop("harken_backup")
        if written_in != FORMAT:
            raise BackupError(
                f"{place} is a backup of format {written_in!r}; this Harken reads {FORMAT}."
            )
        document["releases"] = [ReleaseKept(**release) for release in document["releases"]]
        return Description(**document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, BackupError):
            raise
        raise BackupError(f"{place / DESCRIPTION} cannot be read: {error}.") from error
