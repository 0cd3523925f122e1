"""One step in a process of its own: ``python -m benchmarks.releases.step STEP FOLDER N_CLIPS``."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "annotator.settings.base"
django.setup()

from benchmarks.measuring import Outcome, measured  # noqa: E402

VERSION = "1.0"


def populate(folder: Path, n_clips: int) -> Outcome:
    """Make the tables and fill them."""
    from django.core.management import call_command

    from benchmarks.releases.collection import populate_collection

    call_command("migrate", verbosity=0)
    with measured(n_clips) as outcome:
        outcome.remark = populate_collection(n_clips)
    return outcome


def build(folder: Path, n_clips: int) -> Outcome:
    """Build a release of metadata in every format, its own verification included."""
    from datasets_app.clips.models import Collection
    from datasets_app.releases.options import ReleaseOptions
    from datasets_app.releases.recordings import ABSENT, AudioForm
    from datasets_app.releases.services import build_release

    options = ReleaseOptions(audio=AudioForm(ABSENT))
    with measured(n_clips) as outcome:
        release = build_release(
            collection=Collection.objects.get(),
            version=VERSION,
            out=folder / "release",
            options=options,
        )
    assert sum(release.summary["n_clips"].values()) == n_clips
    outcome.remark = f"{release.summary['n_bytes'] / 1e6:.0f} MB"
    return outcome


def verify(folder: Path, n_clips: int) -> Outcome:
    """Verify it once more, alone."""
    from datasets_app.releases.verification import check_release

    with measured(n_clips) as outcome:
        found = check_release(folder / "release")
    assert not found.problems, found.problems
    outcome.remark = f"{found.n_labels:,} positive labels"
    return outcome


if __name__ == "__main__":
    step, place, number = sys.argv[1:]
    steps = {"populate": populate, "build": build, "verify": verify}
    text = json.dumps(asdict(steps[step](Path(place), int(number))))
    (Path(place) / "outcome.json").write_text(text, encoding="utf-8")
