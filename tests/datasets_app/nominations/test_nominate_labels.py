"""``nominate_labels``: the keyword rules, applied to a collection and applied again."""

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.clips.services import open_collection
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import add_nominations, nominate_labels, refresh_priorities
from datasets_app.ontology.services import load_ontology

pytestmark = pytest.mark.django_db


def nominated(clip: Clip) -> set[str]:
    return set(clip.nominations.values_list("sound_class__mid", flat=True))


def priority_of(clip: Clip, mid: str) -> float:
    return clip.nominations.get(sound_class__mid=mid).priority


class TestWhatIsNominated:
    def test_a_tag_or_a_word_of_the_title_nominates_its_class(self, collection, make_clip):
        by_tag = make_clip("1", tags=["Raining"])
        by_title = make_clip("2", title="Cats at night.wav")
        by_neither = make_clip("3", tags=["city"], description="rain and cats")
        nominate_labels(collection=collection)
        assert nominated(by_tag) == {"/m/rain"}
        assert nominated(by_title) == {"/m/cat"}
        assert nominated(by_neither) == set()

    def test_the_evidence_says_which_rule_met_which_words_where(self, collection, make_clip):
        clip = make_clip("1", tags=["Dogs"], title="loud woof.wav")
        nominate_labels(collection=collection)
        nomination = clip.nominations.get(sound_class__mid="/m/bark")
        assert nomination.origin == Nomination.Origin.KEYWORD
        assert nomination.evidence == {
            "rule": ["dog", "woof"],
            "matched": ["Dogs", "woof"],
            "field_names": ["tags", "title"],
        }

    def test_an_ancestor_that_the_label_would_imply_is_left_out(self, collection, make_clip):
        clip = make_clip("1", tags=["dog", "bark"])
        nominate_labels(collection=collection)
        assert nominated(clip) == {"/m/bark"}

    def test_an_ancestor_over_an_edge_that_does_not_propagate_stays(self, collection, make_clip):
        clip = make_clip("1", tags=["dog", "growl"])
        nominate_labels(collection=collection)
        assert nominated(clip) == {"/m/dog", "/m/growl"}

    def test_a_veto_word_excludes_its_class_only(self, collection, make_clip):
        clip = make_clip("1", tags=["rain", "rainstick", "cat"])
        nominate_labels(collection=collection)
        assert nominated(clip) == {"/m/cat"}

    def test_abstract_and_omitted_classes_are_never_nominated(self, collection, make_clip):
        clip = make_clip("1", tags=["animal", "hum"])
        nominate_labels(collection=collection)
        assert nominated(clip) == set()

    def test_withdrawn_clips_are_passed_over(self, collection, make_clip):
        clip = make_clip("1", tags=["rain"], state=Clip.State.WITHDRAWN)
        assert nominate_labels(collection=collection).n_clips == 0
        assert nominated(clip) == set()

    @pytest.mark.parametrize(
        ("duration_s", "is_nominated"),
        [(0.29, False), (0.3, True), (5.0, True), (90.0, True), (90.01, False)],
    )
    def test_both_bounds_of_the_duration_are_inclusive(
        self, collection, make_clip, duration_s, is_nominated
    ):
        collection.shortest_s, collection.longest_s = 0.3, 90.0
        collection.save()
        clip = make_clip("1", tags=["rain"], duration_s=duration_s)
        summary = nominate_labels(collection=collection)
        assert nominated(clip) == ({"/m/rain"} if is_nominated else set())
        assert summary.n_clips_out_of_bounds == (not is_nominated)

    def test_other_collections_are_left_alone(self, collection, ontology, make_clip):
        clip = make_clip("1", tags=["rain"])
        other = open_collection(name="street", ontology=ontology)
        nominate_labels(collection=other)
        assert nominated(clip) == set()

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
    @given(
        tags=st.lists(
            st.sampled_from(["dog", "bark", "woof", "growl", "cat", "rain", "caterpillar", "hum"]),
            max_size=6,
        )
    )
    def test_no_clip_is_nominated_for_a_class_and_one_that_implies_it(
        self, collection, make_clip, tags
    ):
        collection.clips.all().delete()
        clip = make_clip("1", tags=tags)
        nominate_labels(collection=collection)
        found = nominated(clip)
        assert not {"/m/bark", "/m/dog"} <= found
        assert bool(found & {"/m/bark", "/m/dog"}) == bool({"dog", "bark"} & set(tags))
        assert ("/m/cat" in found) == ("cat" in tags and "caterpillar" not in tags)


