"""``assign_splits --continue``: new clips join, no old clip moves."""

import hypothesis
import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import LabelValue
from datasets_app.labels.models import Label
from datasets_app.splits.models import Split, SplitAssignment
from datasets_app.splits.services import SplitSettings, assign_splits, continue_latest_split
from datasets_app.splits.settings import settings_of
from datasets_app.splits.strategies import TrainValStrategy
from datasets_app.splits.wishes import Wish

pytestmark = pytest.mark.django_db

LENIENT = SplitSettings(min_dev=1, min_eval=1)
MIDS = ["/m/bark", "/m/cat", "/m/rain"]


@pytest.fixture
def first(yard) -> Split:
    return assign_splits(collection=yard, settings=LENIENT)


def proceed(collection) -> Split:
    return continue_latest_split(collection=collection, settings=LENIENT)


class TestOldClips:
    @pytest.mark.parametrize("strategy", list(TrainValStrategy))
    def test_stay_where_they_are_while_new_ones_join(self, yard, label_clip, places, strategy):
        chosen = SplitSettings(min_dev=1, min_eval=1, strategy=strategy)
        before = places(assign_splits(collection=yard, settings=chosen))
        for number in range(30):
            label_clip(f"new-{number:02}", f"uploader-{number}", MIDS[number % 3])
        after = places(continue_latest_split(collection=yard, settings=chosen))
        assert {clip: after[clip] for clip in before} == before
        assert len(after) == 70
        assert {after[clip] for clip in after.keys() - before} == {"train", "val", "eval"}

    def test_are_not_moved_by_other_labels(self, yard, first, places, sound_class):
        old = places(first)
        labels = Label.objects.filter(nomination__clip__collection=yard)
        for label in labels.select_related("nomination"):
            label.nomination.sound_class = sound_class("/m/cat")
            label.nomination.save()
        assert places(proceed(yard)) == old

    def test_stay_even_when_no_label_is_left_of_them(self, yard, first, places):
        old = places(first)
        Label.objects.filter(nomination__clip__external_id="clip-00").update(value=LabelValue.NP)
        Label.objects.filter(nomination__clip__external_id="clip-01").delete()
        assert places(proceed(yard)) == old

    def test_drop_out_when_they_are_withdrawn(self, yard, first, places):
        yard.clips.filter(external_id="clip-00").update(state=Clip.State.WITHDRAWN)
        after = places(proceed(yard))
        assert "clip-00" not in after
        assert after == {clip: part for clip, part in places(first).items() if clip != "clip-00"}


class TestNewClips:
    def test_go_to_the_side_of_their_uploader(self, yard, first, label_clip, sides_of_uploaders):
        for number in range(10):
            label_clip(f"new-{number}", f"uploader-{number}", "/m/rain")
        sides = sides_of_uploaders(proceed(yard))
        assert sides == sides_of_uploaders(first)

    def test_of_an_uploader_whose_only_clip_lost_its_label_go_to_its_side(
        self, yard, label_clip, sides_of_uploaders
    ):
        label_clip("only", "solo", "/m/rain")
        first = assign_splits(collection=yard, settings=LENIENT)
        Label.objects.filter(nomination__clip__external_id="only").delete()
        label_clip("next", "solo", "/m/cat")
        after = sides_of_uploaders(proceed(yard))
        assert after["solo"] == sides_of_uploaders(first)["solo"]

    def test_none_gives_the_same_places_again(self, yard, first, places):
        assert places(proceed(yard)) == places(first)

    @hypothesis.settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None
    )
    @given(
        rounds=st.lists(
            st.lists(
                st.tuples(st.integers(0, 6), st.sampled_from([*MIDS, "/m/dog"])),
                min_size=1,
                max_size=12,
            ),
            min_size=1,
            max_size=3,
        ),
        withdrawn=st.sets(st.integers(0, 11), max_size=3),
    )
    def test_however_they_come_nothing_old_moves_and_nobody_is_divided(
        self,
        collection,
        add_labelled_clips,
        clear,
        places,
        sides_of_uploaders,
        rounds,
        withdrawn,
    ):
        clear(collection)
        base = [(f"base-{i:02}", f"uploader-{i % 5}", [MIDS[0]]) for i in range(12)]
        add_labelled_clips(collection, base)
        before = places(assign_splits(collection=collection, settings=LENIENT))
        gone = [f"base-{i:02}" for i in withdrawn]
        collection.clips.filter(external_id__in=gone).update(state=Clip.State.WITHDRAWN)
        for number, clips in enumerate(rounds):
            new = [(f"{number}-{i:02}", f"uploader-{u}", [m]) for i, (u, m) in enumerate(clips)]
            add_labelled_clips(collection, new)
            try:
                split = proceed(collection)
            except ValueError as refusal:
                assert "No class has 1 dev and 1 eval clips" in str(refusal)
                continue
            after = places(split)
            assert {c: after.get(c) for c in before} == {
                c: None if c in gone else part for c, part in before.items()
            }
            assert all(len(sides) == 1 for sides in sides_of_uploaders(split).values())
            before = after


