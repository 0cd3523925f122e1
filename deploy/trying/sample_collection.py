"""A collection of eight short recordings, and a release of it, made by the page's own command."""

from __future__ import annotations

import csv
import math
import shutil
import struct
import subprocess
import wave
from pathlib import Path

from trying.place import Place

N_CLIPS = 8
MID = "/m/01w250"
RATE_HZ = 16_000
FIRST_CLIP = """\
from datasets_app.clips.models import Clip
print(Clip.objects.order_by('pk').first().uuid)
"""


def make_collection(place: Place) -> None:
    """Take recordings in through the curation worker, decide, split and release them."""
    folder = place.var / "trial-recordings"
    _write_recordings(folder)
    shutil.chown(folder, place.run_as, place.run_as)
    released = place.var / "releases/trial-1.0"
    here = ["--collection", "trial"]
    steps = (
        ["load_ontology", str(place.folder / "opt/app/datasets_app/demo/ontology.json")],
        ["ingest_clips", str(folder), *here],
        ["nominate_labels", *here],
        ["import_votes", str(folder / "validation_votes.csv"), *here],
        ["infer_labels", *here],
        ["assign_splits", *here, "--min-dev", "2", "--min-eval", "1"],
        ["build_release", *here, "--version", "1.0", "--out", str(released)],
    )
    lines = ["from django.core.management import call_command as run"]
    lines += [f"run(*{words!r})" for words in steps]
    shown = harken(place, "shell", "--verbosity", "0", "--command", "\n".join([*lines, FIRST_CLIP]))
    (place.folder / "clip.txt").write_text(shown.split()[-1])
    card = next(p for p in sorted(released.iterdir()) if p.is_file() and p.suffix == ".md")
    address = f"/collections/trial/releases/1.0/files/{card.relative_to(released)}"
    (place.folder / "release.txt").write_text(address)


def harken(place: Place, *words: str) -> str:
    """Run the command that the page put into place; return what it says.

    Raises
    ------
    AssertionError
        It ended with another status than 0.
    """
    command = [str(place.folder / "bin/harken"), *words]
    path = f"{place.folder / 'shims'}:/usr/sbin:/usr/bin:/sbin:/bin"
    done = subprocess.run(
        command, env={"PATH": path}, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"harken {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


def _write_recordings(folder: Path) -> None:
    folder.mkdir()
    clips, votes = [], []
    for n in range(N_CLIPS):
        name = f"clip{n}"
        _write_tone(folder / f"{name}.wav", 300.0 + 170.0 * n)
        clips.append([name, f"{name}.wav", f"uploader{n}", "CC0", "whistling"])
        votes += [[person, name, MID, "PP"] for person in ("ada", "bob")]
    header = ["clip_id", "file", "uploader", "license", "tags"]
    _write_table(folder / "clips.csv", header, clips)
    _write_table(folder / "validation_votes.csv", ["annotator", "clip_id", "mid", "answer"], votes)


def _write_table(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header, *rows])


def _write_tone(path: Path, frequency_hz: float) -> None:
    samples = [
        int(12_000 * math.sin(2 * math.pi * frequency_hz * (t + 0.00002 * t * t) / RATE_HZ))
        for t in range(2 * RATE_HZ)
    ]
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
