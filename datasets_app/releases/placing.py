"""Puts the recordings of a release in their place, and goes on where a build was interrupted.

Recordings as published are hard links where the file system allows. Normalised ones are finished in
a folder beside the release and only then linked into it: a build that is interrupted leaves that
folder, and the next one into the same place takes from it what is whole.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from datasets_app.clips.media import original_path
from datasets_app.releases.clip_stream import ClipRecord
from datasets_app.releases.layout import SIDES, audio_file, side_of
from datasets_app.releases.recordings import AudioForm, Recording, digest_file, keep_normalised


@dataclass(frozen=True, slots=True)
class Placed:
    """A recording in the release: its path there and what it is."""

    file: str
    recording: Recording
    is_normalised: bool


def kept_folder(out: Path) -> Path:
    """Return where the finished recordings of a build into ``out`` wait."""
    return out.with_name(f".{out.name}.recordings")


def forget_recordings(out: Path) -> None:
    """Take away what an interrupted build into ``out`` would have gone on with."""
    shutil.rmtree(kept_folder(out), ignore_errors=True)


@contextmanager
def recording_placer(
    folder: Path, out: Path, form: AudioForm, *, n_processes: int = 1
) -> Iterator["RecordingPlacer"]:
    """Yield a placer for the release being built in ``folder``, to appear at ``out``.

    With more than one process, normalising runs in a pool of them.
    """
    if not form.is_normalised or n_processes == 1:
        yield RecordingPlacer(folder, kept_folder(out), form, None)
        return
    # Spawned, not forked: a child must not share the site's database connections.
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        try:
            yield RecordingPlacer(folder, kept_folder(out), form, pool)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


class RecordingPlacer:
    """Places a chunk of recordings at a time."""

    def __init__(self, folder: Path, kept: Path, form: AudioForm, pool: Executor | None) -> None:
        """Make the folders of the recordings, if the release has any."""
        self._folder, self._kept, self._form, self._pool = folder, kept, form, pool
        if not form.is_absent:
            for side in SIDES:
                (folder / f"{side}_audio").mkdir()

    def place(self, records: Sequence[ClipRecord]) -> list[Placed | None]:
        """Put the recordings of some clips into the release.

        Raises
        ------
        ValueError
            The media folder has lost a recording or has another than was taken in; one cannot be
            decoded; a process of the pool died.
        """
        if self._form.is_absent:
            return [None] * len(records)
        for record in records:
            _check_is_there(record)
        if self._form.is_normalised:
            return [*map(self._place_normalised, records, self._normalise(records))]
        return [*map(self._place_published, records)]

    def _place_published(self, record: ClipRecord) -> Placed:
        clip = record.clip
        file = self._put(record, original_path(clip.sha256, clip.suffix), clip.suffix)
        digests = digest_file(self._folder / file)
        if digests[0] != clip.sha256:
            raise ValueError(
                f"Clip {clip.external_id}: {file} is not the recording that was taken in (its "
                "sha256); restore the media folder, then build the release."
            )
        known = (clip.suffix, clip.duration_s, clip.sample_rate_hz, clip.n_channels)
        return Placed(file, Recording(*digests, *known), is_normalised=False)

    def _normalise(self, records: Sequence[ClipRecord]) -> list[tuple[Path, Recording] | str]:
        asked = [(_original(r), self._kept / r.clip.sha256, self._form) for r in records]
        if self._pool is None:
            return [keep_normalised(*arguments) for arguments in asked]
        try:
            futures = [self._pool.submit(keep_normalised, *arguments) for arguments in asked]
            return [future.result() for future in futures]
        except BrokenProcessPool as error:
            raise ValueError(
                "A process that normalises recordings was killed, perhaps for want of memory; "
                "build the release again: what was finished is kept."
            ) from error

    def _place_normalised(self, record: ClipRecord, made: tuple[Path, Recording] | str) -> Placed:
        if isinstance(made, str):
            raise ValueError(
                f"The recording of clip {record.clip.external_id} {made}; withdraw the clip or "
                "build the release with the audio as published."
            )
        path, recording = made
        return Placed(self._put(record, path, recording.suffix), recording, is_normalised=True)

    def _put(self, record: ClipRecord, source: Path, suffix: str) -> str:
        """Link or copy a file to its place; return the place.

        A link shares its bytes with the media folder, so it is made read-only: what someone writes
        into a release must not reach the original.
        """
        file = audio_file(side_of(record.part), record.clip.external_id, suffix)
        target = self._folder / file
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        with suppress(OSError):
            target.chmod(0o444)
        return file


def _original(record: ClipRecord) -> Path:
    return original_path(record.clip.sha256, record.clip.suffix)


def _check_is_there(record: ClipRecord) -> None:
    if not _original(record).is_file():
        raise ValueError(
            f"The recording of clip {record.clip.external_id} is missing from the media folder; "
            "ingest the clip's folder again or restore the media folder, then build the release."
        )
