"""MANIFEST.json: every file of a release with its size and sha256. Needs no database."""

import hashlib
import json
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from datasets_app.releases.layout import FORMAT, MANIFEST, SIGNATURE
from datasets_app.releases.recordings import digest_file

_BLOCK_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
NO_PLAIN_FILE = "is a link or no plain file."
OnFile = Callable[[int, int], None]


class ManifestError(ValueError):
    """The manifest cannot be used at all."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """What the manifest says of a file."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read; ``problems`` are entries that could not be accepted."""

    collection: str
    version: str
    files: Mapping[str, ListedFile]
    problems: tuple[str, ...]


def hash_file(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with path.open("rb") as handle:
        digest = hashlib.sha256()
        while block := handle.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def write_manifest(
    folder: Path,
    *,
    collection: str,
    version: str,
    known: Mapping[str, bytes] = MappingProxyType({}),
    on_file: OnFile = lambda done, total: None,
) -> str:
    """Hash every file below ``folder`` and write the manifest; return the manifest's own sha256.

    ``known`` are sha256 found already, by path; these files are not read again.
    """
    found = sorted(regular_files(folder))
    digest = hashlib.sha256()
    with (folder / MANIFEST).open("xb") as handle:
        for piece in _manifest_text(folder, found, known, collection, version, on_file):
            handle.write(piece.encode())
            digest.update(piece.encode())
    return digest.hexdigest()


def _manifest_text(
    folder: Path,
    found: Sequence[str],
    known: Mapping[str, bytes],
    collection: str,
    version: str,
    on_file: OnFile,
) -> Iterator[str]:
    """Yield the manifest as ``text_files.write_json`` would write it, a file at a time."""
    yield f'{{\n "collection": {_dumps(collection)},\n "files": {{'
    separator = "\n"
    for done, name in enumerate(found, start=1):
        path = folder / name
        sha256 = known[name].hex() if name in known else hash_file(path)
        n_bytes = path.stat().st_size
        entry = f'{{\n   "bytes": {n_bytes},\n   "sha256": "{sha256}"\n  }}'
        yield f"{separator}  {_dumps(name)}: {entry}"
        separator = ",\n"
        on_file(done, len(found))
    yield f'\n }},\n "harken_release": {FORMAT},\n "version": {_dumps(version)}\n}}\n'


def _dumps(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest without trust: no entry may name a place outside the release.

    Raises
    ------
    ManifestError
        There is none, or it is not a manifest of this format.
    """
    path = folder / MANIFEST
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ManifestError(f"{MANIFEST} is a link or no plain file; a release has its own.")
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ManifestError(f"{MANIFEST} is missing; name the folder of a release.") from error
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, ManifestError):
            raise
        raise ManifestError(f"{MANIFEST} cannot be read as JSON: {error}.") from error
    if not isinstance(document, dict) or document.get("harken_release") != FORMAT:
        raise ManifestError(f"{MANIFEST} is not of release format {FORMAT}.")
    if not isinstance(document.get("files"), dict):
        raise ManifestError(f"{MANIFEST} has no object 'files'.")
    files, problems = _read_entries(document["files"])
    names = (str(document.get("collection", "")), str(document.get("version", "")))
    return Manifest(*names, files, tuple(problems))


def _read_entries(entries: Mapping[str, Any]) -> tuple[dict[str, ListedFile], list[str]]:
    files, problems = {}, []
    for name, entry in entries.items():
        if not is_safe_path(name):
            problems.append(
                f"{MANIFEST} names {name[:80]!r}, which is no plain path below the release."
            )
            continue
        sha256 = entry.get("sha256") if isinstance(entry, dict) else None
        n_bytes = entry.get("bytes") if isinstance(entry, dict) else None
        if type(sha256) is str and _SHA256.fullmatch(sha256) and type(n_bytes) is int:
            files[name] = ListedFile(sha256, n_bytes)
        else:
            problems.append(f"{MANIFEST} gives {name} no valid sha256 and size.")
    return files, problems


def is_safe_path(name: str) -> bool:
    r"""Say whether a path is relative, normal and below the folder it is taken from.

    Examples
    --------
    >>> [is_safe_path(n) for n in ("a/b.csv", "../b", "/etc/passwd", "a//b", "a\\b", "")]
    [True, False, False, False, False, False]
    """
    path = PurePosixPath(name)
    is_normal = str(path) == name and name not in ("", ".") and not path.is_absolute()
    return is_normal and ".." not in path.parts and not re.search(r"[\\\x00-\x1f]", name)


def regular_files(folder: Path) -> Iterator[str]:
    """Yield the paths of the plain files below ``folder``, not the manifest nor its signature."""
    for name, is_plain in _walk(folder):
        if is_plain and name not in (MANIFEST, SIGNATURE):
            yield name


def _walk(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield every entry that is not a folder, and whether it is a plain file; follow no link."""
    waiting = [folder]
    while waiting:
        for entry in sorted(waiting.pop().iterdir()):
            mode = entry.lstat().st_mode
            if stat.S_ISDIR(mode):
                waiting.append(entry)
            else:
                yield entry.relative_to(folder).as_posix(), stat.S_ISREG(mode)


def check_files(
    folder: Path,
    manifest: Manifest,
    *,
    on_file: OnFile = lambda done, total: None,
    on_md5: Callable[[str, str], None] = lambda name, md5: None,
) -> list[str]:
    """Compare the folder with its manifest, both ways, byte for byte; return the problems.

    ``on_md5`` is told the md5 of each file that is as listed.
    """
    present = dict(_walk(folder))
    problems = list(manifest.problems)
    problems += [f"{name} {NO_PLAIN_FILE}" for name, is_plain in present.items() if not is_plain]
    for own in (MANIFEST, SIGNATURE):
        present.pop(own, None)
    problems += [
        f"{name} is missing; {MANIFEST} lists it."
        for name in sorted(manifest.files.keys() - present.keys())
    ]
    problems += [
        f"{name} is not listed in {MANIFEST}."
        for name in sorted(present.keys() - manifest.files.keys())
    ]
    common = sorted(name for name in manifest.files if present.get(name))
    for done, name in enumerate(common, start=1):
        problem = _compare(folder / name, name, manifest.files[name], on_md5)
        problems += [problem] if problem else []
        on_file(done, len(common))
    return problems


def _compare(
    path: Path, name: str, listed: ListedFile, on_md5: Callable[[str, str], None]
) -> str | None:
    n_bytes = path.stat().st_size
    if n_bytes != listed.n_bytes:
        return f"{name} has {n_bytes} bytes, not the {listed.n_bytes} of {MANIFEST}."
    sha256, md5, _ = digest_file(path)
    on_md5(name, md5)
    if sha256 != listed.sha256:
        return f"{name} has changed: its sha256 is not that of {MANIFEST}."
    return None
