"""``mapping_report``: how well the words of each class find its clips."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.domain.proportion import wilson_interval
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.mapping import ClassMapping, report_mappings
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import nominate_labels

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapping(collection):
    """Return what the report says of a class."""

    def of(mid: str, **options) -> ClassMapping:
        report = report_mappings(collection=collection, **options)
        return next(c for c in report.classes if c.mid == mid)

    return of


@pytest.fixture
def answered(collection, make_clip, vote):
    """Nominate rain on so many clips and let one person give each its answer."""

    def make(*answers: str, **fields) -> None:
        clips = [make_clip(f"r{i}", tags=["rain"]) for i in range(len(answers))]
        nominate_labels(collection=collection)
        for clip, answer in zip(clips, answers, strict=True):
            vote(clip.nominations.get(), "ada", answer, **fields)

    return make


class TestWhatTheRulesMatch:
    def test_clips_that_match_are_counted_also_where_a_more_specific_class_is_nominated(
        self, collection, make_clip, mapping
    ):
        make_clip("1", tags=["dog", "bark"])
        make_clip("2", tags=["dog"])
        nominate_labels(collection=collection)
        assert (mapping("/m/dog").n_matched, mapping("/m/dog").n_nominations) == (2, 1)
        assert (mapping("/m/bark").n_matched, mapping("/m/bark").n_nominations) == (1, 1)

    def test_siblings_are_those_with_a_parent_in_common(self, make_clip, mapping):
        make_clip("1", tags=["bark", "growl"])
        make_clip("2", tags=["bark", "rain"])
        bark, rain = mapping("/m/bark"), mapping("/m/rain")
        assert (bark.shared.n, bark.shared.total, bark.top_sibling) == (1, 2, "Growling")
        assert bark.n_shared_with_top == 1
        assert (rain.shared.n, rain.top_sibling) == (0, None)

    def test_alternatives_that_match_nothing_are_named(self, make_clip, mapping):
        make_clip("1", tags=["bark"])
        assert mapping("/m/bark").idle_rules == (("dog", "woof"),)
        make_clip("2", tags=["dog", "woof"])
        assert mapping("/m/bark").idle_rules == ()

    def test_an_alternative_counts_though_another_gives_the_evidence(self, make_clip, mapping):
        make_clip("1", tags=["bark", "dog", "woof"])
        assert mapping("/m/bark").idle_rules == ()

    def test_vetoed_withdrawn_and_too_long_clips_match_nothing(
        self, collection, make_clip, mapping
    ):
        make_clip("1", tags=["rain", "rainstick"])
        make_clip("2", tags=["rain"], state=Clip.State.WITHDRAWN)
        make_clip("3", tags=["rain"], duration_s=90.01)
        make_clip("4", tags=["rain"], duration_s=90.0)
        assert mapping("/m/rain").n_matched == 1

    def test_the_fields_asked_for_are_read(self, make_clip, mapping):
        make_clip("1", tags=["city"], title="rain.wav", description="Cats.")
        assert mapping("/m/rain").n_matched == 1
        assert mapping("/m/rain", fields=["tags"]).n_matched == 0
        assert mapping("/m/cat", fields=["description"]).n_matched == 1

    def test_abstract_and_omitted_classes_are_not_reported(self, collection, make_clip):
        make_clip("1", tags=["animal", "hum"])
        reported = {c.mid for c in report_mappings(collection=collection).classes}
        assert reported == {"/m/dog", "/m/bark", "/m/growl", "/m/cat", "/m/rain"}

    def test_a_collection_without_clips_has_a_report(self, collection):
        report = report_mappings(collection=collection)
        assert (report.n_clips, report.n_matched_clips) == (0, 0)
        assert {c.shared.share for c in report.classes} == {None}

    def test_batches_and_queries_do_not_change_with_the_number_of_clips(
        self, collection, make_clip, monkeypatch
    ):
        def n_queries() -> int:
            with CaptureQueriesContext(connection) as queries:
                report_mappings(collection=collection)
            return len(queries)

        make_clip("0", tags=["rain"])
        few = n_queries()
        for i in range(1, 7):
            make_clip(str(i), tags=["rain"])
        assert n_queries() == few
        monkeypatch.setattr("datasets_app.nominations.matching.BATCH", 2)
        seen: list[tuple[int, int]] = []
        report = report_mappings(collection=collection, on_progress=lambda *at: seen.append(at))
        assert seen == [(2, 7), (4, 7), (6, 7), (7, 7)]
        assert report.n_matched_clips == 7


class TestWhatPeopleSay:
    def test_np_and_unsure_speak_against_a_mapping(self, answered, mapping):
        answered("PP", "PNP", "NP", "U")
        found = mapping("/m/rain").bad
        assert (found.n, found.total, found.share) == (2, 4, 0.5)
        low, high = wilson_interval(2, 4)
        assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))

    @pytest.mark.parametrize(("answers", "is_bad"), [(3, False), (4, True)])
    def test_a_mapping_is_bad_once_its_whole_interval_is_above_the_bound(
        self, answered, mapping, answers, is_bad
    ):
        answered(*["NP"] * answers)  # the lower ends are 0.439 and 0.510
        assert mapping("/m/rain").is_bad == is_bad

    def test_an_interval_that_begins_at_the_bound_is_not_yet_bad(self, answered, mapping):
        answered(*["NP"] * 4)
        low = mapping("/m/rain").bad.low
        assert not mapping("/m/rain", bad_above=low).is_bad

    def test_untrusted_answers_are_left_out(self, answered, mapping):
        answered("NP", "NP", is_trusted=False)
        assert mapping("/m/rain").bad.total == 0
        assert mapping("/m/rain").bad.share is None

    def test_what_a_model_suspected_tells_nothing_of_the_rules(
        self, make_clip, make_nomination, vote, mapping
    ):
        suspected = make_nomination(make_clip("1"), "/m/rain", origin=Nomination.Origin.MODEL)
        vote(suspected, "ada", "NP")
        imported = make_nomination(make_clip("2"), "/m/rain", origin=Nomination.Origin.IMPORT)
        vote(imported, "ada", "U")
        assert (mapping("/m/rain").bad.total, mapping("/m/rain").n_nominations) == (1, 1)

    def test_precision_is_the_share_of_settled_nominations_that_are_present(
        self, collection, make_clip, vote, mapping
    ):
        clips = [make_clip(str(i), tags=["rain"]) for i in range(5)]
        nominate_labels(collection=collection)
        pairs = [("PP", "PP"), ("PP", "PNP"), ("NP", "NP"), ("U", "U"), ("PP", "NP")]
        for clip, (first, second) in zip(clips, pairs, strict=True):
            vote(clip.nominations.get(), "ada", first)
            vote(clip.nominations.get(), "bob", second)
        infer_labels(collection=collection)
        assert (mapping("/m/rain").precision.n, mapping("/m/rain").precision.total) == (2, 3)

    def test_the_worst_come_first(self, collection, answered, make_clip):
        answered("NP", "NP", "NP")
        make_clip("1", tags=["bark", "growl"])
        names = [c.name for c in report_mappings(collection=collection).classes]
        assert names == ["Rain", "Bark", "Growling", "Cat", "Dog"]


class TestTheCommand:
    def test_it_says_the_worst_and_writes_all_of_it_where_asked(
        self, answered, make_clip, tmp_path, capsys
    ):
        answered(*["NP"] * 4)
        make_clip("1", tags=["bark", "growl"])
        file = tmp_path / "mapping.json"
        call_command("mapping_report", collection="yard", classes=2, json=file)
        assert capsys.readouterr().out.splitlines() == [
            "5 of 5 clips match rules, of 3 classes; 3 of 6 rules match nothing; bad mappings "
            "(surely more than 50% of the answers NP or U): 1.",
            "Rain: 4 matched, 4 nominated; NP or U 100% (51% to 100%) of 4 answers: BAD MAPPING",
            "Bark: 1 matched, 0 nominated; 100% also match siblings, most Growling (1); rules "
            "that match nothing: dog & woof",
            "… and 3 more; --json FILE has all",
        ]
        found = json.loads(file.read_text())
        assert [c["name"] for c in found["classes"]][:2] == ["Rain", "Bark"]
        assert found["classes"][0]["bad"]["n"] == 4

    def test_nothing_is_written(self, answered):
        answered("NP")
        before = (list(Nomination.objects.values()), AuditEvent.objects.count())
        call_command("mapping_report", collection="yard")
        assert (list(Nomination.objects.values()), AuditEvent.objects.count()) == before

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (["--fields", "tags,tittle"], "Field 'tittle' is not known; choose from tags, title"),
            (["--bad-above", "1.5"], "Received 1.5 as the bound of a bad mapping; give 0 to 1"),
            (["--bad-above", "nan"], "Received nan as the bound of a bad mapping; give 0 to 1"),
        ],
    )
    def test_what_it_cannot_take_is_said_in_a_sentence(self, collection, options, sentence):
        with pytest.raises(CommandError, match=sentence) as caught:
            call_command("mapping_report", "--collection", "yard", *options)
        assert caught.value.returncode == 1
