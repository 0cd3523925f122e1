"""The curation report says in words and figures where labels can be trusted."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from datasets_app.clips.models import Collection, DecisionMethod
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import Ontology
from datasets_app.reports.curation_report import curation_context, write_curation_report
from datasets_app.reports.label_counts import decision_rows, label_rows
from datasets_app.reports.presence import presence_rows
from datasets_app.votes.agreement import report_agreement
from datasets_app.votes.models import Vote
from tests.datasets_app.reports.html_pages import Page, check_asks_for_nothing, figures_of

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}"
FIGURES = {
    "label-counts", "agreement", "coefficients", "annotators", "pairs", "decisions",
    "posteriors", "wanted", "noise", "mapping", "contamination", "uploaders",
}  # fmt: skip


def report_of(collection: Collection, out: Path) -> str:
    agreement = report_agreement(collection=collection, n_replicates=20)
    write_curation_report(collection=collection, agreement=agreement, out=out)
    return out.read_text(encoding="utf-8")


def section_of(collection: Collection, anchor: str):
    agreement = report_agreement(collection=collection, n_replicates=20)
    found = curation_context(collection=collection, agreement=agreement)["sections"]
    return next(section for section in found if section.anchor == anchor)


def empty_collection(**given) -> Collection:
    ontology = Ontology.objects.create(name="empty", source_sha256="0" * 64)
    return Collection.objects.create(name="empty", ontology=ontology, **given)


def test_every_figure_has_its_sentence_and_its_values(collection, tmp_path):
    text = report_of(collection, tmp_path / "r.html")
    assert set(figures_of(text)) == FIGURES
    page = Page(text)
    assert {a["data-figure"] for _, a in page.tags if "data-figure" in a} == FIGURES
    agreement = report_agreement(collection=collection, n_replicates=20)
    for section in curation_context(collection=collection, agreement=agreement)["sections"]:
        assert " ".join(section.lead.split()) in page.text
        for exhibit in section.exhibits:
            assert " ".join(exhibit.finding.split()) in page.text
            assert exhibit.rows
            assert {len(row) for row in exhibit.rows} == {len(exhibit.columns)}


def test_the_verdict_comes_first(collection, tmp_path):
    text = Page(report_of(collection, tmp_path / "r.html")).text
    assert "Nothing is known of 5 classes yet" in text


def test_labels_are_counted_before_and_after(collection):
    split = collection.splits.get()
    rows = label_rows(decisions=decision_rows(collection=collection), split=split)
    found = {row["name"]: (row["n_direct"], row["n_released"], row["fate"]) for row in rows}
    assert found == {
        "Bark": (3, 2, "released"),
        "Animal": (0, 2, "released"),
        "Bell, chime": (1, 2, "released"),
        "Instrument": (1, 2, "released"),
        "Dog": (1, None, "merged"),
    }


def test_decisions_are_counted_by_what_became_of_them(collection):
    clip = collection.clips.get(external_id="c01")
    bell = collection.ontology.classes.get(mid="/m/bell")
    Nomination.objects.create(clip=clip, sound_class=bell, origin="keyword", n_wanted=4)
    row = next(row for row in decision_rows(collection=collection) if row["mid"] == "/m/bell")
    counts = {key: row[f"n_{key}"] for key in ("present", "absent", "incomplete", "unanswered")}
    assert counts == {"present": 1, "absent": 1, "incomplete": 2, "unanswered": 1}
    assert row["n_wanted"] >= 4


def test_contamination_of_the_strategies_stands_side_by_side(collection):
    (exhibit,) = section_of(collection, "contamination").exhibits
    assert exhibit.finding.replace("\xa0", " ") == (
        "In the chosen division 0 % of the validation labels share uploader and class with "
        "training; it would be 50 % at random and 50 % by iterative stratification."
    )
    assert [row[0] for row in exhibit.rows] == [
        "least contamination ✓",
        "at random",
        "iterative stratification",
    ]


@pytest.mark.parametrize("figures", [{}, {"chosen": "gone", "random": {"within_class": 0.5}}])
def test_a_split_that_came_with_its_dataset_compares_no_strategies(collection, figures):
    collection.splits.update(contamination=figures)
    section = section_of(collection, "contamination")
    assert "came with its dataset" in section.lead
    assert not section.exhibits


def test_an_uploader_on_both_sides_is_named(collection):
    clip = collection.clips.get(external_id="c02")
    collection.splits.get().assignments.filter(clip=clip).update(part="eval")
    assert "1 uploader is in both: “ann”." in section_of(collection, "uploaders").lead


def test_agreement_on_presence_takes_pp_and_pnp_as_one_and_leaves_u_out(collection):
    found = {row["name"]: row for row in presence_rows(collection=collection)}
    bark, bell = found["Bark"], found["Bell, chime"]
    assert (bark["alpha"], bark["raw"], bark["n_pairable_units"]) == (1.0, 1.0, 4)
    assert bell["n_pairable_units"] == 2
    assert bell["raw"] == pytest.approx(2 / 4)
    assert found["Dog"]["alpha"] is None


def test_confusions_are_shown_once_annotators_were_fitted(collection, tmp_path):
    assert "How annotators answer" not in report_of(collection, tmp_path / "before.html")
    infer_labels(collection=collection, method=DecisionMethod.DAWID_SKENE)
    page = Page(report_of(collection, tmp_path / "after.html"))
    assert "How annotators answer" in page.text
    assert any(a.get("title", "").startswith("says PP where PP is true") for _, a in page.tags)


def test_time_is_told_once_there_are_two_weeks(collection):
    for number, vote in enumerate(Vote.objects.order_by("nomination_id", "pk")):
        week = timedelta(weeks=vote.nomination_id % 2)
        when = datetime(2026, 3, 2, tzinfo=UTC) + week + timedelta(minutes=number)
        Vote.objects.filter(pk=vote.pk).update(cast_at=when)
    names = [exhibit.name for exhibit in section_of(collection, "agreement").exhibits]
    assert "weeks" in names


def test_prevalence_is_said_in_words(collection, tmp_path):
    agreement = report_agreement(collection=collection, n_replicates=20)
    agreement["presence"]["note"] = "Alpha is −0.05 although nearly all agree."
    out = tmp_path / "r.html"
    write_curation_report(collection=collection, agreement=agreement, out=out)
    assert "Alpha is −0.05 although nearly all agree." in Page(out.read_text()).text


@pytest.mark.django_db
def test_an_empty_collection_is_told_what_to_do(tmp_path):
    text = report_of(empty_collection(), tmp_path / "r.html")
    assert figures_of(text) == {}
    page = Page(text).text
    for sentence in (
        "There is nothing to trust or to doubt yet",
        "No label is decided yet",
        "Nobody has answered yet",
        "Nothing is nominated yet",
        "There is no class yet; load_ontology brings them.",
        "There is no split yet; assign_splits makes one.",
    ):
        assert sentence in page


def test_a_collection_without_answers_or_split_has_a_report(collection, tmp_path):
    Vote.objects.all().delete()
    collection.splits.get().delete()
    infer_labels(collection=collection)
    assert "Nobody has answered yet" in Page(report_of(collection, tmp_path / "r.html")).text


def test_withdrawn_clips_are_left_out(collection):
    collection.clips.update(state="withdrawn")
    assert decision_rows(collection=collection) == []


def test_the_file_asks_for_nothing_from_elsewhere(collection, tmp_path):
    check_asks_for_nothing(Page(report_of(collection, tmp_path / "r.html")))


def test_hostile_names_are_inert(collection, tmp_path):
    infer_labels(collection=collection, method=DecisionMethod.DAWID_SKENE)
    calm = len(Page(report_of(collection, tmp_path / "calm.html")).tags)
    collection.ontology.classes.update(name=HOSTILE)
    collection.uploaders.filter(name="ann").update(name=HOSTILE)
    collection.splits.get().vocabulary.merges.update(reason=HOSTILE)
    Vote.objects.first().annotator.__class__.objects.filter(name="annotator 0").update(name=HOSTILE)
    text = report_of(collection, tmp_path / "r.html")
    page = Page(text)
    assert len(page.tags) == calm
    assert not any(tag == "img" for tag, _ in page.tags)
    assert [a.get("id") for t, a in page.tags if t == "script"] == ["figures", None, None]
    assert HOSTILE in page.text
    assert "<img" not in json.dumps(figures_of(text))


def test_queries_do_not_grow_with_records(collection, tmp_path, django_assert_max_num_queries):
    agreement = report_agreement(collection=collection, n_replicates=20)
    with django_assert_max_num_queries(40):
        write_curation_report(collection=collection, agreement=agreement, out=tmp_path / "r.html")


def test_the_command_writes_the_file_and_says_where(collection, tmp_path, capsys):
    out = tmp_path / "curation.html"
    call_command("curation_report", collection="small", out=out)
    assert capsys.readouterr().out.strip() == str(out)
    assert out.read_text().startswith("<!DOCTYPE html>")


def test_the_command_refuses_a_place_that_is_none(collection, tmp_path):
    with pytest.raises(CommandError, match="give the name of a file in it"):
        call_command("curation_report", collection="small", out=tmp_path)
    with pytest.raises(CommandError, match="make it first"):
        call_command("curation_report", collection="small", out=tmp_path / "no" / "r.html")
