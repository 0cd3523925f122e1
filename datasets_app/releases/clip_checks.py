"""What is checked of every clip of a release while its files pass by."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from datasets_app.domain.labels.label_states import LabelOrigin, TrainingState
from datasets_app.releases.formats.audiofolder import attribution
from datasets_app.releases.layout import (
    ATTRIBUTION,
    ATTRIBUTION_COLUMNS,
    DUPLICATE_COLUMNS,
    DUPLICATE_GROUPS,
    LABELS,
    SIDES,
    UPLOADER_COLUMNS,
    UPLOADER_SIDES,
    clips_info_file,
    truth_file,
)
from datasets_app.releases.manifest import Manifest
from datasets_app.releases.published import PublishedClip
from datasets_app.releases.reading import ReleaseFileError, read_rows

OnProblem = Callable[[str, str], None]


class ClipChecks:
    """Checks clip after clip; ``finish`` checks what only all of them together tell.

    Memory: the uploaders, the near-duplicates and the names of the recordings.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        implied: Mapping[str, set[str]],
        *,
        md5s: Mapping[str, str],
        has_audio: bool,
        on_problem: OnProblem,
    ) -> None:
        """Check the clips of ``folder``; ``md5s`` are those found of the recordings, by path."""
        self._folder, self._manifest, self._implied = folder, manifest, implied
        self._md5s, self._has_audio, self._say = md5s, has_audio, on_problem
        self._unowned = {name for name in manifest.files if _is_recording(name)}
        self._uploaders: dict[str, set[str]] = {side: set() for side in SIDES}
        self._duplicates: set[tuple[str, str, str]] = set()
        self._credits = _Credits(folder, manifest, on_problem)
        self.n_clips = self.n_labels = 0

    @property
    def n_uploaders(self) -> int:
        """Return how many uploaders there are."""
        return len(self._uploaders["dev"] | self._uploaders["eval"])

    def add(self, clip: PublishedClip) -> None:
        """Check one clip."""
        self.n_clips += 1
        self.n_labels += len(clip.mids)
        self._check_labels(clip)
        self._check_closed(clip)
        if not clip.info:
            return
        if self._has_audio:
            self._check_recording(clip)
        elif clip.info.get("file") is not None:
            self._say("recordings", f"Clip {clip.fname} names a recording; the release has none.")
        self._uploaders[clip.side].add(str(clip.info.get("uploader")))
        if (group := clip.info.get("duplicate_group")) is not None:
            self._duplicates.add((str(group), clip.fname, clip.side))
        self._credits.compare(clip)

    def finish(self) -> None:
        """Check what concerns all clips."""
        for name in sorted(self._unowned):
            self._say("recordings", f"{name} belongs to no clip.")
        self._check_uploaders()
        self._check_duplicates()
        self._credits.end()

    def _check_labels(self, clip: PublishedClip) -> None:
        listed = {mid for mid, (s, _) in clip.states.items() if s is TrainingState.POSITIVE}
        for mid in sorted(listed.symmetric_difference(clip.mids)):
            has, lacks = truth_file(clip.side), LABELS
            if mid in listed:
                has, lacks = lacks, has
            self._say(
                "labels", f"Clip {clip.fname}: {mid} is positive in {has} and not in {lacks}."
            )

    def _check_closed(self, clip: PublishedClip) -> None:
        missing = set().union(*(self._implied[mid] for mid in clip.mids)).difference(clip.mids)
        for ancestor in sorted(missing):
            state, origin = clip.states.get(ancestor, (None, None))
            if state is TrainingState.UNDECIDED and origin is not LabelOrigin.PROPAGATED:
                continue
            below = next(mid for mid in clip.mids if ancestor in self._implied[mid])
            self._say(
                "closed",
                f"Clip {clip.fname} has {below} without its ancestor {ancestor}: not closed.",
            )

    def _check_recording(self, clip: PublishedClip) -> None:
        name, info = str(clip.info.get("file")), clip.info
        listed = self._manifest.files.get(name)
        expected = f"{clip.side}_audio/{clip.fname}{PurePosixPath(name).suffix}"
        if name == expected:
            self._unowned.discard(name)
        if listed is None or name != expected:
            what = f"its recording {name!r} is no file of {clip.side}_audio with its name."
        elif listed.sha256 != info.get("sha256"):
            what = f"{name} is not the recording that was taken in (its sha256)."
        elif "md5" in info and info["md5"] != self._md5s.get(name, info["md5"]):
            what = f"{name} has not the md5 of its metadata."
        else:
            return
        self._say("recordings", f"Clip {clip.fname}: {what}")

    def _check_uploaders(self) -> None:
        for uploader in sorted(self._uploaders["dev"] & self._uploaders["eval"]):
            self._say("uploaders", f"Uploader {uploader!r} has clips both in dev and in eval.")
        rows = read_rows(self._folder, UPLOADER_SIDES, UPLOADER_COLUMNS)
        stated = {(row["uploader"], row["side"]) for _, row in rows}
        actual = {(uploader, side) for side in SIDES for uploader in self._uploaders[side]}
        for uploader, side in sorted(stated ^ actual):
            has = UPLOADER_SIDES if (uploader, side) in stated else clips_info_file(side)
            self._say("uploaders", f"Only {has} puts uploader {uploader!r} into {side}.")

    def _check_duplicates(self) -> None:
        actual = self._duplicates
        on_side = {side: {group for group, _, where in actual if where == side} for side in SIDES}
        for group in sorted(on_side["dev"] & on_side["eval"]):
            fnames = ", ".join(sorted(fname for found, fname, _ in actual if found == group))
            self._say("duplicates", f"Near-duplicates are both in dev and in eval: clips {fnames}.")
        is_listed = DUPLICATE_GROUPS in self._manifest.files
        rows = (
            read_rows(self._folder, DUPLICATE_GROUPS, DUPLICATE_COLUMNS) if is_listed else iter(())
        )
        stated = {(row["group"], row["fname"], row["side"]) for _, row in rows}
        for group, fname, side in sorted(stated ^ actual):
            has = DUPLICATE_GROUPS if (group, fname, side) in stated else clips_info_file(side)
            self._say(
                "duplicates",
                f"Only {has} puts clip {fname} with near-duplicates {group!r} into {side}.",
            )


class _Credits:
    """Rows of the attribution table beside the clips they credit; older releases have none."""

    def __init__(self, folder: Path, manifest: Manifest, on_problem: OnProblem) -> None:
        is_listed = ATTRIBUTION in manifest.files
        self._rows = read_rows(folder, ATTRIBUTION, ATTRIBUTION_COLUMNS) if is_listed else None
        self._say = on_problem

    def compare(self, clip: PublishedClip) -> None:
        """Tell if a clip's line is not the one that its metadata give."""
        if self._rows is None:
            return
        where, row = next(self._rows, (ATTRIBUTION, {}))
        if row.get("fname") != clip.fname:
            raise ReleaseFileError(f"{where} should be of clip {clip.fname}.")
        if row["attribution"] != attribution(clip):
            self._say("licenses", f"{where} does not credit clip {clip.fname} as its metadata do.")

    def end(self) -> None:
        """Tell of a line that credits no clip."""
        if self._rows is not None and (left := next(self._rows, None)) is not None:
            self._say("licenses", f"{left[0]} credits a clip that is not there.")


def _is_recording(name: str) -> bool:
    return name.startswith(tuple(f"{side}_audio/" for side in SIDES))
