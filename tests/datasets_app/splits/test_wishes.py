"""What a curator wants of a vocabulary: pinned, forbidden and merged classes."""

import pytest
from django.core.management import CommandError, call_command

from datasets_app.ontology.models import SoundClass
from datasets_app.releases.plan import plan_release
from datasets_app.splits.models import Split, SplitAssignment, Vocabulary, VocabularyMerge
from datasets_app.splits.services import SplitSettings, assign_splits
from datasets_app.splits.wishes import Wish, by_mid

pytestmark = pytest.mark.django_db


def split_with(*options: str) -> Split:
    call_command("assign_splits", "--collection=yard", *options)
    return Split.objects.latest("pk")


def kept(split: Split) -> set[str]:
    return set(split.vocabulary.classes.values_list("sound_class__mid", flat=True))


class TestPinning:
    def test_keeps_a_class_however_few_clips_it_has(self, yard, label_clip):
        label_clip("lonely", "uploader-0", "/m/growl")
        assert "/m/growl" not in kept(split_with())
        split = split_with("--pin", "Growling")
        assert "/m/growl" in kept(split)
        assert split.vocabulary.wish == {"pin": ["/m/growl"], "forbid": [], "merge": {}}
        assert split.assignments.filter(clip__external_id="lonely").exists()

    def test_a_class_that_no_clip_carries_is_refused(self, yard):
        with pytest.raises(CommandError, match="Growling is pinned, but no clip carries it"):
            split_with("--pin=/m/growl")


class TestForbidding:
    def test_sends_the_labels_of_a_class_up(self, yard):
        split = split_with("--forbid=/m/bark")
        assert kept(split) == {"/m/dog", "/m/cat", "/m/rain"}
        merge = split.vocabulary.merges.get(sound_class__mid="/m/bark")
        assert [c.mid for c in merge.into.all()] == ["/m/dog"]
        assert merge.reason.startswith("A curator forbade it; it has ")

    def test_leaves_out_what_nothing_above_takes(self, yard):
        split = split_with("--forbid=rain")
        assert "forbidden" in split.vocabulary.merges.get(sound_class__mid="/m/rain").reason
        assert not split.assignments.filter(clip__external_id="clip-02").exists()


class TestMerging:
    def test_gives_the_labels_of_a_class_to_another_on_record(self, yard):
        split = split_with("--merge", "Cat=Rain")
        counts = {c.sound_class.mid: c.n_dev + c.n_eval for c in split.vocabulary.classes.all()}
        assert counts["/m/rain"] == 13 + 13
        assert "/m/cat" not in counts
        merge = split.vocabulary.merges.get(sound_class__mid="/m/cat")
        assert [c.mid for c in merge.into.all()] == ["/m/rain"]
        assert merge.reason.startswith("A curator merged it; it has ")
        assert split.vocabulary.wish["merge"] == {"/m/cat": "/m/rain"}

    def test_a_release_of_it_propagates_the_same_way(self, yard):
        yard.clips.update(sha256=None)
        split = split_with("--merge", "Cat=Rain")
        for clip in yard.clips.all():
            clip.sha256 = f"{clip.external_id:0>64}"
            clip.save()
        plan = plan_release(collection=yard, version="1.0", split=split, parent=None)
        column = {c.mid: i for i, c in enumerate(plan.classes)}
        assert plan.ancestors.toarray()[column["/m/cat"], column["/m/rain"]]

    def test_may_be_given_several_times(self, yard):
        split = split_with("--merge=Cat=Rain", "--merge=Bark=Rain")
        assert kept(split) == {"/m/rain", "/m/dog"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--pin=Dog", "--forbid=/m/dog"], "Class Dog is both pinned and forbidden; choose one"),
        (["--merge=Dog=Bark"], "Class Dog is to merge into Bark, whose labels go back to Dog"),
        (["--merge=Dog=Dog"], "Class Dog is to merge into itself; name another class"),
        (["--merge=Cat=Rain", "--forbid=Rain"], "is to merge into Rain, which is forbidden"),
        (["--merge=Cat=Rain", "--pin=Cat"], "is to merge into Rain and is pinned; choose one"),
        (["--merge=Cat=Rain", "--merge=Cat=Dog"], "merge into Rain and into Dog; name one of them"),
        (["--merge=Cat"], "Received the merge 'Cat'; give CHILD=INTO"),
        (["--merge=Cat="], "Received the merge 'Cat='; give CHILD=INTO"),
        (["--pin=Dogs"], "has no class 'Dogs'; did you mean Dog?"),
        (["--forbid=/m/0zzz"], "has no class '/m/0zzz'; give the mid or name of one"),
        (["--min-dev=400"], "No class has 400 dev and 2 eval clips"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(yard, options, sentence):
    with pytest.raises(CommandError) as caught:
        split_with(*options)
    assert sentence in str(caught.value)
    assert caught.value.returncode == 1
    for table in (Split, SplitAssignment, Vocabulary, VocabularyMerge):
        assert not table.objects.exists()


def test_a_name_of_two_classes_asks_for_the_mid(yard, ontology):
    SoundClass.objects.create(ontology=ontology, mid="/m/rain2", name="RAIN")
    with pytest.raises(ValueError, match="2 classes are named rain; give one of /m/rain, /m/rain2"):
        by_mid(Wish(pin=("rain",)), ontology=ontology)


def test_the_order_and_spelling_of_wishes_make_no_difference(yard):
    wishes = (Wish(forbid=("Cat", "/m/rain", "cat")), Wish(forbid=("/m/rain", "/m/cat")))
    first, second = (
        assign_splits(collection=yard, settings=SplitSettings(wish=wish)).vocabulary.wish
        for wish in wishes
    )
    assert first == second
