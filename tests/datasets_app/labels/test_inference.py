"""Other ways to decide than the rule, and how many answers a nomination asks for."""

import pytest

from datasets_app.clips.models import DecisionMethod
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.inference import fit_annotators, infer
from datasets_app.labels.models import AnnotatorReliability, Label, TruthFit
from datasets_app.labels.queue import open_nominations
from datasets_app.labels.services import infer_labels, record_answer
from datasets_app.nominations.models import Nomination

pytestmark = pytest.mark.django_db


@pytest.fixture
def nominations(make_clip, make_nomination) -> list[Nomination]:
    return [make_nomination(make_clip(f"{i}"), "/m/rain") for i in range(12)]


@pytest.fixture
def answered(nominations, vote):
    """Three annotators agree on what is there; a fourth says the opposite every time."""
    for i, nomination in enumerate(nominations):
        truth, lie = ("PP", "NP") if i % 2 else ("NP", "PP")
        for name in ("ada", "ben", "eve"):
            vote(nomination, name, truth)
        vote(nomination, "mallory", lie)


def wanted(nomination: Nomination) -> int:
    nomination.refresh_from_db()
    return nomination.n_wanted


class TestDawidSkene:
    def test_it_finds_who_lies_and_keeps_the_matrices(self, collection, answered):
        fit_annotators(collection=collection)
        liar = AnnotatorReliability.objects.get(annotator__name="mallory")
        honest = AnnotatorReliability.objects.get(annotator__name="ada")
        present, absent = 0, 2
        assert liar.confusion[present][absent] > 0.7
        assert honest.confusion[present][present] > 0.7
        assert liar.n_votes == 12

    def test_a_second_fit_replaces_the_first(self, collection, answered):
        fit_annotators(collection=collection)
        fit_annotators(collection=collection)
        assert TruthFit.objects.count() == 1
        assert AnnotatorReliability.objects.count() == 4

    def test_the_method_is_remembered_for_the_next_answer(self, collection, nominations, answered):
        infer_labels(collection=collection, method=DecisionMethod.DAWID_SKENE)
        assert set(Label.objects.values_list("reached_by", flat=True)) == {"posterior"}
        collection.refresh_from_db()
        assert collection.decision_method == DecisionMethod.DAWID_SKENE

    def test_deciding_one_or_all_gives_the_same(self, collection, nominations, answered):
        infer_labels(collection=collection, method=DecisionMethod.DAWID_SKENE)
        every = infer(collection=collection)
        one = infer(collection=collection, nominations=[nominations[3].pk])
        at = every.nomination_ids.tolist().index(nominations[3].pk)
        assert one.posterior[0] == pytest.approx(every.posterior[at])
        assert one.decisions.value[0] == every.decisions.value[at]

    def test_without_votes_there_is_nothing_to_fit(self, collection):
        assert fit_annotators(collection=collection) is None
        summary = infer_labels(collection=collection, method=DecisionMethod.DAWID_SKENE)
        assert summary.n_nominations == 0


class TestRedundancy:
    def test_a_new_nomination_asks_for_the_least(self, nominations):
        assert wanted(nominations[0]) == 2

    def test_agreement_stops_the_asking(self, collection, nominations, vote):
        vote(nominations[0], "ada", "PP")
        infer_labels(collection=collection)
        assert wanted(nominations[0]) == 1
        vote(nominations[0], "ben", "PP")
        infer_labels(collection=collection)
        assert wanted(nominations[0]) == 0

    def test_disagreement_asks_for_more_up_to_the_most(self, collection, nominations, vote):
        for name, answer in (("ada", "PP"), ("ben", "NP")):
            vote(nominations[0], name, answer)
        infer_labels(collection=collection)
        assert wanted(nominations[0]) == 1
        for name, answer in (("cy", "U"), ("dee", "U"), ("eve", "U")):
            vote(nominations[0], name, answer)
        infer_labels(collection=collection)
        assert wanted(nominations[0]) == 0

    def test_a_conflict_is_for_adjudication_and_asks_nobody(self, collection, nominations, vote):
        for name, answer in (("a", "PP"), ("b", "PP"), ("c", "NP"), ("d", "NP")):
            vote(nominations[0], name, answer)
        infer_labels(collection=collection)
        assert wanted(nominations[0]) == 0

    def test_a_known_liars_answers_do_not_close_a_nomination(
        self, collection, nominations, answered, make_clip, make_nomination, vote
    ):
        fit_annotators(collection=collection)
        fresh = make_nomination(make_clip("fresh"), "/m/rain")
        vote(fresh, "mallory", "U")
        vote(fresh, "new", "PP")
        infer_labels(collection=collection)
        assert wanted(fresh) > 0

    def test_the_queue_follows_at_once(self, collection, nominations, sound_class, make_annotator):
        for name in ("ada", "ben"):
            record_answer(
                nomination=nominations[0], annotator=make_annotator(name), answer=Answer.PP
            )
        left = open_nominations(
            collection=collection,
            sound_class=sound_class("/m/rain"),
            annotator=make_annotator("cy"),
        )
        assert nominations[0] not in left
        assert len(left) == 11
