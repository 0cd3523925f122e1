"""What rated labels imply upwards, and what goes with one of them."""

import pytest

from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.labels.models import Label
from datasets_app.labels.propagation import classes_lost_without, propagated_labels

pytestmark = pytest.mark.django_db


@pytest.fixture
def clip(make_clip) -> Clip:
    return make_clip("1")


@pytest.fixture
def rate(clip, make_nomination):
    def make(mid: str, value: LabelValue = LabelValue.PP) -> Label:
        return Label.objects.create(
            nomination=make_nomination(clip, mid),
            state=DecisionState.DECIDED,
            value=value,
            reached_by=ReachedBy.AGREEMENT,
        )

    return make


def implied(clip: Clip) -> dict[str, list[str]]:
    return {
        label.sound_class.mid: [c.mid for c in label.implied_by]
        for label in propagated_labels(clip=clip)
    }


def lost(label: Label) -> list[str]:
    return [c.mid for c in classes_lost_without(label=label)]


class TestWhatIsImplied:
    def test_every_ancestor_names_the_rated_labels_below_it(self, clip, rate):
        rate("/m/bark")
        rate("/m/cat")
        assert implied(clip) == {"/m/animal": ["/m/bark", "/m/cat"], "/m/dog": ["/m/bark"]}

    def test_a_rated_class_is_not_a_propagated_one(self, clip, rate):
        rate("/m/bark")
        rate("/m/dog")
        assert implied(clip) == {"/m/animal": ["/m/bark", "/m/dog"]}

    def test_nothing_goes_over_an_edge_that_does_not_propagate(self, clip, rate):
        rate("/m/growl")
        assert implied(clip) == {}

    def test_a_refused_class_is_not_implied_but_what_lies_above_it_is(self, clip, rate):
        rate("/m/bark")
        rate("/m/dog", LabelValue.NP)
        assert implied(clip) == {"/m/animal": ["/m/bark"]}

    def test_a_clip_without_labels_has_none(self, clip):
        assert implied(clip) == {}


class TestWhatIsLost:
    def test_is_the_label_and_what_it_alone_implied(self, rate):
        bark = rate("/m/bark")
        assert lost(bark) == ["/m/animal", "/m/bark", "/m/dog"]
        rate("/m/cat")
        assert lost(bark) == ["/m/bark", "/m/dog"]

    def test_a_label_that_another_implies_stays_as_a_propagated_one(self, rate):
        dog = rate("/m/dog")
        rate("/m/bark")
        assert lost(dog) == []

    def test_a_label_that_is_not_present_cannot_be_removed(self, rate):
        with pytest.raises(ValueError, match="only one decided present can be removed"):
            classes_lost_without(label=rate("/m/dog", LabelValue.NP))
