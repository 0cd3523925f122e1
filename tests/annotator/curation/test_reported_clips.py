"""Reported clips are kept or withdrawn by curators, and that can be undone."""

import uuid

import pytest
from django.urls import reverse

from datasets_app.audit.models import AuditEvent
from datasets_app.votes.models import ClipReport


@pytest.fixture
def report(world) -> ClipReport:
    return report_of(world, world.nominated_clips(1)[0], comment="A voice says <b>a name</b>")


def report_of(world, nomination, name="vera", **fields) -> ClipReport:
    person = world.annotator_record(world.annotator(name))
    return ClipReport.objects.create(
        clip=nomination.clip,
        nomination=nomination,
        annotator=person,
        reason="personal_data",
        idempotency_key=uuid.uuid4(),
        **fields,
    )


def page(client, **params) -> str:
    return client.get(reverse("reported-clips", args=["yard"]), params).content.decode()


def resolve(client, report, deed):
    url = reverse("report-resolve", args=["yard", report.pk])
    told = client.post(url, {"deed": deed}, follow=True).content.decode()
    report.refresh_from_db()
    report.clip.refresh_from_db()
    return told


def test_only_curators_see_and_settle_reports(world, report, as_annotator):
    assert as_annotator.get(reverse("reported-clips", args=["yard"])).status_code == 403
    url = reverse("report-resolve", args=["yard", report.pk])
    assert as_annotator.post(url, {"deed": "withdraw"}).status_code == 403
    report.clip.refresh_from_db()
    assert report.clip.state == "available"


def test_without_reports_the_page_says_so(world, as_curator):
    assert "No report is open" in page(as_curator)


def test_a_report_tells_why_and_by_whom(world, report, as_curator):
    told = page(as_curator)
    assert "vera" in told
    assert "A voice says &lt;b&gt;a name&lt;/b&gt;" in told
    assert "asked about Bark" in told


def test_a_clip_is_withdrawn_and_that_undone(world, report, as_curator):
    other = report_of(world, report.nomination, "otto")
    assert "is withdrawn and shown to nobody" in resolve(as_curator, report, "withdraw")
    assert (report.outcome, report.clip.state) == ("withdrawn", "withdrawn")
    assert "Undo" in page(as_curator, outcome="withdrawn")
    assert "is open again" in resolve(as_curator, report, "reopen")
    other.refresh_from_db()
    assert (report.outcome, other.outcome, report.clip.state) == ("open", "open", "available")
    verbs = AuditEvent.objects.filter(record_type="clipreport").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["resolve_report", "reopen_report"]


def test_a_clip_is_kept(world, report, as_curator):
    resolve(as_curator, report, "keep")
    assert (report.outcome, report.clip.state) == ("kept", "available")
    assert "No report is open" in page(as_curator)


def test_an_open_report_cannot_be_opened_again_nor_an_unknown_deed_done(world, report, as_curator):
    assert "open already" in resolve(as_curator, report, "reopen")
    assert "choose one of keep, withdraw, reopen" in resolve(as_curator, report, "burn")
    assert report.outcome == "open"


def test_a_report_of_another_collection_is_not_found(world, report, as_curator):
    type(world.collection).objects.create(name="other", ontology=world.ontology)
    url = reverse("report-resolve", args=["other", report.pk])
    assert as_curator.post(url, {"deed": "withdraw"}).status_code == 404


def test_the_queries_do_not_grow_with_the_reports(world, as_curator, django_assert_max_num_queries):
    for n in (2, 25):
        for i, nomination in enumerate(world.nominated_clips(n)):
            report_of(world, nomination, f"ann-{n}-{i}")
        with django_assert_max_num_queries(14):
            page(as_curator)
