"""Where a challenge's files lie, and keeping what was sent in."""

import gzip
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from django.conf import settings

from datasets_app.challenges.models import Challenge, Submission


def challenge_folder(challenge: Challenge) -> Path:
    """Return the folder of a challenge's package and of what was sent in."""
    return Path(settings.MEDIA_ROOT) / "challenges" / str(challenge.uuid)


def submission_file(submission: Submission) -> Path:
    """Return where a submission is kept, as it came, compressed."""
    challenge = submission.participation.challenge
    return challenge_folder(challenge) / "submissions" / f"{submission.uuid}.csv.gz"


class KeptFile:
    """Reads lines from a file, hashes them and writes them compressed beside their final place."""

    def __init__(self, handle: BinaryIO, partial: Path) -> None:
        """Read from ``handle``, write to ``partial``."""
        self._handle, self._partial = handle, partial
        self._digest = hashlib.sha256()
        self.n_bytes = 0
        self.writer = gzip.GzipFile(partial, "wb", compresslevel=1)

    @property
    def sha256(self) -> str:
        """The hash of what was read so far."""
        return self._digest.hexdigest()

    def readline(self, size: int = -1) -> bytes:
        """Read a line of at most ``size`` bytes and keep it."""
        line = self._handle.readline(size)
        self._digest.update(line)
        self.n_bytes += len(line)
        self.writer.write(line)
        return line

    def keep(self, uuid: UUID) -> None:
        """Give the file its name."""
        self.writer.close()
        os.replace(self._partial, self._partial.with_name(f"{uuid}.csv.gz"))


@contextmanager
def kept_file(challenge: Challenge, handle: BinaryIO) -> Iterator[KeptFile]:
    """Yield a file that is kept only if the block says so."""
    folder = challenge_folder(challenge) / "submissions"
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{uuid4()}.part"
    kept = KeptFile(handle, partial)
    try:
        yield kept
    finally:
        kept.writer.close()
        partial.unlink(missing_ok=True)
