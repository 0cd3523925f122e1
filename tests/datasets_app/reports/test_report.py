"""The report is one file that tells the whole way, and nothing in it can act."""

import json
from pathlib import Path

import pytest

from datasets_app.reports.flag_yield import flag_yield
from datasets_app.reports.report import write_report
from tests.datasets_app.reports.html_pages import Page, check_asks_for_nothing, figures_of

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}"


def report_of(told, out: Path) -> str:
    return write_report(**vars(told), out=out).read_text(encoding="utf-8")


def test_the_whole_way_is_told(told, tmp_path):
    text = report_of(told, tmp_path / "report.html")
    page = Page(text).text
    for sentence in (
        "small",
        "Krippendorff’s α over all answers is",
        "Recipe small_cnn on release 1.0: 12,345 parameters, 3 epochs in 4 s",
        "by chance it would be 0.250",
        "They decided 2 of them: 50.0 % were right (95 % interval 9.5 % to 90.5 %)",
        "What changed from 1.0 to 1.1",
        "1 label gained, 1 of them because a model’s flag was found right; 0 lost.",
        "CC-BY",
    ):
        assert sentence in page
    assert "synthesised stand-in" not in page
    assert set(figures_of(text)) == {
        "agreement", "uploaders", "class-counts", "curves", "class-scores", "flags"
    }  # fmt: skip


def test_a_stand_in_says_so(told, tmp_path):
    told.collection.is_simulated = True
    assert "synthesised stand-in" in Page(report_of(told, tmp_path / "r.html")).text


def test_a_collection_without_anything_has_a_report_too(collection, tmp_path):
    collection.splits.get().delete()
    agreement = {
        "overall": {
            "alpha": None, "alpha_interval": {"low": None, "high": None}, "raw": None,
            "raw_interval": {"low": None, "high": None}, "n_ratings": 0, "n_units": 0,
            "n_pairable_units": 0,
        },
        "classes": [],
        "annotators": [],
    }  # fmt: skip
    out = tmp_path / "r.html"
    write_report(
        collection=collection, releases=[], run=None, flag_job=None, agreement=agreement, out=out
    )
    assert "No baseline has been trained" in out.read_text()


def test_a_run_whose_folder_is_gone_keeps_its_summary(told, tmp_path):
    told.run.out_dir = str(tmp_path / "gone")
    text = report_of(told, tmp_path / "r.html")
    assert "12,345" in text
    assert "curves" not in figures_of(text)


def test_the_file_asks_for_nothing_from_elsewhere(told, tmp_path):
    check_asks_for_nothing(Page(report_of(told, tmp_path / "r.html")))


def test_hostile_names_are_inert(told, tmp_path):
    collection = told.collection
    collection.ontology.classes.update(name=HOSTILE)
    collection.uploaders.filter(name="ann").update(name=HOSTILE)
    collection.clips.update(license=HOSTILE)
    collection.splits.get().vocabulary.merges.update(reason=HOSTILE)
    told.agreement["annotators"][0]["annotator"] = HOSTILE
    for row in told.agreement["classes"]:
        row["name"] = HOSTILE
    metrics = tmp_path / "train/metrics.json"
    document = json.loads(metrics.read_text())
    document["eval"]["per_class"][0]["name"] = HOSTILE
    metrics.write_text(json.dumps(document))
    calm = len(Page(report_of(told, tmp_path / "calm.html")).tags)
    text = report_of(told, tmp_path / "r.html")
    page = Page(text)
    assert len(page.tags) == calm
    assert not any(tag == "img" for tag, _ in page.tags)
    assert [a.get("id") for t, a in page.tags if t == "script"] == ["figures", None, None]
    assert HOSTILE in page.text
    assert "<img" not in json.dumps(figures_of(text))


def test_an_older_report_is_replaced_whole(told, tmp_path):
    out = tmp_path / "report.html"
    out.write_text("old")
    report_of(told, out)
    assert out.read_text().startswith("<!DOCTYPE html>")
    assert [p.name for p in tmp_path.iterdir() if "report.html" in p.name] == ["report.html"]


def test_a_report_that_fails_leaves_the_old_one(told, tmp_path, monkeypatch):
    out = tmp_path / "report.html"
    out.write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        report_of(told, out)
    assert out.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if "report.html" in p.name] == ["report.html"]


def test_queries_do_not_grow_with_records(told, tmp_path, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        report_of(told, tmp_path / "r.html")


def test_flags_are_right_wrong_or_open(told):
    animal = told.collection.ontology.classes.get(mid="/m/animal")
    told.flag_job.flags.create(clip=told.flag_job.flags.first().clip, sound_class=animal, score=1)
    found = flag_yield(job=told.flag_job)
    assert (found.n_flags, found.n_asked, found.n_judged, found.share.n_hits) == (4, 3, 2, 1)
    assert found.right == {("c01", "/m/instrument")}
    assert found.classes[0]["n_open"] == 1