class TestRunAgain:
    def test_nothing_changes_when_nothing_is_new(self, collection, make_clip):
        make_clip("1", tags=["rain", "dog"])
        nominate_labels(collection=collection, seed=3)
        before = list(Nomination.objects.order_by("pk").values())
        summary = nominate_labels(collection=collection, seed=3)
        assert (summary.n_added, summary.n_withdrawn) == (0, 0)
        assert list(Nomination.objects.order_by("pk").values()) == before
        assert AuditEvent.objects.filter(verb="nominate_labels").count() == 1

    def test_new_clips_are_added_and_what_no_longer_holds_is_withdrawn(self, collection, make_clip):
        old = make_clip("1", tags=["rain", "cat"])
        nominate_labels(collection=collection)
        old.tags = ["cat"]
        old.save()
        new = make_clip("2", tags=["dog"])
        summary = nominate_labels(collection=collection)
        assert (summary.n_added, summary.n_withdrawn) == (1, 1)
        assert nominated(old) == {"/m/cat"}
        assert nominated(new) == {"/m/dog"}

    def test_a_nomination_with_a_vote_is_never_touched(self, collection, make_clip, vote):
        clip = make_clip("1", tags=["rain", "dog"])
        nominate_labels(collection=collection)
        for mid in ("/m/rain", "/m/dog"):
            vote(clip.nominations.get(sound_class__mid=mid), "ada", "U")
        before = list(clip.nominations.order_by("pk").values("pk", "evidence", "origin"))
        clip.tags = ["bark"]  # rain no longer holds, and bark implies dog
        clip.save()
        summary = nominate_labels(collection=collection)
        assert summary.n_withdrawn == 0
        assert nominated(clip) == {"/m/rain", "/m/dog", "/m/bark"}
        kept = clip.nominations.exclude(sound_class__mid="/m/bark")
        assert list(kept.order_by("pk").values("pk", "evidence", "origin")) == before

    def test_an_unvoted_ancestor_gives_way_to_a_descendant(self, collection, make_clip):
        clip = make_clip("1", tags=["dog"])
        nominate_labels(collection=collection)
        clip.tags = ["dog", "bark"]
        clip.save()
        nominate_labels(collection=collection)
        assert nominated(clip) == {"/m/bark"}

    @pytest.mark.parametrize(
        "origin", [Nomination.Origin.MODEL, Nomination.Origin.PERSON, Nomination.Origin.IMPORT]
    )
    def test_what_others_nominated_is_not_withdrawn_for_want_of_a_keyword(
        self, collection, make_clip, make_nomination, origin
    ):
        clip = make_clip("1", tags=["city"])
        make_nomination(clip, "/m/rain", origin=origin)
        nominate_labels(collection=collection)
        assert nominated(clip) == {"/m/rain"}

    def test_what_a_model_suspected_first_keeps_its_origin(
        self, collection, make_clip, make_nomination
    ):
        clip = make_clip("1", tags=["rain"])
        make_nomination(clip, "/m/rain", origin=Nomination.Origin.MODEL, evidence={"score": 0.9})
        summary = nominate_labels(collection=collection)
        assert summary.n_added == 0
        assert clip.nominations.get().evidence == {"score": 0.9}

    def test_a_clip_that_became_too_long_loses_its_keyword_nominations(self, collection, make_clip):
        clip = make_clip("1", tags=["rain"])
        nominate_labels(collection=collection)
        collection.longest_s = 1.0
        collection.save()
        assert nominate_labels(collection=collection).n_withdrawn == 1
        assert nominated(clip) == set()

    def test_small_batches_find_the_same(self, collection, make_clip, monkeypatch):
        monkeypatch.setattr("datasets_app.nominations.matching.BATCH", 2)
        clips = [make_clip(str(i), tags=["rain"]) for i in range(5)]
        seen: list[int] = []
        summary = nominate_labels(
            collection=collection, on_progress=lambda done, total: seen.append(done)
        )
        assert summary.n_added == 5
        assert all(nominated(clip) == {"/m/rain"} for clip in clips)
        assert seen == [2, 4, 5]


