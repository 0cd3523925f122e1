"""``audit_noise``: how many proposed labels people confirmed, and how many were missing."""

import json

import pytest
from django.core.management import CommandError, call_command

from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.domain.proportion import wilson_interval
from datasets_app.labels.models import Label
from datasets_app.labels.noise import audit_labels
from datasets_app.nominations.models import Nomination

pytestmark = pytest.mark.django_db

KEYWORD, IMPORT = Nomination.Origin.KEYWORD, Nomination.Origin.IMPORT
MODEL, PERSON = Nomination.Origin.MODEL, Nomination.Origin.PERSON


@pytest.fixture
def decide(make_nomination):
    """Nominate a class and decide it; ``None`` leaves it in conflict."""

    def make(clip: Clip, mid: str, origin: Nomination.Origin, value: str | None) -> Label:
        return Label.objects.create(
            nomination=make_nomination(clip, mid, origin=origin),
            state=DecisionState.DECIDED if value else DecisionState.CONFLICTED,
            value=value or "",
            reached_by=ReachedBy.AGREEMENT if value else ReachedBy.NONE,
        )

    return make


@pytest.fixture
def audited(collection, make_clip, decide):
    """Four clips with decisions; worked out by hand in the tests."""
    one, two, three, four = (make_clip(str(number)) for number in range(1, 5))
    decide(one, "/m/dog", KEYWORD, LabelValue.PP)
    decide(one, "/m/rain", MODEL, LabelValue.PNP)
    decide(two, "/m/dog", IMPORT, LabelValue.PRESENT)
    decide(two, "/m/cat", KEYWORD, LabelValue.NP)
    decide(three, "/m/dog", KEYWORD, LabelValue.NP)
    decide(three, "/m/cat", PERSON, LabelValue.PP)
    decide(three, "/m/rain", MODEL, LabelValue.NP)
    decide(four, "/m/dog", KEYWORD, LabelValue.U)
    decide(four, "/m/cat", KEYWORD, None)
    return collection


def counts(share: dict) -> tuple[int, int]:
    return share["n"], share["total"]


class TestTheShares:
    def test_are_of_proposed_labels_with_a_decision(self, audited):
        found = audit_labels(collection=audited)
        assert counts(found["overall"]["confirmed"]) == (2, 4)
        assert counts(found["overall"]["rejected"]) == (2, 4)
        assert found["n_undecided"] == 2

    def test_added_are_present_labels_that_a_model_or_a_person_proposed(self, audited):
        found = audit_labels(collection=audited)
        assert counts(found["overall"]["added"]) == (2, 4)
        assert counts(found["clips_gained"]) == (2, 4)

    def test_stand_for_each_class_too(self, audited):
        classes = {row["mid"]: row for row in audit_labels(collection=audited)["classes"]}
        assert list(classes) == ["/m/cat", "/m/dog", "/m/rain"]
        assert counts(classes["/m/dog"]["confirmed"]) == (2, 3)
        assert counts(classes["/m/cat"]["rejected"]) == (1, 1)
        assert counts(classes["/m/rain"]["added"]) == (1, 1)
        assert classes["/m/rain"]["confirmed"]["share"] is None

    def test_have_wilson_intervals(self, audited):
        share = audit_labels(collection=audited)["overall"]["confirmed"]
        low, high = wilson_interval(2, 4)
        assert (share["low"], share["high"]) == (pytest.approx(low), pytest.approx(high))

    def test_leave_out_withdrawn_clips_and_clips_without_a_decision(
        self, audited, make_clip, decide
    ):
        decide(make_clip("5"), "/m/dog", KEYWORD, None)
        audited.clips.filter(external_id="1").update(state=Clip.State.WITHDRAWN)
        found = audit_labels(collection=audited)
        assert found["n_clips"] == 3
        assert counts(found["overall"]["confirmed"]) == (1, 3)

    def test_of_nothing_are_unknown(self, collection):
        found = audit_labels(collection=collection)
        assert found["n_clips"] == 0
        assert found["overall"]["confirmed"]["share"] is None
        assert found["clips_gained"]["share"] is None
        assert found["classes"] == []


class TestTheCommand:
    def test_says_what_is_compared_beside_the_figures_of_fsd50k(self, audited, capsys):
        call_command("audit_noise", collection="yard")
        printed = capsys.readouterr().out
        assert "confirmed 50.0% [15.0% to 85.0%] (2 of 4) (FSD50K 94.3%)" in printed
        assert "(FSD50K 50.9%)" in printed
        assert "experts looked again" in printed
        assert "Rain: confirmed none to judge, added 100.0%" in printed

    def test_writes_the_same_figures_as_json(self, audited, tmp_path):
        call_command("audit_noise", "--collection=yard", f"--json={tmp_path / 'noise.json'}")
        written = json.loads((tmp_path / "noise.json").read_text(encoding="utf-8"))
        assert written == audit_labels(collection=audited)

    def test_an_unknown_collection_is_named(self, audited):
        with pytest.raises(CommandError, match="no collection 'park'; there are: yard"):
            call_command("audit_noise", collection="park")
