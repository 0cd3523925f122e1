"""Keyword rules tried before they are applied, and what applying them really does."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.audit.models import AuditEvent
from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.mapping_precision import ClipRating
from datasets_app.nominations.mapping_state import forget_state, nomination_fields
from datasets_app.nominations.mapping_trial import check_rules, draw_trial_sample, try_rules
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.rule_changes import (
    change_rules,
    follow_rules,
    rate_mapping,
    rules_fingerprint,
    undo_rules,
)
from datasets_app.nominations.rule_models import MappingRating, RuleRevision
from datasets_app.nominations.services import nominate_labels
from datasets_app.people.models import User

pytestmark = pytest.mark.django_db

BARK = ([["bark"], ["dog", "woof"]], [])


@pytest.fixture
def cara(db) -> User:
    return User.objects.create_user("cara")


@pytest.fixture
def bark(sound_class):
    return sound_class("/m/bark")


@pytest.fixture
def attempt(collection, bark):
    """Try rules for Bark on the records as they are now."""

    def with_rules(keywords, vetoes=(), of=bark):
        forget_state(collection=collection, sound_class=of)
        return try_rules(collection=collection, sound_class=of, rules=(keywords, vetoes))

    return with_rules


@pytest.fixture
def apply(collection, bark, cara):
    """Change the rules of Bark, and take all nominations along."""

    def rules(keywords, vetoes=(), of=bark, at_once=2000) -> RuleRevision:
        of.refresh_from_db()
        known = rules_fingerprint((of.keywords, of.omit_keywords))
        revision = change_rules(
            collection=collection,
            sound_class=of,
            rules=(keywords, vetoes),
            known=known,
            actor=cara,
        )
        return finish(revision, at_once)

    return rules


def finish(revision: RuleRevision, at_once: int = 2000) -> RuleRevision:
    while revision.finished_at is None:
        revision = follow_rules(revision=revision, n_clips=at_once)
    return revision


def held(collection) -> set[tuple[str, str]]:
    rows = Nomination.objects.filter(clip__collection=collection)
    return set(rows.values_list("clip__external_id", "sound_class__mid"))


def test_a_trial_says_what_would_come_go_and_stay(collection, make_clip, attempt):
    make_clip("1", tags=["bark"])
    make_clip("2", tags=["barking", "seal"])
    make_clip("3", tags=["yap"])
    make_clip("4", tags=["bark"], duration_s=91.0)
    nominate_labels(collection=collection)
    found = attempt([["bark"], ["yap"]], ["seal"])
    assert (found.n_clips, found.n_added, found.n_withdrawn, found.n_kept) == (2, 1, 1, 1)
    assert found.n_vetoed == 1
    assert [a.n_clips for a in found.alternatives] == [1, 1]
    assert held(collection) == {("1", "/m/bark"), ("2", "/m/bark")}


def test_nominations_with_answers_and_those_of_a_model_stay(
    collection, make_clip, make_nomination, vote, attempt
):
    make_clip("1", tags=["bark"])
    nominate_labels(collection=collection)
    vote(Nomination.objects.get(), "ana", "PP")
    make_nomination(make_clip("2"), "/m/bark", origin=Nomination.Origin.MODEL)
    found = attempt([["yap"]])
    assert (found.n_withdrawn, found.n_kept, found.n_held_anyway) == (0, 2, 2)


def test_a_class_gives_way_to_a_more_specific_one(collection, make_clip, sound_class, attempt):
    make_clip("1", tags=["dog", "bark"])
    make_clip("2", tags=["dog"])
    nominate_labels(collection=collection)
    found = attempt([["dog"]], of=sound_class("/m/dog"))
    assert (found.n_clips, found.n_implied, found.n_added, found.n_withdrawn) == (1, 1, 0, 0)


def test_what_is_applied_is_what_the_trial_said(collection, make_clip, attempt, apply):
    for i, tags in enumerate([["bark"], ["dog", "woof"], ["dog"], ["yap", "dog"], ["rain"]]):
        make_clip(str(i), tags=tags)
    nominate_labels(collection=collection)
    told = attempt([["yap"], ["bark"]])
    done = apply([["yap"], ["bark"]])
    assert told.n_added == told.n_withdrawn == 1
    assert {c for c, mid in held(collection) if mid == "/m/bark"} == {"0", "3"}
    assert {c for c, mid in held(collection) if mid == "/m/dog"} == {"1", "2"}
    assert done.n_added == 2  # Bark on clip 3, and Dog on clip 1 again
    again = nominate_labels(collection=collection)
    assert (again.n_added, again.n_withdrawn, again.n_reworded) == (0, 0, 0)


tags = st.lists(st.sampled_from(["bark", "dog", "woof", "yap", "animal", "rain"]), max_size=3)
some_rules = st.tuples(
    st.lists(
        st.lists(st.sampled_from(["bark", "woof", "dog", "yap"]), min_size=1, max_size=2),
        max_size=3,
    ),
    st.lists(st.sampled_from(["rain", "yap"]), max_size=1),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(clips=st.lists(tags, min_size=1, max_size=6), rules=some_rules, at_once=st.integers(1, 3))
def test_applying_then_nominating_all_anew_changes_nothing(
    collection, bark, make_clip, attempt, apply, clips, rules, at_once
):
    collection.clips.all().delete()
    for i, words in enumerate(clips):
        make_clip(str(i), tags=words)
    nominate_labels(collection=collection)
    bark.refresh_from_db()
    keywords, vetoes = rules
    if rules_fingerprint(rules) == rules_fingerprint((bark.keywords, bark.omit_keywords)):
        return
    before = held(collection)
    told = attempt(keywords, vetoes)
    apply(keywords, vetoes, at_once=at_once)
    of_class = {pair for pair in held(collection) if pair[1] == "/m/bark"}
    before = {pair for pair in before if pair[1] == "/m/bark"}
    assert (told.n_added, told.n_withdrawn) == (len(of_class - before), len(before - of_class))
    after = held(collection)
    nominate_labels(collection=collection)
    assert held(collection) == after


def test_undo_gives_back_rules_and_nominations(collection, make_clip, bark, apply, cara):
    make_clip("1", tags=["bark"])
    make_clip("2", tags=["yap"])
    nominate_labels(collection=collection)
    before = held(collection)
    revision = apply([["yap"]])
    assert held(collection) == {("2", "/m/bark")}
    finish(undo_rules(revision=revision, actor=cara))
    bark.refresh_from_db()
    assert (bark.keywords, bark.omit_keywords) == BARK
    assert held(collection) == before
    verbs = AuditEvent.objects.filter(record_type="soundclass").values_list("verb", flat=True)
    assert list(verbs.order_by("pk")) == ["change_rules", "undo_rules"]


def test_rules_that_someone_else_changed_are_not_overwritten(collection, bark, apply, cara):
    known = rules_fingerprint((bark.keywords, bark.omit_keywords))
    apply([["yap"]])
    with pytest.raises(RuleError, match="changed since you opened them"):
        change_rules(
            collection=collection, sound_class=bark, rules=([["arf"]], []), known=known, actor=cara
        )
    bark.refresh_from_db()
    assert bark.keywords == [["yap"]]


def test_the_same_rules_are_no_change(bark, apply):
    with pytest.raises(RuleError, match="are the rules that Bark has"):
        apply(bark.keywords, bark.omit_keywords)
    assert not RuleRevision.objects.exists()


def test_an_interrupted_change_goes_on_where_it_was(collection, make_clip, bark, cara):
    for i in range(5):
        make_clip(str(i), tags=["yap"])
    revision = change_rules(
        collection=collection,
        sound_class=bark,
        rules=([["yap"]], []),
        known=rules_fingerprint(BARK),
        actor=cara,
    )
    revision = follow_rules(revision=revision, n_clips=2)
    assert (revision.n_done, revision.n_clips, revision.finished_at) == (2, 5, None)
    revision = finish(revision, 2)
    assert (revision.n_done, revision.n_added) == (5, 5)
    assert follow_rules(revision=revision).n_done == 5


def test_ratings_outlive_a_change_of_the_rules(make_clip, bark, attempt, cara):
    clips = [make_clip(str(i), tags=["bark"] if i < 6 else ["yap"]) for i in range(10)]
    for clip in clips[:4]:
        rate_mapping(sound_class=bark, clip=clip, rating=ClipRating.PRESENT, actor=cara)
    rate_mapping(sound_class=bark, clip=clips[6], rating=ClipRating.ABSENT, actor=cara)
    rate_mapping(sound_class=bark, clip=clips[7], rating=ClipRating.UNSURE, actor=cara)
    alone, both = attempt([["bark"]]), attempt([["bark"], ["yap"]])
    assert (alone.precision.share, alone.precision.n_rated) == (1.0, 4)
    assert both.precision.share == pytest.approx(0.6 * 1.0 + 0.4 * 0.0)
    assert (both.precision.n_rated, both.n_unsure) == (5, 1)
    assert both.precision.high - both.precision.low > alone.precision.high - alone.precision.low


def test_a_rating_can_be_changed_and_taken_back(make_clip, bark, cara):
    clip = make_clip("1", tags=["bark"])
    for rating in (ClipRating.PRESENT, ClipRating.ABSENT):
        rate_mapping(sound_class=bark, clip=clip, rating=rating, rule=["bark"], actor=cara)
    kept = MappingRating.objects.get()
    assert (kept.rating, kept.rule) == ("absent", ["bark"])
    rate_mapping(sound_class=bark, clip=clip, rating=None, actor=cara)
    assert not MappingRating.objects.exists()


def test_a_sample_is_the_same_for_the_same_seed_and_only_of_what_can_be_heard(
    collection, make_clip, bark, attempt
):
    for i in range(30):
        make_clip(str(i), tags=["bark"])
    collection.clips.filter(external_id="3").update(sha256=None)
    make_clip("y", tags=["yap"])
    found = attempt([["bark"], ["yap"]])

    def draw(**fields):
        fields = {"collection": collection, "sound_class": bark, "trial": found} | fields
        return [s.clip.external_id for s in draw_trial_sample(**fields)]

    assert draw(seed=1) == draw(seed=1) != draw(seed=2)
    assert len(draw(seed=1)) == 12
    assert "y" in draw(seed=1)
    assert draw(seed=1, only=1) == ["y"]
    assert "3" not in draw(seed=1, n_wanted=100)


@pytest.mark.parametrize(
    ("keywords", "vetoes", "sentence"),
    [
        ("dog", [], "keywords"),
        ([["…"]], [], "no letter or digit"),
        ([[]], [], "empty list"),
        ([["dog"]], [7], "no text"),
        ([["a" * 101]], [], "101 characters; give 100 or fewer"),
        ([["dog"]] * 201, [], "201 alternatives"),
        ([["a", "b", "c", "d", "e", "f", "g", "h", "i"]], [], "more than 8 words"),
        ([["do\x00g"]], [], "cannot be printed"),
    ],
)
def test_what_is_no_rule_is_refused(bark, keywords, vetoes, sentence):
    with pytest.raises(RuleError, match=sentence):
        check_rules(sound_class=bark, keywords=keywords, vetoes=vetoes)


def test_the_fields_are_those_of_the_last_nomination(collection, make_clip, attempt):
    make_clip("1", description="a bark far away")
    assert attempt([["bark"]]).n_clips == 0
    nominate_labels(collection=collection, fields=("tags", "description"))
    assert nomination_fields(collection=collection) == ("tags", "description")
    assert attempt([["bark"]]).n_clips == 1


def test_the_queries_of_a_trial_do_not_grow_with_the_clips(
    collection, make_clip, bark, attempt, cara, django_assert_max_num_queries
):
    for n in (5, 40):
        for i in range(n):
            clip = make_clip(f"{n}-{i}", tags=["bark", "dog"])
        rate_mapping(sound_class=bark, clip=clip, rating=ClipRating.PRESENT, actor=cara)
        with django_assert_max_num_queries(14):
            found = attempt([["bark"]])
            draw_trial_sample(collection=collection, sound_class=bark, trial=found, seed=0)
    assert np.all(found.hearable)
