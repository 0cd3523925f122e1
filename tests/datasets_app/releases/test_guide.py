"""The examples of docs/releases.md run, and find what was released."""

import re
from pathlib import Path

import pytest

from datasets_app.releases.options import FORMATS
from datasets_app.releases.reading import read_truth

GUIDE = (Path(__file__).parents[3] / "docs/releases.md").read_text(encoding="utf-8")
EXAMPLES = dict(
    re.findall(r"\*\*([^*\n]+)\*\*:(?:(?!\n\*\*).)*?\n```python\n(.*?)```", GUIDE, re.DOTALL)
)
TRAIN = ["c01", "c02", "c03"]


def run(name: str, folder: Path) -> dict:
    found = {"folder": str(folder)}
    exec(compile(EXAMPLES[name], f"docs/releases.md, {name}", "exec"), found)
    return found


@pytest.mark.parametrize(
    "name", ["FSD50K's layout", "Parquet", "Croissant 1.1", "AudioSet's segment lists"]
)
def test_examples_find_the_labels(folder, name):
    mids = run(name, folder)["mids"]
    truth = read_truth(folder)
    assert set(TRAIN) <= mids.keys()
    assert mids == {fname: list(truth.positives[fname]) for fname in mids}


def test_the_example_of_dcase_finds_the_names(folder):
    truth = read_truth(folder)
    assert run("DCASE", folder)["labels"] == {
        f"{fname}.wav": [truth.vocabulary[mid] for mid in truth.positives[fname]] for fname in TRAIN
    }


def test_the_example_of_soundata_finds_every_file_right(folder):
    found = run("soundata", folder)
    assert not any(found["missing"].values())
    assert not any(found["invalid"].values())


def test_the_example_of_audiofolder_finds_the_labels(folder, hub, monkeypatch, tmp_path):
    monkeypatch.setattr(hub.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    truth = read_truth(folder)
    assert run("Hugging Face audiofolder", folder)["mids"] == {
        fname: list(truth.positives[fname]) for fname in TRAIN
    }


def test_every_format_has_its_three_lines_and_every_file_is_told(folder):
    assert len(EXAMPLES) == len(FORMATS) + 1
    assert all(len(code.strip().splitlines()) == 3 for code in EXAMPLES.values())
    told = set(re.findall(r"`([^`\n]+)`", GUIDE))
    told |= {f"metadata/{name}" for name in told} | {f"ground_truth/{name}" for name in told}
    told |= {f"metadata/{side}_clips_info.json" for side in ("dev", "eval")}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name.split("/")[0].split("-")[0].split(".")[0] not in FORMATS:
            assert name in told or any(f"{p.as_posix()}/" in told for p in Path(name).parents), name
