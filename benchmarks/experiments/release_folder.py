"""Writes the release folder of an experiment, as ``ml_worker.release`` describes it."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ml_worker.release import Split


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples of a clip made for an experiment, mono."""

    samples: NDArray[np.float32]
    rate_hz: int


@dataclass(frozen=True, slots=True)
class ClipToRelease:
    """A clip with its part, its labels, and its recording: a file to copy or samples to write."""

    fname: str
    split: Split
    mids: tuple[str, ...]
    recording: Path | Sound


def write_release(
    folder: Path, classes: Sequence[tuple[str, str]], clips: Iterable[ClipToRelease]
) -> Path:
    """Write a release unless the folder is there already: it appears whole or not at all.

    ``classes`` are (name, mid). Labels without a rating are positives of the csv files alone, so
    every other (clip, class) is an implicit negative.
    """
    if folder.exists():
        return folder
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in ("ground_truth", "metadata", "dev_audio", "eval_audio"):
        (unfinished / name).mkdir(parents=True)
    name_of_mid = {mid: name for name, mid in classes}
    rows: dict[str, list[list[str]]] = {"dev": [], "eval": []}
    infos: dict[str, dict[str, dict[str, str]]] = {"dev": {}, "eval": {}}
    for clip in clips:
        part = "eval" if clip.split is Split.EVAL else "dev"
        file = _write_audio(unfinished, part, clip)
        sha256 = hashlib.sha256((unfinished / file).read_bytes()).hexdigest()
        infos[part][clip.fname] = {"file": file, "sha256": sha256}
        names = ",".join(name_of_mid[mid] for mid in clip.mids)
        row = [clip.fname, names, ",".join(clip.mids)]
        rows[part].append(row if part == "eval" else [*row, clip.split.value])
    _write_tables(unfinished, classes, rows, infos)
    unfinished.rename(folder)
    return folder


def _write_audio(folder: Path, part: str, clip: ClipToRelease) -> str:
    if isinstance(clip.recording, Path):
        file = f"{part}_audio/{clip.fname}{clip.recording.suffix}"
        shutil.copyfile(clip.recording, folder / file)
    else:
        file = f"{part}_audio/{clip.fname}.flac"
        soundfile.write(folder / file, clip.recording.samples, clip.recording.rate_hz)
    return file


def _write_tables(folder: Path, classes, rows, infos) -> None:
    truth = folder / "ground_truth"
    columns = ["fname", "labels", "mids"]
    _write_csv(truth / "dev.csv", [[*columns, "split"], *rows["dev"]])
    _write_csv(truth / "eval.csv", [columns, *rows["eval"]])
    _write_csv(truth / "labels.csv", [["fname", "mid", "state", "origin"]])
    _write_csv(truth / "vocabulary.csv", [[i, name, mid] for i, (name, mid) in enumerate(classes)])
    for part, of_part in infos.items():
        path = folder / "metadata" / f"{part}_clips_info.json"
        path.write_text(json.dumps(of_part, indent=1), encoding="utf-8")


def _write_csv(path: Path, rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(rows)
