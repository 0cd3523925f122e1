"""``assign_splits``: uploaders undivided, a vocabulary both sides can carry, all from one seed."""

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import LabelValue
from datasets_app.splits.models import Split, SplitAssignment, Vocabulary, VocabularyMerge
from datasets_app.splits.services import SplitSettings, assign_splits, count_parts

pytestmark = pytest.mark.django_db

LENIENT = SplitSettings(min_dev=1, min_eval=1)


def is_untouched() -> bool:
    tables = (Split, SplitAssignment, Vocabulary, VocabularyMerge)
    return not any(table.objects.exists() for table in tables)


class TestTheSides:
    def test_no_uploader_is_in_dev_and_in_eval(self, yard, places, sides_of_uploaders):
        split = assign_splits(collection=yard, settings=SplitSettings())
        assert all(len(sides) == 1 for sides in sides_of_uploaders(split).values())
        assert set(places(split).values()) == {"train", "val", "eval"}

    def test_every_labelled_clip_has_one_place(self, yard, places):
        split = assign_splits(collection=yard, settings=SplitSettings())
        assert len(places(split)) == split.assignments.count() == 40
        assert sum(count_parts(split=split).values()) == 40

    def test_eval_has_about_the_share_that_was_asked_for(self, yard):
        split = assign_splits(collection=yard, settings=SplitSettings(eval_share=0.3))
        assert 8 <= count_parts(split=split)["eval"] <= 16

    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
    )
    @given(
        clips=st.lists(
            st.tuples(
                st.integers(0, 5),
                st.sets(st.sampled_from(["/m/bark", "/m/cat", "/m/rain", "/m/dog"]), min_size=1),
            ),
            min_size=1,
            max_size=25,
        ),
        seed=st.integers(0, 3),
    )
    def test_whatever_the_collection_no_uploader_is_divided(
        self, collection, label_clip, clips, seed, sides_of_uploaders
    ):
        Split.objects.all().delete()
        collection.clips.all().delete()
        for number, (uploader, mids) in enumerate(clips):
            label_clip(f"clip-{number:02}", f"uploader-{uploader}", *mids)
        try:
            split = assign_splits(
                collection=collection, settings=SplitSettings(seed=seed, min_dev=1, min_eval=1)
            )
        except ValueError as refusal:
            assert "No class has 1 dev and 1 eval clips" in str(refusal)
            assert not Split.objects.exists()
        else:
            assert all(len(sides) == 1 for sides in sides_of_uploaders(split).values())
            assert {c.n_dev >= 1 and c.n_eval >= 1 for c in split.vocabulary.classes.all()} == {
                True
            }


class TestTheSeed:
    def test_the_same_seed_gives_the_same_split(self, yard, places):
        first, second = (
            assign_splits(collection=yard, settings=SplitSettings(seed=5)) for _ in range(2)
        )
        assert first.pk != second.pk
        assert places(first) == places(second)

    def test_the_order_in_which_clips_came_does_not_matter(self, yard, label_clip, places):
        before = places(assign_splits(collection=yard, settings=SplitSettings(seed=5)))
        Split.objects.all().delete()
        yard.clips.all().delete()
        yard.uploaders.all().delete()
        for number in reversed(range(40)):
            mid = ["/m/bark", "/m/cat", "/m/rain"][number % 3]
            label_clip(f"clip-{number:02}", f"uploader-{number % 10}", mid)
        after = places(assign_splits(collection=yard, settings=SplitSettings(seed=5)))
        assert after == before

    def test_the_settings_are_on_record(self, yard):
        chosen = SplitSettings(seed=7, eval_share=0.4, val_share=0.2, min_dev=3, min_eval=1)
        split = assign_splits(collection=yard, settings=chosen)
        assert (split.seed, split.eval_share, split.val_share) == (7, 0.4, 0.2)
        assert (split.vocabulary.min_dev, split.vocabulary.min_eval) == (3, 1)
        event = AuditEvent.objects.get(verb="assign_splits")
        assert event.after == {
            "seed": 7,
            "eval_share": 0.4,
            "val_share": 0.2,
            "min_dev": 3,
            "min_eval": 1,
            "strategy": "contamination",
            "wish": {"pin": [], "forbid": [], "merge": []},
        }


