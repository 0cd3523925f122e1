"""Checks a release folder from itself alone: no database, no network, no trust."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from datasets_app.releases.clip_checks import ClipChecks
from datasets_app.releases.formats.frame import ReleaseFrame, read_frame
from datasets_app.releases.formats.registry import FormatPass, in_chunks
from datasets_app.releases.formats.targets import ComparingTarget
from datasets_app.releases.layout import MANIFEST, SETTINGS, SIDES
from datasets_app.releases.manifest import (
    NO_PLAIN_FILE,
    Manifest,
    ManifestError,
    check_files,
    read_manifest,
)
from datasets_app.releases.options import sum_formats
from datasets_app.releases.problems import Problems, printable
from datasets_app.releases.published import published_clips
from datasets_app.releases.reading import ReleaseFileError, read_implied
from datasets_app.releases.signing import (
    Signature,
    SignatureError,
    TrustedKey,
    check_signature,
)


@dataclass(slots=True)
class Verification:
    """What was checked, and what was found wrong.

    ``formats`` has the files and bytes of each format; ``signature`` is None for a release that is
    not signed.
    """

    name: str = ""
    n_files: int = 0
    n_bytes: int = 0
    n_clips: int = 0
    n_classes: int = 0
    n_labels: int = 0
    n_uploaders: int = 0
    has_audio: bool = True
    formats: dict[str, dict[str, int]] = field(default_factory=dict)
    signature: Signature | None = None
    problems: list[str] = field(default_factory=list)


def verify_release(folder: Path) -> list[str]:
    """Return what is wrong with a release, one sentence each; an empty list when it is sound.

    See ``check_release``.
    """
    return check_release(folder).problems


def check_release(
    folder: Path,
    *,
    trusted: TrustedKey | None = None,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Check a release folder.

    - The manifest lists every file, nothing else is there, every size and sha256 is right; no entry
      leads out of the folder and nothing in it is a link.
    - No uploader is both in dev and in eval, and ``metadata/splits.csv`` says so.
    - No group of near-duplicates is in both either, and ``metadata/duplicate_groups.csv`` says so;
      releases from before that file have none.
    - Every propagating ancestor (within the vocabulary) of a positive label is positive, or is
      undecided because people refused it (see ``label_table.settle_labels``).
    - dev.csv, eval.csv, labels.csv, the clips' metadata, licences and credits agree with each
      other.
    - Every clip has its recording, with the sha256 and md5 that its metadata give; no recording is
      without a clip. A release without audio has none.
    - Every format is what the labels and metadata give, line for line or row for row.
    - A signature, if there is one, is of this manifest; with ``trusted``, it is by that key.

    Notes
    -----
    One pass over the clips. Memory does not grow with them, but for the manifest's entries of
    their recordings.
    """
    found, problems = Verification(), Problems()
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        found.problems.append(printable(str(error)))
        return found
    found.name = f"{manifest.collection} {manifest.version}"
    found.n_files = len(manifest.files) + 1
    found.n_bytes = sum(listed.n_bytes for listed in manifest.files.values())
    found.formats = sum_formats((name, f.n_bytes) for name, f in manifest.files.items())
    md5s: dict[str, str] = {}
    wrong = check_files(folder, manifest, on_file=on_file, on_md5=_of_recordings(md5s))
    for sentence in wrong:
        problems.add("files", sentence)
    if not any(sentence.endswith(NO_PLAIN_FILE) for sentence in wrong):
        _check_contents(folder, manifest, md5s, found, problems)
    try:
        found.signature = check_signature(folder, trusted)
    except SignatureError as error:
        problems.add("signature", str(error))
    found.problems = problems.sentences()
    return found


def _of_recordings(md5s: dict[str, str]) -> Callable[[str, str], None]:
    places = tuple(f"{side}_audio/" for side in SIDES)

    def keep(name: str, md5: str) -> None:
        if name.startswith(places):
            md5s[name] = md5

    return keep


def _check_contents(
    folder: Path,
    manifest: Manifest,
    md5s: dict[str, str],
    found: Verification,
    problems: Problems,
) -> None:
    try:
        frame = read_frame(folder)
        if (frame.collection, frame.version) != (manifest.collection, manifest.version):
            problems.add(
                "settings", f"{SETTINGS} names another collection or version than {MANIFEST}."
            )
        found.n_classes, found.has_audio = len(frame.vocabulary), frame.has_audio
        checks = ClipChecks(
            folder,
            manifest,
            read_implied(folder, frame.vocabulary),
            md5s=md5s,
            has_audio=frame.has_audio,
            on_problem=problems.add,
        )
        _check_clips(folder, frame, checks, problems)
        found.n_clips, found.n_labels = checks.n_clips, checks.n_labels
        found.n_uploaders = checks.n_uploaders
    except ReleaseFileError as error:
        problems.add("unreadable", str(error))


def _check_clips(folder: Path, frame: ReleaseFrame, checks: ClipChecks, problems: Problems) -> None:
    """Pass over the clips once, for what they say and for what the formats say of them."""
    with ComparingTarget(folder, lambda what: problems.add("formats", what)) as target:
        formats = FormatPass(frame, target)
        for clips in in_chunks(published_clips(folder, frame.vocabulary, problems.add)):
            for clip in clips:
                checks.add(clip)
            formats.add(clips)
        checks.finish()
        formats.finish()
