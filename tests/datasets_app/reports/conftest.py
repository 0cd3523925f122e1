"""A small collection with two releases, a trained run and judged flags."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from datasets_app.jobs.models import Flag, Job
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.releases.services import build_release
from datasets_app.votes.agreement import report_agreement

_SPEC = importlib.util.spec_from_file_location(
    "small_collection", Path(__file__).parents[1] / "releases" / "small_collection.py"
)
small_collection = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(small_collection)

METRICS = {
    "map_macro": 0.5,
    "n_clips": 2,
    "per_class": [
        {"mid": "/m/animal", "name": "Animal", "average_precision": 0.75, "roc_auc": 0.8,
         "n_positive": 1},
        {"mid": "/m/bell", "name": "Bell_and_chime", "average_precision": None, "roc_auc": None,
         "n_positive": 0},
    ],
}  # fmt: skip
CURVES = [
    {"epoch": e, "train_loss": 1 / e, "val_map": e / 10, "lr": 1e-3, "seconds": 1.5}
    for e in (1, 2, 3)
]
SUMMARY = {
    "recipe": "small_cnn",
    "eval_map": 0.5,
    "eval_map_chance": 0.25,
    "eval_d_prime": 1.5,
    "eval_lwlrap": None,
    "n_epochs": 3,
    "seconds": 4.5,
    "n_parameters": 12345,
    "protocol": "release@abc/train-val-eval",
}


@pytest.fixture
def collection(db, own_var_dir):
    return small_collection.make_collection()


@pytest.fixture
def told(collection, tmp_path: Path) -> SimpleNamespace:
    """Everything ``write_report`` takes but ``out``, after one round of the loop."""
    first = build_release(collection=collection, version="1.0", out=tmp_path / "one")
    run = _job(tmp_path, "train", collection, first, SUMMARY)
    (tmp_path / "train").mkdir()
    document = {"protocol": SUMMARY["protocol"], "seed": 0, "val": METRICS, "eval": METRICS}
    (tmp_path / "train/metrics.json").write_text(json.dumps(document))
    (tmp_path / "train/curves.jsonl").write_text("".join(json.dumps(r) + "\n" for r in CURVES))
    flag_job = _job(tmp_path, "flag", collection, first, {"top_percent": 4.0})
    _judge(flag_job, collection, {"c01": ["PP", "PP"], "c02": ["NP", "NP"], "c04": ["U"]})
    infer_labels(collection=collection)
    second = build_release(collection=collection, version="1.1", out=tmp_path / "two")
    return SimpleNamespace(
        collection=collection,
        releases=[first, second],
        run=run,
        flag_job=flag_job,
        agreement=report_agreement(collection=collection),
    )


def _job(tmp_path: Path, kind: str, collection, release, summary) -> Job:
    return Job.objects.create(
        kind=kind,
        collection=collection,
        release=release,
        recipe="small_cnn",
        state="finished",
        job_dir=str(tmp_path / f"{kind} job"),
        out_dir=str(tmp_path / kind),
        summary=summary,
    )


def _judge(job: Job, collection, answers: dict[str, list[str]]) -> None:
    """Flag Instrument in each clip and have it judged."""
    sound_class = collection.ontology.classes.get(mid="/m/instrument")
    for fname, given in answers.items():
        clip = collection.clips.get(external_id=fname)
        nomination = Nomination.objects.create(
            clip=clip, sound_class=sound_class, origin=Nomination.Origin.MODEL
        )
        Flag.objects.create(
            job=job, clip=clip, sound_class=sound_class, nomination=nomination, score=0.9
        )
        for number, answer in enumerate(given):
            small_collection.cast_vote(nomination, f"annotator {number}", answer)
