"""The curation report's figures are plain data, and take a compact form for many classes."""

import json

import pytest

from datasets_app.reports.agreement_figures import (
    annotators_figure,
    coefficients_figure,
    pairs_figure,
    weeks_figure,
)
from datasets_app.reports.drawing import MOST_NAMED
from datasets_app.reports.exhibits import MOST_ROWS, Exhibit
from datasets_app.reports.label_counts import KINDS
from datasets_app.reports.label_figures import (
    contamination_figure,
    decisions_figure,
    label_counts_figure,
    mapping_figure,
    noise_figure,
    posteriors_figure,
)
from datasets_app.reports.trust import Trust, trust_groups, trust_in_a_sentence

HOSTILE = '<a href="javascript:alert(1)">x</a>'
INTERVAL = {"low": 0.4, "high": 0.6}
SHARE = {"n": 5, "total": 10, "share": 0.5, **INTERVAL}
NO_SHARE = {"n": 0, "total": 0, "share": None, "low": 0.0, "high": 1.0}


def labels(n=1):
    return [
        {"name": HOSTILE, "n_direct": i, "n_released": None if i % 2 else i, "fate": fate}
        for i, fate in zip(range(n), ["released", "merged"] * n, strict=False)
    ]


def decisions(n=1):
    counts = {f"n_{kind}": 2 for kind in KINDS}
    return [{"name": f"{HOSTILE}{i}", **counts} for i in range(n)]


def noise(n=1):
    return [{"name": HOSTILE, "confirmed": SHARE, "added": NO_SHARE} for _ in range(n)]


FIGURES = {
    "coefficients": coefficients_figure(
        [{"name": "α", "kind": "all four answers", "value": 0.5, "interval": INTERVAL}]
    ),
    "weeks": weeks_figure([{"week_of": "2026-03-02", "value": 0.5, "interval": INTERVAL}]),
    "annotators": annotators_figure(
        [{"annotator": HOSTILE, "n_votes": 3, "n_pairs": 2, "agreement_with_rest": 0.5}]
    ),
    "pairs": pairs_figure(
        [{"annotators": [HOSTILE, "bo"], "kappa": 0.1, "interval": INTERVAL, "n_shared": 12}]
    ),
    "labels": label_counts_figure(labels(2)),
    "decisions": decisions_figure(decisions()),
    "posteriors": posteriors_figure([{"low": 0.5, "high": 0.525, "n": 3}], threshold=0.95),
    "contamination": contamination_figure(
        [{"label": "at random", "within_class": 0.1, "between_class": 0.2}]
    ),
    "noise": noise_figure(noise()),
    "mapping": mapping_figure([{"name": HOSTILE, "bad": SHARE}]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_plain_data_with_axes_and_values_on_hover(name):
    figure = FIGURES[name]
    json.dumps(figure, allow_nan=False)
    assert figure["layout"]["xaxis"]["title"]["text"]
    assert any("hovertemplate" in trace for trace in figure["data"])
    assert "<a" not in json.dumps(figure)


@pytest.mark.parametrize(
    ("draw", "rows"),
    [(label_counts_figure, labels), (decisions_figure, decisions), (noise_figure, noise)],
)
def test_many_classes_take_a_compact_form(draw, rows):
    named, compact = draw(rows(MOST_NAMED)), draw(rows(MOST_NAMED + 1))
    assert named["layout"]["height"] > 1000 > compact["layout"]["height"]
    assert "class" in compact["layout"]["xaxis"]["title"]["text"]
    assert compact["layout"]["yaxis"]["title"]["text"]


def test_classes_that_are_not_released_are_marked():
    marked = next(t for t in FIGURES["labels"]["data"] if t.get("name") == "not released by itself")
    assert marked["x"] == [1]


def test_shares_of_nothing_are_left_out():
    assert [len(trace["x"]) for trace in FIGURES["noise"]["data"]] == [1, 0]


def test_long_tables_end_with_how_many_more_there_are():
    exhibit = Exhibit("x", "X", "", rows=[("a",)] * (MOST_ROWS + 2))
    assert (len(exhibit.shown_rows), exhibit.n_hidden) == (MOST_ROWS, 2)


def test_classes_are_sorted_by_trust_with_the_weakest_first():
    rows = [
        {"name": name, "alpha": alpha, "raw": raw, "n_pairable_units": n}
        for name, alpha, raw, n in (
            ("Rain", 0.5, 0.7, 9), ("Dog", 0.2, 0.5, 9), ("Bell", 0.9, 0.95, 9),
            ("Fire", None, 1.0, 9), ("Sea", 0.9, 0.95, 4),
        )
    ]  # fmt: skip
    groups = trust_groups(presence=rows, unanswered=["Cat"])
    assert {group.trust: group.names for group in groups if group.names} == {
        Trust.RELIABLE: ("Bell",),
        Trust.WEAK: ("Dog", "Rain"),
        Trust.ONE_SIDED: ("Fire",),
        Trust.UNKNOWN: ("Sea", "Cat"),
    }
    assert trust_in_a_sentence(groups) == (
        "Of 6 classes, 1 can be relied on, 0 with caution, 2 not yet. In 1 more, people agree, "
        "but say the same of nearly every clip, so that chance cannot be ruled out. Begin "
        "with “Dog”, where people agree least."
    )