class TestTheRecord:
    def test_names_the_split_that_was_continued(self, yard, first):
        second = proceed(yard)
        third = proceed(yard)
        assert (first.parent, second.parent, third.parent) == (None, first, second)
        event = AuditEvent.objects.filter(verb="continue_split").latest("pk")
        assert event.after["parent"] == second.pk

    def test_compares_it_with_what_the_other_strategies_make_of_all_clips(self, yard, first):
        figures = proceed(yard).contamination
        assert figures == first.contamination

    def test_settings_not_given_are_those_of_the_split(self, yard):
        call_command(
            "assign_splits", "--collection=yard", "--seed=9", "--val-share=0.25", "--min-dev=3",
            "--strategy=iterative", "--pin=Rain",
        )  # fmt: skip
        call_command("assign_splits", "--collection=yard", "--continue", "--min-dev=2")
        split = Split.objects.latest("pk")
        assert settings_of(split) == SplitSettings(
            seed=9,
            val_share=0.25,
            min_dev=2,
            strategy=TrainValStrategy.ITERATIVE,
            wish=Wish(pin=("/m/rain",)),
        )

    def test_a_split_that_came_with_its_dataset_can_be_continued(self, yard, first, places):
        Split.objects.filter(pk=first.pk).update(contamination={}, eval_share=0, val_share=0)
        call_command("assign_splits", "--collection=yard", "--continue")
        assert places(Split.objects.latest("pk")) == places(first)

    def test_the_command_tells_how_many_are_new(self, yard, first, label_clip, capsys):
        label_clip("new", "newcomer", "/m/rain")
        call_command("assign_splits", "--collection=yard", "--continue")
        assert f"It continues split {first.pk}; 1 new." in capsys.readouterr().out


class TestRefusals:
    def test_without_a_split_the_command_to_run_is_named(self, yard):
        with pytest.raises(CommandError, match="yard has no split; run assign_splits"):
            call_command("assign_splits", "--collection=yard", "--continue")

    def test_an_uploader_that_is_on_both_sides_is_named(self, yard, first):
        moved = first.assignments.exclude(part="eval").first()
        SplitAssignment.objects.filter(
            split=first, clip__uploader=moved.clip.uploader
        ).update(part="train")  # fmt: skip
        SplitAssignment.objects.filter(pk=moved.pk).update(part="eval")
        name = moved.clip.uploader.name
        with pytest.raises(CommandError, match=f"Uploader {name} has clips in dev and in eval"):
            call_command("assign_splits", "--collection=yard", "--continue")
        assert Split.objects.count() == 1

    def test_thresholds_on_record_that_nobody_meets_any_more(self, yard, first):
        first.vocabulary.min_dev = 400
        first.vocabulary.save()
        with pytest.raises(CommandError, match="No class has 400 dev and 1 eval clips"):
            call_command("assign_splits", "--collection=yard", "--continue")
        assert Split.objects.count() == 1
