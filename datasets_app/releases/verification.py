"""Checks a release folder from itself alone: no database, no network, no trust."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets_app.domain.labels.label_states import LabelOrigin, TrainingState
from datasets_app.releases.layout import (
    DUPLICATE_COLUMNS,
    DUPLICATE_GROUPS,
    LABELS,
    LICENSE_COLUMNS,
    LICENSES,
    MANIFEST,
    SETTINGS,
    SIDES,
    UPLOADER_COLUMNS,
    UPLOADER_SIDES,
    clips_info_file,
    side_of,
    truth_file,
)
from datasets_app.releases.manifest import (
    NO_PLAIN_FILE,
    Manifest,
    ManifestError,
    check_files,
    read_manifest,
)
from datasets_app.releases.reading import (
    GroundTruth,
    ReleaseFileError,
    read_clips_info,
    read_implied,
    read_json,
    read_rows,
    read_truth,
)

SHOWN_OF_A_KIND = 20
Infos = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(slots=True)
class Verification:
    """What was checked, and what was found wrong."""

    name: str = ""
    n_files: int = 0
    n_bytes: int = 0
    n_clips: int = 0
    n_classes: int = 0
    n_labels: int = 0
    n_uploaders: int = 0
    problems: list[str] = field(default_factory=list)


def verify_release(folder: Path) -> list[str]:
    """Return what is wrong with a release, one sentence each; an empty list when it is sound.

    See ``check_release``.
    """
    return check_release(folder).problems


def check_release(
    folder: Path, *, on_file: Callable[[int, int], None] = lambda done, total: None
) -> Verification:
    """Check a release folder.

    - The manifest lists every file, nothing else is there, every size and sha256 is right; no entry
      leads out of the folder and nothing in it is a link.
    - No uploader is both in dev and in eval, and ``metadata/splits.csv`` says so.
    - No group of near-duplicates is in both either, and ``metadata/duplicate_groups.csv`` says so;
      releases from before that file have none.
    - Every propagating ancestor (within the vocabulary) of a positive label is positive, or is
      undecided because people refused it (see ``label_table.settle_labels``).
    - dev.csv, eval.csv, labels.csv, the clips' metadata and the licences agree with each other.
    - Every clip has its recording, with the sha256 that its metadata gives; no recording is
      without a clip.
    """
    found = Verification()
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        found.problems.append(str(error))
        return found
    found.name = f"{manifest.collection} {manifest.version}"
    found.n_files = len(manifest.files) + 1
    found.n_bytes = sum(listed.n_bytes for listed in manifest.files.values())
    found.problems += check_files(folder, manifest, on_file=on_file)
    if not any(problem.endswith(NO_PLAIN_FILE) for problem in found.problems):
        _check_contents(folder, manifest, found)
    found.problems = [printable(problem) for problem in found.problems]
    return found


def _check_contents(folder: Path, manifest: Manifest, found: Verification) -> None:
    try:
        truth = read_truth(folder)
        infos = {side: read_clips_info(folder, side) for side in SIDES}
        found.n_clips, found.n_classes = len(truth.part_of), len(truth.vocabulary)
        found.n_labels = sum(len(mids) for mids in truth.positives.values())
        for problems in (
            _disagreements(truth),
            _open_upwards(truth, read_implied(folder, truth.vocabulary)),
            _wrong_infos(truth, infos),
            _wrong_recordings(infos, manifest),
            _uploaders_on_both_sides(folder, infos, found),
            _duplicates_on_both_sides(folder, infos, manifest),
            _wrong_licenses(folder, infos),
            _wrong_settings(folder, manifest),
        ):
            found.problems += _first(problems)
    except ReleaseFileError as error:
        found.problems.append(str(error))


def _first(problems: Iterator[str]) -> list[str]:
    """Keep the first few of a kind and say how many more there are."""
    kept: list[str] = []
    n_more = 0
    for problem in problems:
        if len(kept) < SHOWN_OF_A_KIND:
            kept.append(problem)
        else:
            n_more += 1
    return [*kept, f"… and {n_more} more of this kind."] if n_more else kept


def _disagreements(truth: GroundTruth) -> Iterator[str]:
    for fname, part in truth.part_of.items():
        listed = {mid for mid, (s, _) in truth.states[fname].items() if s is TrainingState.POSITIVE}
        stated = set(truth.positives[fname])
        for mid in sorted(stated ^ listed):
            has, lacks = truth_file(side_of(part)), LABELS
            if mid in listed:
                has, lacks = lacks, has
            yield f"Clip {fname}: {mid} is positive in {has} and not in {lacks}."


def _open_upwards(truth: GroundTruth, implied: Mapping[str, set[str]]) -> Iterator[str]:
    for fname, mids in truth.positives.items():
        positive = set(mids)
        states = truth.states[fname]
        for ancestor in sorted(set().union(*(implied[mid] for mid in mids)) - positive):
            state, origin = states.get(ancestor, (None, None))
            if state is TrainingState.UNDECIDED and origin is not LabelOrigin.PROPAGATED:
                continue
            below = next(mid for mid in mids if ancestor in implied[mid])
            yield f"Clip {fname} has {below} without its ancestor {ancestor}: not closed."


def _wrong_infos(truth: GroundTruth, infos: Infos) -> Iterator[str]:
    for side in SIDES:
        in_truth = {fname for fname, part in truth.part_of.items() if side_of(part) == side}
        for fname in sorted(in_truth - infos[side].keys()):
            yield f"{clips_info_file(side)} lacks clip {fname} of {truth_file(side)}."
        for fname in sorted(infos[side].keys() - in_truth):
            yield f"{clips_info_file(side)} has clip {fname}, which {truth_file(side)} lacks."


def _wrong_recordings(infos: Infos, manifest: Manifest) -> Iterator[str]:
    owned: dict[str, str] = {}
    for side in SIDES:
        for fname, info in infos[side].items():
            name = str(info.get("file"))
            listed = manifest.files.get(name)
            if listed is None or not name.startswith(f"{side}_audio/"):
                yield f"Clip {fname}: its recording {name!r} is no file of {side}_audio."
            elif listed.sha256 != info.get("sha256"):
                yield f"Clip {fname}: {name} is not the recording that was taken in (its sha256)."
            elif name in owned:
                yield f"Clips {owned[name]} and {fname} share the recording {name}."
            owned[name] = fname
    for name in manifest.files:
        if name.startswith(tuple(f"{side}_audio/" for side in SIDES)) and name not in owned:
            yield f"{name} belongs to no clip."


def _uploaders_on_both_sides(folder: Path, infos: Infos, found: Verification) -> Iterator[str]:
    on_side = {side: {str(i.get("uploader")) for i in infos[side].values()} for side in SIDES}
    found.n_uploaders = len(on_side["dev"] | on_side["eval"])
    for uploader in sorted(on_side["dev"] & on_side["eval"]):
        yield f"Uploader {uploader!r} has clips both in dev and in eval."
    rows = [row for _, row in read_rows(folder, UPLOADER_SIDES, UPLOADER_COLUMNS)]
    stated = {(row["uploader"], row["side"]) for row in rows}
    actual = {(uploader, side) for side in SIDES for uploader in on_side[side]}
    for uploader, side in sorted(stated ^ actual):
        has = UPLOADER_SIDES if (uploader, side) in stated else clips_info_file(side)
        yield f"Only {has} puts uploader {uploader!r} into {side}."


def _duplicates_on_both_sides(folder: Path, infos: Infos, manifest: Manifest) -> Iterator[str]:
    actual = {
        (str(group), fname, side)
        for side in SIDES
        for fname, info in infos[side].items()
        if (group := info.get("duplicate_group")) is not None
    }
    on_side = {side: {group for group, _, where in actual if where == side} for side in SIDES}
    for group in sorted(on_side["dev"] & on_side["eval"]):
        fnames = ", ".join(sorted(fname for found, fname, _ in actual if found == group))
        yield f"Near-duplicates are both in dev and in eval: clips {fnames}."
    is_listed = DUPLICATE_GROUPS in manifest.files
    rows = read_rows(folder, DUPLICATE_GROUPS, DUPLICATE_COLUMNS) if is_listed else ()
    stated = {tuple(row[column] for column in DUPLICATE_COLUMNS) for _, row in rows}
    for group, fname, side in sorted(stated ^ actual):
        has = DUPLICATE_GROUPS if (group, fname, side) in stated else clips_info_file(side)
        yield f"Only {has} puts clip {fname} with near-duplicates {group!r} into {side}."


def _wrong_licenses(folder: Path, infos: Infos) -> Iterator[str]:
    stated = {
        row["fname"]: (row["license"], row["uploader"])
        for _, row in read_rows(folder, LICENSES, LICENSE_COLUMNS)
    }
    actual = {
        fname: (info.get("license"), info.get("uploader"))
        for side in SIDES
        for fname, info in infos[side].items()
    }
    for fname in sorted(stated.keys() | actual.keys()):
        if stated.get(fname) != actual.get(fname):
            yield f"Clip {fname}: {LICENSES} and its metadata differ in licence or uploader."


def _wrong_settings(folder: Path, manifest: Manifest) -> Iterator[str]:
    settings = read_json(folder, SETTINGS)
    of_settings = (
        (settings.get("collection"), settings.get("version"))
        if isinstance(settings, dict)
        else None
    )
    if of_settings != (manifest.collection, manifest.version):
        yield f"{SETTINGS} names another collection or version than {MANIFEST}."


def printable(text: str) -> str:
    r"""Return a text that any terminal takes; a name may hold escapes or bytes that are no UTF-8.

    Examples
    --------
    >>> print(printable("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    shown = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
