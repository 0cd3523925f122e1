"""Figures are plain data with axes, units and values on hover; names in them are inert."""

import itertools
import json

import pytest

from datasets_app.reports.drawing import ANSWER_COLOURS, MOST_NAMED
from datasets_app.reports.figures import (
    agreement_figure,
    class_counts_figure,
    class_scores_figure,
    flags_figure,
    training_curves_figure,
    uploader_sizes_figure,
)

HOSTILE = '<a href="javascript:alert(1)">x</a>'


def interval(low, high):
    return {"low": low, "high": high, "level": 0.95, "n_replicates": 10}


AGREEMENT = {
    "overall": {"alpha": 0.5},
    "classes": [
        {"name": HOSTILE, "alpha": 0.7, "alpha_interval": interval(0.6, 0.9), "n_ratings": 9,
         "n_units": 3},
        {"name": "Rain", "alpha": None, "alpha_interval": interval(None, None), "n_ratings": 1,
         "n_units": 1},
        {"name": "Dog", "alpha": 0.2, "alpha_interval": interval(None, None), "n_ratings": 2,
         "n_units": 1},
    ],
}  # fmt: skip
SCORES = {
    "eval": {
        "n_clips": 10,
        "per_class": [
            {"name": HOSTILE, "average_precision": 0.5, "n_positive": 2},
            {"name": "Rain", "average_precision": None, "n_positive": 0},
        ],
    }
}
FIGURES = {
    "agreement": agreement_figure(AGREEMENT),
    "counts": class_counts_figure([{"name": HOSTILE, "n_train": 3, "n_val": 1, "n_eval": 2}]),
    "curves": training_curves_figure(
        [{"epoch": 1, "train_loss": 0.5, "val_map": 0.1, "lr": 1e-3, "seconds": 2.0}]
    ),
    "scores": class_scores_figure(SCORES),
    "uploaders": uploader_sizes_figure([{"uploader": HOSTILE, "n_clips": 3, "side": "dev"}]),
    "flags": flags_figure([{"name": HOSTILE, "n_right": 3, "n_wrong": 1, "n_open": 2}]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_plain_data_with_named_axes(name):
    figure = FIGURES[name]
    json.dumps(figure, allow_nan=False)
    assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert figure["layout"]["xaxis"]["title"]["text"]
    assert any("hovertemplate" in trace for trace in figure["data"])
    assert "<a" not in json.dumps(figure)


def test_undefined_values_are_left_out():
    assert len(FIGURES["agreement"]["data"][0]["x"]) == 2
    assert len(FIGURES["scores"]["data"][0]["x"]) == 1


def test_without_an_interval_the_bar_has_no_length():
    error = FIGURES["agreement"]["data"][0]["error_x"]
    assert error["arrayminus"][0] == 0
    assert error["arrayminus"][1] == pytest.approx(0.1)


def test_classes_that_look_alike_stay_apart():
    rows = [{"name": "A" * 40 + end, "n_train": 1, "n_val": 0, "n_eval": 0} for end in "xyz"]
    assert len(set(class_counts_figure(rows)["data"][0]["y"])) == 3


def test_many_classes_become_a_cloud():
    row = {"average_precision": 0.5, "n_positive": 2}
    rows = [{"name": f"class {i}", **row} for i in range(MOST_NAMED + 1)]
    figure = class_scores_figure({"n_clips": 10, "per_class": rows})
    assert figure["data"][0]["x"] == [0.2] * (MOST_NAMED + 1)


def test_many_classes_stand_by_rank_with_their_names_on_hover():
    rows = [
        {"name": f"class {i}", "n_train": i, "n_val": 0, "n_eval": 0} for i in range(MOST_NAMED + 1)
    ]
    of_counts = class_counts_figure(rows)["data"][0]
    assert (of_counts["x"][0], of_counts["y"][0]) == (1, MOST_NAMED)
    assert of_counts["customdata"][0] == [f"class {MOST_NAMED}"]
    row = {"alpha": 0.5, "alpha_interval": interval(0.4, 0.6), "n_ratings": 2, "n_units": 1}
    classes = [{"name": f"class {i}", **row} for i in range(MOST_NAMED + 1)]
    figure = agreement_figure({"overall": {"alpha": 0.5}, "classes": classes})
    assert figure["layout"]["height"] < 500
    assert figure["data"][0]["customdata"][0][0] == "class 0"


def test_answer_colours_differ_in_lightness():
    def lightness(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    found = sorted(lightness(colour) for colour in ANSWER_COLOURS.values())
    assert min(b - a for a, b in itertools.pairwise(found)) > 15
