"""The card of a release: its numbers, its plots, its words."""

import json
import re
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest

from datasets_app.clips.models import Clip
from datasets_app.releases.dataset_card.citation import cite_release
from datasets_app.releases.dataset_card.drawing import NARROW, WIDE
from datasets_app.releases.dataset_card.json_lines import json_entries
from datasets_app.releases.dataset_card.plots import MOST_NAMED, PLOTS
from datasets_app.releases.services import build_release, rebuild_release

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def facts(folder: Path) -> dict:
    return json.loads((folder / "metadata/card.json").read_text())


def many_classes(facts: dict, n: int) -> dict:
    of_one = next(c for c in facts["classes"] if c["agreement"])
    agreement = {"n_units": 9, "n_ratings": 18, "alpha": 0.5, "low": 0.1, "high": 0.9, "raw": 0.7}
    return facts | {
        "classes": [
            of_one | {"name": f"Class <{i}>", "n_dev": i, "agreement": agreement} for i in range(n)
        ]
    }


def test_its_numbers_are_those_of_the_release(facts):
    assert {part: found["n_clips"] for part, found in facts["parts"].items()} == {
        "train": 3,
        "val": 1,
        "eval": 2,
    }
    bark = next(c for c in facts["classes"] if c["mid"] == "/m/bark")
    assert (bark["n_dev"], bark["n_eval"], bark["n_negative"]) == (2, 1, 1)
    assert facts["states"] == {"positive": 8, "negative": 1, "undecided": 3}
    assert facts["uploaders"]["n"] == {"dev": 2, "eval": 2}
    assert facts["uploaders"]["largest_n_clips"] == 2
    assert [b["dev"] + b["eval"] for b in facts["uploaders"]["bins"]] == [2, 2]
    assert facts["n_merged"] == 1
    assert [(row["text"], row["n_clips"]) for row in facts["licenses"]] == [
        ("CC-BY", 4),
        ("CC0", 2),
    ]
    chosen = next(row for row in facts["split"]["strategies"] if row["is_chosen"])
    assert (chosen["within_class"], chosen["between_class"]) == (0.0, 0.333333)
    assert facts["split"]["n_uploaders_on_both_sides"] == 0
    assert facts["noise"] is None


def test_every_length_is_in_a_bin(facts):
    counts = facts["durations"]["counts"]
    assert (sum(counts["dev"]), sum(counts["eval"])) == (4, 2)


def test_agreement_is_of_the_ratings_in_the_release(facts, folder):
    ratings = dict(json_entries(folder / "metadata/pp_pnp_ratings.json"))
    n = sum(len(values) for of_clip in ratings.values() for values in of_clip.values())
    assert facts["agreement"]["n_ratings"] == n == 22
    bark = next(c for c in facts["classes"] if c["mid"] == "/m/bark")["agreement"]
    assert bark["n_units"] == 4
    assert bark["low"] <= bark["alpha"] <= bark["high"]


def test_the_same_records_give_the_same_card(collection, folder, tmp_path):
    rebuild_release(release=collection.releases.get(), out=tmp_path / "again")
    names = ["README.md", "metadata/card.json", *(f"card/{name}.svg" for name in PLOTS)]
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_the_card_says_what_people_need_to_know(folder):
    text = (folder / "README.md").read_text()
    for heading in (
        "What is in it",
        "How the labels came to be",
        "Splits and their proof",
        "Licences",
        "Limits and biases",
        "How to cite",
        "How to verify",
    ):
        assert f"## {heading}\n" in text
    assert "@misc{small-1.0," in text
    assert "There was no noise audit" in text
    assert "0 are in both" in text
    assert "| least contamination (used) | 0.0% | 33.3% |" in text
    assert set(re.findall(r"\(card/(\w+)\.svg\)", text)) == set(PLOTS)


def test_clips_withdrawn_before_are_counted(collection, folder, tmp_path):
    Clip.objects.filter(external_id="c03").update(state=Clip.State.WITHDRAWN)
    build_release(collection=collection, version="2", out=tmp_path / "two")
    assert "1 clip was withdrawn" in (tmp_path / "two/README.md").read_text()


def test_a_plot_stays_within_its_ground_however_many_classes_there_are(facts):
    sizes = [4, MOST_NAMED, MOST_NAMED + 1, 200]
    for name, width, n_classes in product(PLOTS, (WIDE, NARROW), sizes):
        picture = PLOTS[name](many_classes(facts, n_classes), width)
        root = ElementTree.fromstring(picture.as_file())
        for rect in root.iter(f"{SVG}rect"):
            x, y, w, h = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
            assert x >= 0 and x + w <= picture.width + 0.2, (name, width, n_classes)
            assert y >= 0 and y + h <= picture.height, (name, width, n_classes)
        for circle in root.iter(f"{SVG}circle"):
            assert 0 <= float(circle.get("cx")) <= picture.width, (name, width, n_classes)
            assert 0 <= float(circle.get("cy")) <= picture.height, (name, width, n_classes)


def test_a_plot_names_the_day_of_nothing_and_the_library_of_nobody(folder):
    for name in PLOTS:
        text = (folder / f"card/{name}.svg").read_text()
        assert not re.search(r"\b20\d\d-\d\d|plotly|matplotlib|version", text)


def test_a_class_name_stays_text_in_a_plot(facts):
    evil = [c | {"name": '<script>alert("1")</script>'} for c in facts["classes"]]
    text = PLOTS["classes"](facts | {"classes": evil}).inline()
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_plots_add_up(facts):
    root = ElementTree.fromstring(PLOTS["classes"](facts).as_file())
    hints = [title.text for title in root.iter(f"{SVG}title")][1:]
    counted = sum(int(re.search(r": (\d+) ", hint)[1]) for hint in hints)
    assert counted == sum(c["n_dev"] + c["n_eval"] for c in facts["classes"])


def test_a_citation_holds_what_names_the_very_files():
    found = cite_release(collection="a_b", version="1", n_clips=1, n_classes=2, year=2026,
                         manifest_sha256="ab" * 32, address="https://x.org/a_b/1/")  # fmt: skip
    assert "ab" * 32 in found.plain
    assert "year = {2026}" in found.bibtex
    assert r"title = {{a\_b}: a dataset of sound events}" in found.bibtex
    assert "url = {https://x.org/a_b/1/}" in found.bibtex


def test_an_address_that_would_leave_its_field_is_not_cited():
    found = cite_release(collection="a", version="1", n_clips=1, n_classes=1, address="x}, y={")
    assert "url" not in found.bibtex