class TestTheVocabulary:
    def test_counts_include_what_propagates_upwards(self, yard):
        split = assign_splits(collection=yard, settings=SplitSettings())
        counts = {c.sound_class.mid: (c.n_dev, c.n_eval) for c in split.vocabulary.classes.all()}
        assert counts["/m/dog"] == counts["/m/bark"]
        assert sum(counts["/m/bark"]) == 14

    def test_a_class_with_too_few_clips_is_merged_into_its_parent_on_record(self, yard, label_clip):
        for number in range(30):
            label_clip(f"dog-{number:02}", f"uploader-{number % 10}", "/m/dog")
        split = assign_splits(collection=yard, settings=SplitSettings(min_dev=15))
        kept = set(split.vocabulary.classes.values_list("sound_class__mid", flat=True))
        assert kept == {"/m/dog"}
        merge = split.vocabulary.merges.get(sound_class__mid="/m/bark")
        assert [c.mid for c in merge.into.all()] == ["/m/dog"]
        assert "too few" in merge.reason

    def test_a_class_that_nothing_can_take_in_is_left_out_on_record(self, yard, label_clip, places):
        label_clip("lonely", "uploader-0", "/m/growl")
        split = assign_splits(collection=yard, settings=SplitSettings())
        merge = split.vocabulary.merges.get(sound_class__mid="/m/growl")
        assert not merge.into.exists()
        assert "clips" in merge.reason
        assert "lonely" not in places(split)

    def test_abstract_and_omitted_classes_are_no_part_of_it(self, yard, label_clip):
        for number in range(20):
            label_clip(f"hum-{number:02}", f"uploader-{number % 10}", "/m/hum")
        split = assign_splits(collection=yard, settings=SplitSettings())
        kept = set(split.vocabulary.classes.values_list("sound_class__mid", flat=True))
        assert kept == {"/m/bark", "/m/dog", "/m/cat", "/m/rain"}

    def test_the_clips_of_an_omitted_class_go_to_its_parent_for_that_reason(
        self, yard, label_clip, places
    ):
        for number in range(20):
            label_clip(f"howl-{number:02}", f"uploader-{number % 10}", "/m/howl")
        split = assign_splits(collection=yard, settings=SplitSettings())
        merge = split.vocabulary.merges.get(sound_class__mid="/m/howl")
        assert [c.mid for c in merge.into.all()] == ["/m/dog"]
        assert merge.reason == "It is abstract or omitted."
        assert "howl-00" in places(split)

    def test_thresholds_are_inclusive(self, yard):
        split = assign_splits(collection=yard, settings=SplitSettings())
        fewest = min(c.n_dev for c in split.vocabulary.classes.all())
        at_it = assign_splits(collection=yard, settings=SplitSettings(min_dev=fewest))
        above = assign_splits(collection=yard, settings=SplitSettings(min_dev=fewest + 1))
        assert at_it.vocabulary.classes.count() > above.vocabulary.classes.count()

    def test_every_class_with_a_clip_is_kept_merged_or_left_out(self, yard, label_clip):
        label_clip("lonely", "uploader-0", "/m/growl")
        split = assign_splits(collection=yard, settings=SplitSettings(min_dev=10))
        kept = set(split.vocabulary.classes.values_list("sound_class__mid", flat=True))
        told = set(split.vocabulary.merges.values_list("sound_class__mid", flat=True))
        labelled = {"/m/bark", "/m/cat", "/m/rain", "/m/growl"}
        assert labelled <= kept | told
        assert not kept & told


class TestWhatIsLeftOut:
    def test_absent_and_undecided_classes_place_no_clip(self, yard, label_clip, places):
        label_clip("silent", "uploader-0", "/m/rain", value=LabelValue.NP)
        label_clip("unsure", "uploader-0", "/m/rain", value=LabelValue.U)
        assert (
            not {"silent", "unsure"}
            & places(assign_splits(collection=yard, settings=SplitSettings())).keys()
        )

    def test_withdrawn_clips_have_no_place(self, yard, places):
        yard.clips.filter(external_id="clip-00").update(state=Clip.State.WITHDRAWN)
        split = assign_splits(collection=yard, settings=SplitSettings())
        assert "clip-00" not in places(split)


class TestRefusals:
    def test_without_a_label_the_commands_to_run_are_named(self, collection, make_clip):
        make_clip("1")
        with pytest.raises(ValueError, match="no clip with a decided present label; import or"):
            assign_splits(collection=collection, settings=LENIENT)
        assert is_untouched()

    def test_with_one_uploader_the_thresholds_cannot_be_met(self, collection, label_clip):
        for number in range(9):
            label_clip(str(number), "ana", "/m/rain")
        with pytest.raises(ValueError, match="No class has 1 dev and 1 eval clips"):
            assign_splits(collection=collection, settings=LENIENT)
        assert is_untouched()

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"eval_share": 0.0}, "eval_share is 0; give a number between 0 and 1"),
            ({"eval_share": 1.0}, "eval_share is 1; give a number between 0 and 1"),
            ({"val_share": float("nan")}, "val_share is nan; give a number between 0 and 1"),
            ({"min_dev": 0}, "min_dev is 0; give 1 or more"),
            ({"min_eval": -1}, "min_eval is -1; give 1 or more"),
            ({"seed": -1}, "seed is -1; give 0 to"),
            ({"seed": 2**63}, "seed is 9223372036854775808; give 0 to"),
        ],
    )
    def test_settings_out_of_range_are_refused_in_a_sentence(self, yard, options, sentence):
        with pytest.raises(CommandError, match=sentence):
            call_command("assign_splits", collection="yard", **options)
        assert is_untouched()


def test_the_command_counts_the_parts(yard, capsys):
    call_command("assign_splits", collection="yard")
    printed = capsys.readouterr().out
    parts = count_parts(split=Split.objects.get())
    assert f"{parts['train']} train, {parts['val']} val, {parts['eval']} eval" in printed
    assert "4 classes in the vocabulary" in printed
