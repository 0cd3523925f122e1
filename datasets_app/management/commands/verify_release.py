"""``verify_release DIR``: check a release folder from itself alone."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.management.stage_command import ProgressBar
from datasets_app.releases.problems import printable
from datasets_app.releases.signing import Signature, SignatureError, read_trusted_key
from datasets_app.releases.verification import check_release


class Command(BaseCommand):
    """Say what was checked; exit status 1 and the list when something is wrong."""

    help = "Check a release: hashes, uploaders on one side, labels closed under propagation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and the key that must have signed it."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--key", type=Path, metavar="PUBLIC", help="an Ed25519 public key")

    def handle(self, *, folder: Path, key: Path | None, **_: Any) -> None:
        """Check and report."""
        try:
            trusted = read_trusted_key(key) if key else None
        except SignatureError as error:
            raise CommandError(str(error)) from error
        bar = ProgressBar("verifying", "file")
        found = check_release(folder, trusted=trusted, on_file=bar.show)
        bar.close()
        if found.problems:
            listed = "\n".join(f"  {problem}" for problem in found.problems)
            raise CommandError(f"{folder} is not a sound release:\n{listed}")
        has = "each with its recording and licence" if found.has_audio else "without recordings"
        self.stdout.write(
            f"{found.name} is sound: {found.n_files} files ({found.n_bytes / 1e6:.1f} MB) with "
            f"their sha256; {found.n_clips} clips, {has}; "
            f"{found.n_uploaders} uploaders, none on both sides; {found.n_labels} labels over "
            f"{found.n_classes} classes, closed under propagation; formats: "
            f"{', '.join(found.formats)}."
        )
        self.stdout.write(_who_signed(found.signature))


def _who_signed(signature: Signature | None) -> str:
    if signature is None:
        return "It is not signed: nothing here says who made it."
    if signature.trusted:
        return f"Signed by {printable(signature.trusted)} ({signature.fingerprint})."
    return (
        f"Signed by the key {signature.fingerprint}, which was compared with none; --key PUBLIC "
        "tells whether it is the signer's you know."
    )
