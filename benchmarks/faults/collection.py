"""A small collection of real sound files, with people's answers, ready for a release."""

import csv
import json
from pathlib import Path

import numpy as np
import soundfile

WORDS = ("bark", "rain", "bell")
N_UPLOADERS = 10
RATE_HZ = 22_050
_TONES_HZ = {"bark": 300.0, "rain": 0.0, "bell": 1500.0}


def write_ontology(path: Path) -> None:
    """Write an ontology of three classes."""
    classes = [{"id": f"/m/{w}", "name": w.capitalize(), "keywords": [w]} for w in WORDS]
    path.write_text(json.dumps(classes), encoding="utf-8")


def write_recordings(folder: Path, n: int, *, seed: int) -> None:
    """Write ``n`` recordings of a second, of the three classes in turn, and their clips.csv."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    rows = [["clip_id", "file", "uploader", "license", "title", "tags"]]
    for number in range(n):
        word = WORDS[number % len(WORDS)]
        t = np.arange(RATE_HZ) / RATE_HZ
        tone = np.sin(2 * np.pi * _TONES_HZ[word] * rng.uniform(0.9, 1.1) * t)
        samples = 0.3 * tone + rng.normal(0, 0.1, RATE_HZ)
        name = f"{word}-{seed}-{number}"
        soundfile.write(folder / f"{name}.wav", samples.astype(np.float32), RATE_HZ)
        uploader = f"uploader-{number // len(WORDS) % N_UPLOADERS}"
        rows.append([name, f"{name}.wav", uploader, "CC0-1.0", f"{word} {number}", word])
    with (folder / "clips.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)


def write_votes(path: Path, recordings: Path) -> None:
    """Write two people's agreement about every recording of a folder."""
    with (recordings / "clips.csv").open(encoding="utf-8", newline="") as handle:
        clips = [(row["clip_id"], row["tags"]) for row in csv.DictReader(handle)]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["annotator", "clip_id", "mid", "answer"])
        writer.writerows(
            [who, clip, f"/m/{word}", "PP"]
            for who in ("crowd-1", "crowd-2")
            for clip, word in clips
        )