class TestTheOrderOfTheQueue:
    @pytest.mark.parametrize(
        ("duration_s", "expected"),
        [
            (0.29, 0.0),
            (0.3, 300.0),
            (10.0, 300.0),
            (10.01, 200.0),
            (20.0, 200.0),
            (20.01, 100.0),
            (30.0, 100.0),
            (30.01, 0.0),
        ],
    )
    def test_short_clips_come_first_but_not_the_very_short(
        self, collection, make_clip, duration_s, expected
    ):
        clip = make_clip("1", tags=["rain"], duration_s=duration_s)
        nominate_labels(collection=collection)
        assert priority_of(clip, "/m/rain") == expected

    def test_each_trusted_answer_that_it_is_there_counts_a_thousand(
        self, collection, make_clip, vote
    ):
        clip = make_clip("1", tags=["rain"])
        nominate_labels(collection=collection)
        nomination = clip.nominations.get()
        for name, answer in [("a", "PP"), ("b", "PNP"), ("c", "NP"), ("d", "U")]:
            vote(nomination, name, answer)
        vote(nomination, "e", "PP", is_trusted=False)
        refresh_priorities(collection=collection)
        assert priority_of(clip, "/m/rain") == 2300.0

    def test_a_long_clip_counts_only_its_answers(self, collection, make_clip, vote):
        clip = make_clip("1", tags=["rain"], duration_s=31.0)
        nominate_labels(collection=collection)
        vote(clip.nominations.get(), "a", "PP")
        refresh_priorities(collection=collection)
        assert priority_of(clip, "/m/rain") == 1.0

    def test_what_did_not_change_is_not_written(self, collection, make_clip):
        make_clip("1", tags=["rain"])
        nominate_labels(collection=collection)
        assert refresh_priorities(collection=collection) == 0

    def test_ties_are_broken_by_the_seed_alone(self, collection, make_clip):
        clips = [make_clip(str(i), tags=["rain"]) for i in range(8)]

        def order(seed: int) -> list[int]:
            Nomination.objects.all().delete()
            nominate_labels(collection=collection, seed=seed)
            queue = Nomination.objects.order_by("-priority", "shuffle")
            return list(queue.values_list("clip_id", flat=True))

        assert order(1) == order(1)
        assert order(1) != order(2)
        assert sorted(order(1)) == sorted(clip.pk for clip in clips)


class TestAddingNominations:
    def test_a_pair_that_is_there_keeps_its_first_origin(self, make_clip, sound_class):
        pair = (make_clip("1").pk, sound_class("/m/rain").pk)
        assert add_nominations(pairs={pair: {"n": 1}}, origin=Nomination.Origin.KEYWORD) == 1
        assert add_nominations(pairs={pair: {"n": 2}}, origin=Nomination.Origin.MODEL) == 0
        nomination = Nomination.objects.get()
        assert (nomination.origin, nomination.evidence) == ("keyword", {"n": 1})

    def test_none_is_no_trouble(self, db):
        assert add_nominations(pairs={}, origin=Nomination.Origin.IMPORT) == 0


def test_the_command_says_when_the_ontology_has_no_rules(db, capsys):
    plain, _ = load_ontology(name="p", data=[{"id": "a", "name": "A"}], source_sha256="1" * 64)
    open_collection(name="street", ontology=plain)
    call_command("nominate_labels", collection="street")
    captured = capsys.readouterr()
    assert "No class of this ontology has keyword rules" in captured.err
    assert "0 nominations added" in captured.out
