"""A run's report holds every figure, escapes every name and embeds no more than it says."""

import base64
import io
import json
import re

import numpy as np
import pytest
import soundfile

from ml_worker.job_context import JobRefused
from ml_worker.reports.clip_media import (
    EXCERPT_S,
    MOST_AUDIO_BYTES,
    MOST_PICTURE_BYTES,
    clip_media,
)
from ml_worker.reports.page import CONTENT_POLICY
from ml_worker.reports.run_report import write_report, write_run_report
from ml_worker.reports.words import decimals, interval
from tests.ml_worker.reports.conftest import HOSTILE


@pytest.fixture
def page(hostile_release, measured, tmp_path, parse):
    write_report(tmp_path / "report.html", hostile_release, *measured)
    return parse(tmp_path / "report.html")


def test_every_figure_stands_in_the_page_with_its_interval(page, measured):
    document, calibration, facts = measured
    for name in (
        "map_macro",
        "map_micro",
        "d_prime_of_mean_auc",
        "mean_d_prime",
        "lwlrap",
        "map_at_3",
    ):
        found = document["overall"][name]
        assert decimals(found["value"]) in page.text
        assert interval(found) in page.text
    for row in document["per_class"]:
        for value in (row["average_precision"]["value"], row["roc_auc"]["value"], row["brier"]):
            assert decimals(value) in page.text
    for level in document["levels"]:
        assert interval(level["map_macro"]) in page.text
    for point in calibration["bins"]:
        assert decimals(point["mean_score"]) in page.text
    for row in facts.curves:
        assert decimals(row["train_loss"], 4) in page.text
    for words in ("vgg_like", "2.11.0", "61 s", "512.0 MB", "270,000", "cpu float32", "0.0005"):
        assert words in page.text, words


def test_every_drawing_and_table_names_its_protocol(page, measured):
    protocol = measured[0]["protocol"]["id"]
    n_drawings = sum("data-figure" in attributes for _, attributes in page.elements)
    assert n_drawings == 4
    assert page.text.count(protocol) >= n_drawings + 4


def test_names_are_text_wherever_they_stand(page, hostile_release, measured, tmp_path):
    tags = [name for name, _ in page.elements]
    assert not any("onerror" in attributes for _, attributes in page.elements)
    assert tags.count("script") == 3
    assert page.text.count(HOSTILE) >= 4
    raw = (tmp_path / "report.html").read_text()
    figures = re.search(r'<script id="figures"[^>]*>(.*?)</script>', raw, re.DOTALL)[1]
    drawn = json.loads(figures)
    assert set(drawn) == {"classes", "reliability", "curves", "levels"}
    assert "<img" not in json.dumps(drawn)
    assert drawn["classes"]["layout"]["yaxis"]["type"] == "category"


def test_the_page_may_load_nothing_from_anywhere(page):
    policies = [a["content"] for tag, a in page.elements if "http-equiv" in a]
    assert policies == [CONTENT_POLICY]
    assert "default-src 'none'" in CONTENT_POLICY
    sources = [a[k] for _, a in page.elements for k in ("src", "href") if a.get(k)]
    assert sources
    assert all(source.startswith(("data:", "#")) for source in sources)


def test_clips_are_embedded_as_short_sound_that_can_be_decoded(page):
    players = [a["src"] for tag, a in page.elements if tag == "audio"]
    assert len(players) == 4
    kind, content = players[0].split(",")
    assert kind == "data:audio/mpeg;base64"
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(content)))
    assert (samples.ndim, rate_hz) == (1, 22_050)
    assert len(samples) / rate_hz == pytest.approx(1.2, abs=0.1)
    assert "first 6 s of each, mono, MP3 56 kbit/s" in page.text


def test_what_is_embedded_of_a_clip_is_bounded_even_for_noise(tmp_path):
    noise = np.random.default_rng(0).uniform(-1, 1, (48_000 * 20, 2)).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", noise, 48_000)
    media = clip_media(tmp_path / "noise.wav")
    audio, picture = (base64.b64decode(uri.split(",")[1]) for uri in (media.audio, media.picture))
    assert 0 < len(audio) <= MOST_AUDIO_BYTES
    assert 0 < len(picture) <= MOST_PICTURE_BYTES
    assert (media.duration_s, media.excerpt_s) == (20.0, EXCERPT_S)


def test_a_clip_that_cannot_be_decoded_says_so_in_its_place(hostile_release, measured, tmp_path):
    for clip in hostile_release.clips:
        clip.path.write_bytes(b"RIFF no sound")
    write_report(tmp_path / "report.html", hostile_release, *measured)
    text = (tmp_path / "report.html").read_text()
    assert "<audio" not in text
    assert "cannot be decoded" in text


def test_the_report_repeats_byte_for_byte(hostile_release, measured, tmp_path):
    for name in ("a.html", "b.html"):
        write_report(tmp_path / name, hostile_release, *measured)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_many_classes_and_no_ontology_still_make_a_page(hostile_release, measured, tmp_path, parse):
    document, calibration, facts = measured
    row = document["per_class"][0]
    document["per_class"] = [{**row, "mid": f"/m/{i}", "name": f"Class {i}"} for i in range(300)]
    document |= {"siblings": None, "levels": None}
    write_report(tmp_path / "report.html", hostile_release, document, calibration, facts)
    page = parse(tmp_path / "report.html")
    assert "Class 299" in page.text
    assert "has no ontology" in page.text


def test_both_a_train_jobs_and_an_evaluate_jobs_result_can_be_reported(
    finished_run, finished_evaluation, tmp_path
):
    release, run = finished_run
    for folder in (run, finished_evaluation[1]):
        assert write_run_report(folder, release, tmp_path / "report.html") < 7_000_000
        assert "<h1>small_cnn on" in (tmp_path / "report.html").read_text()


def test_an_evaluation_of_another_release_is_refused_and_nothing_is_written(
    finished_run, finished_evaluation, tmp_path
):
    release, _ = finished_run
    path = release / "ground_truth/labels.csv"
    path.write_text(path.read_text() + "102,/m/low,negative,rated\n")
    with pytest.raises(JobRefused, match=r"is of release .*@.*, not of run-release@"):
        write_run_report(finished_evaluation[1], release, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
