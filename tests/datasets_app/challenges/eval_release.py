"""A release folder with as many eval clips as a test wants, written in the release's own layout."""

import hashlib
import random
from pathlib import Path

import numpy as np
import soundfile

from datasets_app.clips.models import Collection
from datasets_app.ontology.models import Ontology
from datasets_app.releases.layout import (
    CLASS_INFO,
    EDGE_COLUMNS,
    LABEL_COLUMNS,
    LABELS,
    LICENSE_COLUMNS,
    LICENSES,
    ONTOLOGY_EDGES,
    RATINGS,
    SIDES,
    TRUTH_COLUMNS,
    VOCABULARY,
    clips_info_file,
    truth_file,
)
from datasets_app.releases.models import Release
from datasets_app.releases.text_files import CsvFile, JsonObjectFile, write_csv, write_json
from datasets_app.splits.models import Split, Vocabulary

CLASSES = [("/m/bark", "Bark"), ("/m/bell", "Bell"), ("/m/rain", "Rain")]
RATE_HZ = 8000


def make_release(
    collection: Collection,
    folder: Path,
    *,
    n_eval: int = 12,
    n_dev: int = 3,
    labels_per_clip: int = 1,
    version: str = "1.0",
    spoken: dict[str, str] | None = None,
) -> Release:
    """Write files and record. Eval clip i has class i mod 3 (and the next), uploader i div 2.

    ``spoken`` replaces what is said of each eval clip: title, tag, uploader.
    """
    folder.mkdir(parents=True)
    for side, n in (("dev", n_dev), ("eval", n_eval)):
        (folder / f"{side}_audio").mkdir()
        _write_side(folder, side, n, labels_per_clip, spoken or {})
    _write_labels(folder, n_dev, n_eval, labels_per_clip)
    write_csv(folder / VOCABULARY, (), [(i, name, mid) for i, (mid, name) in enumerate(CLASSES)])
    write_csv(folder / ONTOLOGY_EDGES, EDGE_COLUMNS, [])
    told = {"name": "Name", "n_dev": 1, "n_eval": 77, "n_negative": 78, "n_undecided": 79}
    write_json(folder / CLASS_INFO, {mid: told for mid, _ in CLASSES})
    vocabulary = Vocabulary.objects.create(collection=collection, min_dev=1, min_eval=1)
    split = Split.objects.create(
        collection=collection, vocabulary=vocabulary, seed=0, eval_share=0.5, val_share=0.2
    )
    return Release.objects.create(
        collection=collection,
        version=version,
        split=split,
        path=str(folder),
        manifest_sha256="0" * 64,
    )


def make_collection(name: str = "yard") -> Collection:
    ontology = Ontology.objects.create(name=f"{name} sounds", source_sha256="0" * 64)
    return Collection.objects.create(name=name, ontology=ontology)


def fname_of(side: str, number: int) -> str:
    return f"{side}-secret-{number}" if side == "eval" else f"dev-{number}"


def labels_of(number: int, labels_per_clip: int) -> list[int]:
    return sorted({(number + i) % len(CLASSES) for i in range(labels_per_clip)})


def _write_side(
    folder: Path, side: str, n: int, labels_per_clip: int, spoken: dict[str, str]
) -> None:
    with CsvFile(folder / truth_file(side), TRUTH_COLUMNS[side]) as truth:
        for number in range(n):
            classes = [CLASSES[c] for c in labels_of(number, labels_per_clip)]
            part = ("train",) if side == "dev" else ()
            names = ",".join(name for _, name in classes)
            truth.add(fname_of(side, number), names, ",".join(mid for mid, _ in classes), *part)
    with JsonObjectFile(folder / clips_info_file(side)) as info:
        for number in range(n):
            info.add(fname_of(side, number), _entry(folder, side, number, spoken))


def _entry(folder: Path, side: str, number: int, spoken: dict[str, str]) -> dict[str, object]:
    told = spoken if side == "eval" else {}
    name = f"{side}_audio/{fname_of(side, number)}.wav"
    title = told.get("title", f"{side} title {number}")
    rng = np.random.default_rng([number, side == "eval"])
    with soundfile.SoundFile(folder / name, "w", RATE_HZ, 1, "PCM_16") as sound:
        sound.title = title
        sound.comment = told.get("tag", f"{side}tag{number}")
        sound.write(rng.uniform(-0.5, 0.5, 400))
    return {
        "file": name,
        "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        "title": title,
        "tags": [told.get("tag", f"{side}tag{number}")],
        "uploader": told.get("uploader", f"{side}-uploader-") + str(number // 2),
        "duplicate_group": None,
        "source_url": f"https://example.org/{side}/{number}",
    }


def _write_labels(folder: Path, n_dev: int, n_eval: int, labels_per_clip: int) -> None:
    counts = {"dev": n_dev, "eval": n_eval}
    with CsvFile(folder / LABELS, LABEL_COLUMNS) as labels:
        for side in SIDES:
            for number in range(counts[side]):
                for c in labels_of(number, labels_per_clip):
                    labels.add(fname_of(side, number), CLASSES[c][0], "positive", "rated")
    with CsvFile(folder / LICENSES, LICENSE_COLUMNS) as licenses:
        for side in SIDES:
            for number in range(counts[side]):
                fname = fname_of(side, number)
                licenses.add(fname, "CC0", f"{side}-uploader-{number // 2}", f"t {fname}", "")
    with JsonObjectFile(folder / RATINGS) as ratings:
        for side in SIDES:
            for number in range(counts[side]):
                ratings.add(fname_of(side, number), {CLASSES[0][0]: [1.0]})


def predictions(challenge, *, right: float = 1.0, seed: int = 0) -> bytes:
    """Return a csv in which a share of the clips has its true classes highest."""
    rng = random.Random(seed)
    lines = ["fname," + ",".join(mid for mid, _ in challenge.classes)]
    for name, positive in challenge.clips.order_by("position").values_list("name", "positive"):
        scores = [rng.random() for _ in challenge.classes]
        if rng.random() < right:
            for c in positive:
                scores[c] += 1
        lines.append(",".join([name, *(f"{score:.6f}" for score in scores)]))
    return ("\n".join(lines) + "\n").encode()
