"""``infer_labels`` and ``record_answer``: from answers to decisions, and to decisions again."""

import uuid
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.services import open_collection
from datasets_app.domain.labels.decision import DecisionState, decide_nomination
from datasets_app.domain.votes.answers import ANSWERS, Answer
from datasets_app.labels.models import Label
from datasets_app.labels.queue import open_nominations, open_work_by_class
from datasets_app.labels.selectors import present_label_matrix
from datasets_app.labels.services import infer_labels, record_answer
from datasets_app.nominations.models import Nomination
from datasets_app.votes.models import Vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def nomination(make_clip, make_nomination) -> Nomination:
    return make_nomination(make_clip("1"), "/m/rain")


@pytest.fixture
def decide(nomination, collection, vote):
    """Let one annotator after another answer, infer, and say what came of it."""

    def from_answers(*answers: str) -> tuple[str, str, str]:
        for number, answer in enumerate(answers):
            vote(nomination, f"annotator-{number}", answer)
        infer_labels(collection=collection)
        label = Label.objects.get()
        return label.state, label.value, label.reached_by

    return from_answers


class TestTheDecision:
    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            (["PP"], ("incomplete", "", "none")),
            (["PP", "NP"], ("incomplete", "", "none")),
            (["PP", "U"], ("incomplete", "", "none")),
            (["PP", "PP"], ("decided", "PP", "agreement")),
            (["PNP", "PNP", "NP"], ("decided", "PNP", "agreement")),
            (["PP", "PNP"], ("decided", "PRESENT", "agreement")),
            (["NP", "NP", "PP"], ("decided", "NP", "agreement")),
            (["U", "U"], ("decided", "U", "agreement")),
            (["PP", "PP", "NP", "NP"], ("conflicted", "", "none")),
            (["PP", "PNP", "NP", "NP"], ("conflicted", "", "none")),
        ],
    )
    def test_too_few_and_clashing_answers_are_kept_apart(self, decide, answers, expected):
        assert decide(*answers) == expected

    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
    )
    @given(answers=st.lists(st.sampled_from([a.value for a in ANSWERS]), min_size=1, max_size=6))
    def test_the_record_is_what_the_rule_says_of_the_counts(self, decide, answers):
        Vote.objects.all().delete()
        state, value, _ = decide(*answers)
        expected = decide_nomination([answers.count(a.value) for a in ANSWERS])
        assert (state, value) == (expected.state, expected.value or "")

    def test_untrusted_answers_decide_nothing(self, nomination, collection, vote):
        vote(nomination, "ada", "PP")
        vote(nomination, "ben", "PP", is_trusted=False)
        vote(nomination, "eve", "PP", is_trusted=False, is_expert=True)
        infer_labels(collection=collection)
        assert Label.objects.get().state == DecisionState.INCOMPLETE

    def test_an_expert_outweighs_any_number(self, nomination, decide, collection, vote):
        vote(nomination, "eve", "NP", is_expert=True)
        assert decide("PP", "PP", "PP") == ("decided", "NP", "expert")

    def test_the_last_of_several_experts_wins(self, nomination, decide, vote):
        later, earlier = (datetime(2024, 1, day, tzinfo=UTC) for day in (2, 1))
        vote(nomination, "eve", "PNP", is_expert=True, cast_at=later)
        vote(nomination, "fay", "NP", is_expert=True, cast_at=earlier)
        assert decide("PP") == ("decided", "PNP", "expert")

    def test_an_expert_settles_a_conflict(self, nomination, decide, collection, vote):
        assert decide("PP", "PP", "NP", "NP")[0] == "conflicted"
        vote(nomination, "eve", "PP", is_expert=True)
        infer_labels(collection=collection)
        assert Label.objects.get().value == "PP"

    def test_a_nomination_without_votes_has_no_label(self, nomination, collection):
        assert infer_labels(collection=collection).n_nominations == 0
        assert not Label.objects.exists()

    def test_other_collections_are_left_alone(self, nomination, ontology, vote):
        vote(nomination, "ada", "PP")
        infer_labels(collection=open_collection(name="street", ontology=ontology))
        assert not Label.objects.exists()


class TestRunAgain:
    def test_nothing_changes_when_no_answer_is_new(self, decide, collection):
        decide("PP", "PP")
        before = list(Label.objects.values())
        assert infer_labels(collection=collection).n_changed == 0
        assert list(Label.objects.values()) == before
        assert AuditEvent.objects.filter(verb="infer_labels").count() == 1

    def test_a_decision_that_lost_its_votes_is_taken_back(self, decide, collection):
        decide("PP", "PP")
        Vote.objects.filter(annotator__name="annotator-1").update(is_trusted=False)
        assert infer_labels(collection=collection).n_changed == 1
        label = Label.objects.get()
        assert (label.state, label.value) == ("incomplete", "")

    def test_the_summary_counts_states_and_values(
        self, collection, make_clip, make_nomination, vote
    ):
        for clip, answers in [("1", ["PP", "PP"]), ("2", ["NP", "NP"]), ("3", ["PP"])]:
            nomination = make_nomination(make_clip(clip), "/m/rain")
            for number, answer in enumerate(answers):
                vote(nomination, f"annotator-{number}", answer)
        summary = infer_labels(collection=collection)
        assert summary.n_by_state == {"decided": 2, "incomplete": 1}
        assert summary.n_by_value == {"PP": 1, "NP": 1}
        assert (summary.n_nominations, summary.n_changed) == (3, 3)

    def test_the_command_says_what_was_found(self, decide, capsys):
        decide("PP", "PP")
        call_command("infer_labels", collection="yard")
        printed = capsys.readouterr().out
        assert (
            "1 nominations with votes: 1 decided. Decided: 1 PP. 0 labels changed; 0 more"
            in printed
        )

    def test_the_database_itself_refuses_a_value_without_a_decision(self, nomination):
        with pytest.raises(IntegrityError), transaction.atomic():
            Label.objects.create(
                nomination=nomination, state="incomplete", value="PP", reached_by="none"
            )


