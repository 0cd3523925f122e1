"""``report_agreement`` over real answers and over a few whose figures are known by hand."""

import csv
import json
import math

import pytest
from django.core.management import call_command

from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.clips.services import open_collection
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import Ontology
from datasets_app.votes.agreement import report_agreement
from datasets_app.votes.importing import import_votes
from datasets_app.votes.models import Vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def esc_10(shared_data, db) -> Collection:
    """ESC-10's clips as records, judged against AudioSet."""
    call_command("load_ontology", str(shared_data / "audioset/ontology.json"), name="audioset")
    collection = open_collection(name="esc-10", ontology=Ontology.objects.get(name="audioset"))
    with (shared_data / "esc10/clips.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    names = sorted({row["uploader"] for row in rows})
    Uploader.objects.bulk_create(Uploader(collection=collection, name=name) for name in names)
    uploaders = {u.name: u for u in collection.uploaders.all()}
    Clip.objects.bulk_create(
        Clip(
            collection=collection,
            uploader=uploaders[row["uploader"]],
            external_id=row["clip_id"],
            sha256=f"{number:064d}",
            suffix=".ogg",
            duration_s=5.0,
            sample_rate_hz=44_100,
            n_channels=1,
            license=row["license"],
        )
        for number, row in enumerate(rows)
    )
    return collection


def test_the_crowd_of_esc_10_agrees_as_an_independent_package_finds(esc_10, shared_data):
    path = shared_data / "esc10/validation_votes.csv"
    summary = import_votes(collection=esc_10, path=path)
    assert (summary.n_rows, summary.n_added) == (5102, 5102)
    assert summary.n_nominations == Nomination.objects.count() == 340
    assert Vote.objects.count() == 5102

    report = report_agreement(collection=esc_10)
    overall = report["overall"]
    assert overall["alpha"] == pytest.approx(0.75108, abs=5e-6)
    assert (overall["n_units"], overall["n_ratings"]) == (340, 5102)
    assert overall["alpha_interval"]["low"] < 0.75108 < overall["alpha_interval"]["high"]
    assert len(report["classes"]) == 10
    assert sum(row["n_votes"] for row in report["annotators"]) == 5102

    again = import_votes(collection=esc_10, path=path)
    assert (again.n_added, again.n_revised, again.n_unchanged) == (0, 0, 5102)


def test_the_command_writes_the_figures_as_json(esc_10, shared_data, tmp_path, capsys):
    import_votes(collection=esc_10, path=shared_data / "esc10/validation_votes.csv")
    target = tmp_path / "agreement.json"
    call_command("report_agreement", collection="esc-10", json=target)
    assert round(json.loads(target.read_text())["overall"]["alpha"], 3) == 0.751
    assert "Agreement in esc-10: α 0.751" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_intervals(esc_10, shared_data):
    import_votes(collection=esc_10, path=shared_data / "esc10/validation_votes.csv")
    first, second = (report_agreement(collection=esc_10, seed=4) for _ in range(2))
    assert first == second


class TestAFewAnswers:
    @pytest.fixture
    def judged(self, make_clip, make_nomination, vote) -> None:
        """Ada and Ben agree on one clip and not on the other."""
        for clip, second in (("1", "PP"), ("2", "NP")):
            nomination = make_nomination(make_clip(clip), "/m/rain")
            vote(nomination, "ada", "PP")
            vote(nomination, "ben", second)

    def test_raw_agreement_is_the_share_of_agreeing_pairs(self, collection, judged):
        report = report_agreement(collection=collection)
        assert report["overall"]["raw"] == 0.5
        # Krippendorff's alpha by hand: D_o = 1/2, D_e = 2 * 3 * 1 / (4 * 3) = 1/2.
        assert report["overall"]["alpha"] == pytest.approx(0.0)

    def test_each_annotator_is_compared_with_the_rest(self, collection, judged):
        rows = {r["annotator"]: r for r in report_agreement(collection=collection)["annotators"]}
        assert rows["ada"]["agreement_with_rest"] == rows["ben"]["agreement_with_rest"] == 0.5
        assert rows["ada"]["n_votes"] == 2

    def test_untrusted_answers_stay_outside(self, collection, judged, vote):
        before = report_agreement(collection=collection)
        for nomination in Nomination.objects.all():
            vote(nomination, "zed", "U", is_trusted=False)
        assert report_agreement(collection=collection) == before

    def test_other_collections_stay_outside(self, ontology, judged):
        other = open_collection(name="street", ontology=ontology)
        assert report_agreement(collection=other)["overall"]["n_ratings"] == 0


def test_without_any_votes_figures_are_undefined_and_still_json(collection, capsys):
    report = report_agreement(collection=collection)
    assert report["overall"]["alpha"] is None
    assert (report["classes"], report["annotators"]) == ([], [])
    assert "NaN" not in json.dumps(report)
    call_command("report_agreement", collection="yard")
    assert "α undefined" in capsys.readouterr().out


def test_an_annotator_with_nobody_to_compare_is_said_to_be_so(
    collection, make_clip, make_nomination, vote, capsys
):
    vote(make_nomination(make_clip("1"), "/m/rain"), "ada", "PP")
    [row] = report_agreement(collection=collection)["annotators"]
    assert row["agreement_with_rest"] is None
    assert not any(isinstance(v, float) and math.isnan(v) for v in row.values())
    call_command("report_agreement", collection="yard")
    assert "ada: 1 votes, with nobody to compare" in capsys.readouterr().out
