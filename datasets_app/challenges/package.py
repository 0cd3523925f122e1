"""What participants download: dev with everything, eval as sounds under new names and nothing else.

One zip file, written entry by entry and never held in memory, with the same bytes from the same
release and seed. It is built beside its place, searched for leaks, and only then appears.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.challenges.clean_audio import SUFFIX, spoken_tags, write_clean_copy
from datasets_app.challenges.eval_truth import expected_of, json_entries
from datasets_app.challenges.kept_files import challenge_folder
from datasets_app.challenges.leaks import PackageLeaks, check_package
from datasets_app.challenges.models import Challenge
from datasets_app.challenges.package_texts import (
    class_info,
    dev_entries,
    dev_rows,
    example_lines,
    readme,
    vocabulary_rows,
)
from datasets_app.people.models import User
from datasets_app.releases.layout import clips_info_file
from datasets_app.releases.manifest import is_safe_path
from datasets_app.releases.reading import ReleaseFileError

EVAL_CLIPS = "eval_clips.csv"
EXAMPLE = "example_submission.csv"
CHECKSUMS = "SHA256SUMS"
_DATE = (1980, 1, 1, 0, 0, 0)
_BLOCK_BYTES = 1 << 20
OnProgress = Callable[[int, int], None]


def package_path(challenge: Challenge) -> Path:
    """Return where the participants' package lies once it was written."""
    return challenge_folder(challenge) / "package.zip"


def write_package(
    *,
    challenge: Challenge,
    actor: User | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> Path:
    """Write the participants' package, search it for leaks, and let it appear.

    Harmless to repeat: the same release and seed give the same bytes. An interrupted build leaves
    nothing in sight.

    Raises
    ------
    ReleaseFileError, RecordingUnreadable
        The release's files are missing or cannot be read.
    PackageLeaks
        Something of the eval clips would have been given away; nothing was written.

    Notes
    -----
    Cost: reads every recording once and encodes the eval clips; memory holds the names of the
    clips, and one entry at a time.
    """
    target = package_path(challenge)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid4()}.part")
    try:
        _write(partial, challenge, on_progress)
        check_package(partial, challenge)
        with transaction.atomic():
            found = Challenge.objects.select_for_update().get(pk=challenge.pk)
            found.package_sha256 = _hash(partial)
            found.package_bytes = partial.stat().st_size
            found.save(update_fields=["package_sha256", "package_bytes"])
            after = {"sha256": found.package_sha256, "bytes": found.package_bytes}
            record_event(actor=actor, verb="write_package", record=found, after=after)
            os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    challenge.refresh_from_db()
    return target


def _write(path: Path, challenge: Challenge, on_progress: OnProgress) -> None:
    folder = Path(challenge.release.path)
    expected = expected_of(challenge)
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        package = _Package(archive)
        package.add_text("README.md", readme(challenge, len(expected.names)))
        package.add_text(EVAL_CLIPS, (f"{line}\n" for line in ("fname", *expected.names)))
        package.add_text(EXAMPLE, example_lines(expected))
        package.add_text("ground_truth/vocabulary.csv", vocabulary_rows(challenge))
        package.add_text("metadata/class_info.json", class_info(folder))
        for name, lines in dev_rows(folder):
            package.add_text(name, lines)
        for name, lines in dev_entries(folder):
            package.add_text(name, lines)
        _add_recordings(package, folder, challenge, on_progress)
        package.add_text(CHECKSUMS, package.sums)


def _add_recordings(
    package: "_Package", folder: Path, challenge: Challenge, on_progress: OnProgress
) -> None:
    secret = dict(challenge.clips.order_by("position").values_list("fname", "name"))
    files = {
        fname: _recording(folder, entry)
        for fname, entry in json_entries(folder, clips_info_file("eval"))
        if fname in secret
    }
    if lost := secret.keys() - files.keys():
        raise ReleaseFileError(f"{clips_info_file('eval')} lacks the clip {sorted(lost)[0]}.")
    done = 0
    for fname, name in secret.items():
        with tempfile.TemporaryDirectory() as scratch:
            clean = Path(scratch) / f"{name}{SUFFIX}"
            write_clean_copy(files[fname], clean, name=fname)
            if tags := spoken_tags(clean):
                raise PackageLeaks(f"The recording of {fname} keeps tags: {sorted(tags)}.")
            package.add_file(f"eval_audio/{clean.name}", clean)
        done += 1
        on_progress(done, len(secret))
    for fname, entry in json_entries(folder, clips_info_file("dev")):
        source = _recording(folder, entry)
        package.add_file(f"dev_audio/{fname}{source.suffix}", source)
        done += 1
        on_progress(done, max(done, len(secret)))


def _recording(folder: Path, entry: dict[str, Any]) -> Path:
    name = str(entry.get("file"))
    path = folder / name
    if not is_safe_path(name) or path.is_symlink() or not path.is_file():
        raise ReleaseFileError(f"The release lacks the recording {name!r}; restore its folder.")
    return path


class _Package:
    """A zip file in the making and the checksums of what is in it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.sums: list[str] = []

    def add_text(self, name: str, lines: Iterable[str]) -> None:
        """Write a text, compressed."""
        self._add(name, (line.encode("utf-8") for line in lines), zipfile.ZIP_DEFLATED)

    def add_file(self, name: str, path: Path) -> None:
        """Write a file as it is."""
        with path.open("rb") as handle:
            blocks = iter(lambda: handle.read(_BLOCK_BYTES), b"")
            self._add(name, blocks, zipfile.ZIP_STORED)

    def _add(self, name: str, blocks: Iterator[bytes], compression: int) -> None:
        info = zipfile.ZipInfo(name, _DATE)
        info.compress_type = compression
        info.external_attr = 0o644 << 16
        digest = hashlib.sha256()
        with self._archive.open(info, "w", force_zip64=True) as entry:
            for block in blocks:
                entry.write(block)
                digest.update(block)
        self.sums.append(f"{digest.hexdigest()}  {name}\n")


def _hash(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