class TestAnAnswerFromAPage:
    def test_it_is_recorded_and_decided_at_once(self, nomination, make_annotator):
        for name in ("ada", "ben"):
            record_answer(nomination=nomination, annotator=make_annotator(name), answer=Answer.PP)
        assert Label.objects.get().value == "PP"

    def test_it_leaves_the_labels_of_others_as_they_are(
        self, nomination, make_clip, make_nomination, make_annotator, vote
    ):
        other = make_nomination(make_clip("2"), "/m/rain")
        vote(other, "ada", "PP")
        record_answer(nomination=nomination, annotator=make_annotator("ada"), answer=Answer.PP)
        assert not Label.objects.filter(nomination=other).exists()

    def test_sent_twice_it_changes_nothing(self, nomination, make_annotator):
        for _ in range(2):
            record_answer(
                nomination=nomination,
                annotator=make_annotator("ada"),
                answer=Answer.PP,
                idempotency_key=uuid.UUID(int=7),
            )
        assert Vote.objects.count() == 1
        assert Label.objects.get().state == DecisionState.INCOMPLETE

    def test_every_answer_moves_its_nomination_in_the_queue(self, nomination, make_annotator):
        for name, answer, expected in [("ada", "NP", 300.0), ("ben", "PP", 1300.0)]:
            record_answer(
                nomination=nomination, annotator=make_annotator(name), answer=Answer(answer)
            )
            nomination.refresh_from_db()
            assert nomination.priority == expected

    def test_a_decision_raises_the_other_nominations_of_its_clip(
        self, nomination, make_nomination, make_annotator
    ):
        sibling = make_nomination(nomination.clip, "/m/dog")
        for name in ("ada", "ben"):
            record_answer(nomination=nomination, annotator=make_annotator(name), answer=Answer.PP)
        sibling.refresh_from_db()
        assert sibling.priority == 301.0


class TestTheQueueOfAnAnnotator:
    @pytest.fixture
    def queue(self, collection, sound_class, make_annotator):
        def of(name: str) -> list[str]:
            found = open_nominations(
                collection=collection,
                sound_class=sound_class("/m/rain"),
                annotator=make_annotator(name),
            )
            return [nomination.clip.external_id for nomination in found]

        return of

    def test_it_begins_with_the_highest_priority(self, queue, make_clip, make_nomination):
        for clip, priority in (("1", 5.0), ("2", 9.0)):
            make_nomination(make_clip(clip), "/m/rain", priority=priority)
        assert queue("ada") == ["2", "1"]

    def test_nobody_is_asked_twice(self, queue, nomination, vote):
        vote(nomination, "ada", "U")
        assert queue("ada") == []
        assert queue("ben") == ["1"]

    @pytest.mark.parametrize(
        ("answers", "is_asked"),
        [(["PP"], True), (["PP", "NP"], True), (["PP", "PP"], False), (["PP"] * 2 + ["NP"] * 2, 0)],
    )
    def test_decided_and_conflicting_ones_ask_nobody(self, queue, decide, answers, is_asked):
        decide(*answers)
        assert queue("newcomer") == (["1"] if is_asked else [])

    def test_a_withdrawn_clip_asks_nobody(self, queue, nomination):
        nomination.clip.state = "withdrawn"
        nomination.clip.save()
        assert queue("ada") == []

    def test_the_overview_of_classes_counts_what_each_queue_holds(
        self, collection, queue, decide, make_clip, make_nomination, make_annotator, vote
    ):
        decide("PP", "PP")
        vote(make_nomination(make_clip("2"), "/m/rain"), "ada", "U")
        make_nomination(make_clip("3"), "/m/rain")
        gone = make_clip("4", state="withdrawn")
        make_nomination(gone, "/m/rain")
        [row] = open_work_by_class(collection=collection, annotator=make_annotator("ada"))
        assert (row.mid, row.n_open, row.n_decided) == ("/m/rain", len(queue("ada")), 1)


def test_the_matrix_has_a_row_per_labelled_clip_and_a_column_per_class(
    collection, make_clip, make_nomination, vote
):
    for clip_id, mid, answer in [
        ("b", "/m/rain", "PP"),
        ("a", "/m/dog", "PNP"),
        ("a", "/m/rain", "NP"),
        ("c", "/m/rain", "U"),
    ]:
        clip = collection.clips.filter(external_id=clip_id).first() or make_clip(clip_id)
        nomination = make_nomination(clip, mid)
        vote(nomination, "ada", answer)
        vote(nomination, "ben", answer)
    infer_labels(collection=collection)
    matrix = present_label_matrix(collection=collection)
    clips = {c.pk: c.external_id for c in collection.clips.all()}
    classes = {c.pk: c.mid for c in collection.ontology.classes.all()}
    assert [clips[pk] for pk in matrix.clip_ids.tolist()] == ["a", "b"]
    assert [classes[pk] for pk in matrix.class_ids.tolist()] == sorted(classes.values())
    rows, columns = matrix.present.nonzero()
    found = {
        (clips[matrix.clip_ids[i]], classes[matrix.class_ids[j]])
        for i, j in zip(rows, columns, strict=True)
    }
    assert found == {("a", "/m/dog"), ("b", "/m/rain")}
