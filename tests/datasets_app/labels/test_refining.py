"""Experts label clips exhaustively: seats, passes, their votes, their differences."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.label_states import LabelOrigin
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.models import Label
from datasets_app.labels.noise import audit_refinement, describe_refinement
from datasets_app.labels.refinement.models import (
    Completeness,
    RefinementChange,
    RefinementDifference,
    RefinementPass,
    RefinementSettings,
    SoundEvent,
)
from datasets_app.labels.refinement.passes import (
    finish_pass,
    leave_clip,
    mark_event,
    remove_event,
    set_label,
)
from datasets_app.labels.refinement.queue import NoSeat, take_clip, take_next_clip
from datasets_app.labels.refinement.selectors import (
    completeness,
    example_clips,
    list_clip_labels,
    list_open_labels,
    list_refined_classes,
    list_suggestions,
    refinement_progress,
)
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.votes.models import Vote

pytestmark = pytest.mark.django_db
PP, PNP, NP = Answer.PP, Answer.PNP, Answer.NP


@pytest.fixture
def take(collection, make_annotator):
    """Give this person the next clip."""
    return lambda name: take_next_clip(
        collection=collection, annotator=make_annotator(name), among=collection.clips.all()
    )


@pytest.fixture
def say(sound_class):
    def change(refinement: RefinementPass, mid: str, answer: Answer | None) -> uuid.UUID:
        key = uuid.uuid4()
        set_label(
            refinement=refinement,
            sound_class=sound_class(mid),
            answer=answer,
            idempotency_key=key,
        )
        return key

    return change


@pytest.fixture
def refine(collection, make_annotator, say):
    """Have this person say these answers of a clip and finish."""

    def whole(clip: Clip, name: str, **answers: Answer) -> RefinementPass:
        refinement = take_clip(clip=clip, annotator=make_annotator(name))
        for word, answer in answers.items():
            say(refinement, f"/m/{word}", answer)
        return finish(refinement)

    return whole


def finish(refinement: RefinementPass) -> RefinementPass:
    finish_pass(refinement=refinement, idempotency_key=uuid.uuid4())
    refinement.refresh_from_db()
    return refinement


def label_of(clip: Clip, mid: str) -> Label:
    return Label.objects.get(nomination__clip=clip, nomination__sound_class__mid=mid)


class TestTheQueue:
    def test_gives_a_clip_to_two_people_and_to_nobody_twice(self, take, make_clip):
        clip = make_clip("1")
        first, second = take("ana"), take("bea")
        assert (first.clip, second.clip) == (clip, clip)
        assert take("cleo") is None
        finish(first)
        assert take("ana") is None

    def test_goes_on_with_the_clip_that_is_under_way(self, take, make_clip):
        for name in "12":
            make_clip(name)
        assert take("ana") == take("ana")

    def test_begins_with_the_clip_that_has_most_doubt(
        self, take, make_clip, make_nomination, vote, collection
    ):
        _, disputed, sure = (make_clip(name) for name in "123")
        conflict = make_nomination(disputed, "/m/dog")
        for name, answer in zip("abcd", ["PP", "PP", "NP", "NP"], strict=True):
            vote(conflict, name, answer)
        agreed = make_nomination(sure, "/m/dog")
        for name in "abc":
            vote(agreed, name, "PP")
        infer_labels(collection=collection)
        assert take("ana").clip == disputed
        finish_with(take("ana"), "/m/dog")
        assert take("ana").clip == sure

    def test_gives_a_seat_to_another_once_its_lease_has_ended(self, take, make_clip):
        make_clip("1")
        first, _ = take("ana"), take("bea")
        over = timezone.now() - timedelta(seconds=1)
        RefinementPass.objects.filter(pk=first.pk).update(lease_until=over)
        assert take("cleo") is not None
        assert take("ana") is None

    def test_never_takes_away_what_is_finished(self, take, make_clip):
        make_clip("1")
        finish(take("ana"))
        RefinementPass.objects.update(lease_until=timezone.now() - timedelta(days=1))
        take("bea")
        assert take("cleo") is None

    def test_leaves_out_withdrawn_clips_and_clips_without_a_recording(self, take, make_clip):
        make_clip("1", state=Clip.State.WITHDRAWN)
        Clip.objects.filter(pk=make_clip("2").pk).update(sha256=None)
        assert take("ana") is None

    def test_asks_as_many_people_as_the_collection_wants(self, take, make_clip, collection):
        RefinementSettings.objects.create(collection=collection, n_people=1)
        make_clip("1")
        take("ana")
        assert take("bea") is None

    def test_does_not_offer_what_was_put_aside_and_frees_its_seat(self, take, make_clip):
        clip = make_clip("1")
        left = take("ana")
        leave_clip(refinement=left, idempotency_key=uuid.uuid4())
        assert take("ana") is None
        assert {take(name).clip for name in ("bea", "cleo")} == {clip}

    def test_a_clip_without_a_seat_cannot_be_taken_by_its_address(
        self, take, make_clip, make_annotator
    ):
        clip = make_clip("1")
        take("ana"), take("bea")
        with pytest.raises(NoSeat, match="take the next one"):
            take_clip(clip=clip, annotator=make_annotator("cleo"))
        assert take_clip(clip=clip, annotator=make_annotator("ana")).clip == clip

    def test_asks_no_more_of_the_database_for_more_clips(
        self, take, make_clip, django_assert_max_num_queries
    ):
        for n in range(40):
            make_clip(str(n))
        with django_assert_max_num_queries(20):
            take("ana")


def finish_with(refinement: RefinementPass, mid: str) -> None:
    set_label(
        refinement=refinement,
        sound_class=refinement.clip.collection.ontology.classes.get(mid=mid),
        answer=PP,
        idempotency_key=uuid.uuid4(),
    )
    finish(refinement)


class TestAPass:
    def test_begins_with_the_labels_the_clip_has_and_the_answers_given(
        self, take, make_clip, make_nomination, vote, collection
    ):
        clip = make_clip("1")
        dog = make_nomination(clip, "/m/dog")
        vote(dog, "a", "PP"), vote(dog, "b", "PP"), vote(dog, "c", "NP", is_trusted=False)
        make_nomination(clip, "/m/rain", origin=Nomination.Origin.MODEL, evidence={"score": 0.9})
        infer_labels(collection=collection)
        (label,) = list_clip_labels(refinement=take("ana"))
        assert (label.sound_class.name, label.value, label.origin) == ("Dog", "PP", "keyword")
        assert (label.n_answers, label.n_untrusted) == ((2, 0, 1, 0), 1)

    def test_cannot_end_while_a_label_is_neither_kept_nor_rejected(
        self, take, say, make_clip, make_nomination, vote, collection
    ):
        clip = make_clip("1")
        make_nomination(clip, "/m/dog")
        refused = make_nomination(clip, "/m/cat")
        vote(refused, "a", "NP"), vote(refused, "b", "NP")
        infer_labels(collection=collection)
        refinement = take("ana")
        assert [c.name for c in list_open_labels(refinement=refinement)] == ["Dog"]
        with pytest.raises(RuleError, match="One label is still open: Dog"):
            finish(refinement)
        assert not Completeness.objects.exists()
        say(refinement, "/m/dog", NP)
        assert finish(refinement).finished_at is not None

    def test_turns_into_nominations_expert_votes_and_refined_labels(
        self, refine, make_clip, make_nomination
    ):
        clip = make_clip("1")
        make_nomination(clip, "/m/dog")
        refine(clip, "ana", dog=NP, rain=PNP)
        votes = Vote.objects.filter(task=Vote.Task.REFINEMENT)
        assert {v.answer for v in votes} == {"NP", "PNP"}
        assert all(v.is_expert and v.is_trusted for v in votes)
        rain = label_of(clip, "/m/rain")
        assert (rain.value, rain.reached_by, rain.origin) == ("PNP", "expert", LabelOrigin.REFINED)
        assert rain.nomination.origin == Nomination.Origin.PERSON
        assert label_of(clip, "/m/dog").value == "NP"
        assert AuditEvent.objects.filter(verb="finish_refinement").count() == 1

    def test_records_the_same_change_once_however_often_it_is_sent(
        self, take, make_clip, sound_class
    ):
        make_clip("1")
        refinement, key = take("ana"), uuid.uuid4()
        for answer in (PP, PP, NP):  # the last one is not what was sent with this key
            set_label(
                refinement=refinement,
                sound_class=sound_class("/m/dog"),
                answer=answer,
                idempotency_key=key,
            )
        assert [c.answer for c in list_refined_classes(refinement=refinement)] == ["PP"]
        assert RefinementChange.objects.count() == 1

    def test_keeps_the_history_of_a_label(self, take, say, make_clip):
        make_clip("1")
        refinement = take("ana")
        for answer in (PP, None, NP):
            say(refinement, "/m/dog", answer)
        changes = RefinementChange.objects.order_by("pk")
        assert [(c.before["answer"], c.after["answer"]) for c in changes] == [
            ("", "PP"), ("PP", ""), ("", "NP"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("mid", "answer", "sentence"),
        [("/m/animal", PP, "only groups other classes"), ("/m/dog", Answer.U, "Received U")],
    )
    def test_refuses_what_is_no_label(self, take, say, make_clip, mid, answer, sentence):
        make_clip("1")
        with pytest.raises(RuleError, match=sentence):
            say(take("ana"), mid, answer)
        assert not RefinementChange.objects.exists()

    def test_takes_work_that_arrives_after_its_lease(self, take, say, make_clip):
        make_clip("1")
        late = take("ana")
        RefinementPass.objects.update(lease_until=timezone.now() - timedelta(days=1))
        take("bea"), take("cleo")
        say(late, "/m/dog", PP)
        assert finish(late).finished_at is not None


class TestMarks:
    def test_say_when_a_class_sounds_and_can_be_moved_and_deleted(
        self, take, say, make_clip, sound_class
    ):
        make_clip("1", duration_s=4.0)
        refinement, event = take("ana"), uuid.uuid4()
        say(refinement, "/m/dog", PP)
        for onset_s, offset_s in [(0.5, 1.0), (0.25, 4.01)]:
            mark_event(
                refinement=refinement,
                sound_class=sound_class("/m/dog"),
                event=event,
                onset_s=onset_s,
                offset_s=offset_s,
                idempotency_key=uuid.uuid4(),
            )
        (dog,) = list_refined_classes(refinement=refinement)
        assert [(e.onset_s, e.offset_s) for e in dog.events] == [(0.25, 4.0)]
        remove_event(refinement=refinement, event=event, idempotency_key=uuid.uuid4())
        remove_event(refinement=refinement, event=event, idempotency_key=uuid.uuid4())
        assert not SoundEvent.objects.exists()
        verbs = list(RefinementChange.objects.order_by("pk").values_list("verb", flat=True))
        assert verbs == ["label", "mark", "mark", "unmark"]

    def test_need_a_kept_label_and_a_place_in_the_clip(self, take, say, make_clip, sound_class):
        make_clip("1", duration_s=4.0)
        refinement = take("ana")
        mark = {
            "refinement": refinement,
            "sound_class": sound_class("/m/dog"),
            "event": uuid.uuid4(),
            "idempotency_key": uuid.uuid4(),
        }
        with pytest.raises(RuleError, match="Dog is not kept here"):
            mark_event(**mark, onset_s=1.0, offset_s=2.0)
        say(refinement, "/m/dog", PP)
        with pytest.raises(RuleError, match="within the clip"):
            mark_event(**mark, onset_s=1.0, offset_s=5.0)
        assert not SoundEvent.objects.exists()

    def test_of_another_persons_pass_cannot_be_touched(self, take, say, make_clip, sound_class):
        make_clip("1", duration_s=4.0)
        mine, other, event = take("ana"), take("bea"), uuid.uuid4()
        say(mine, "/m/dog", PP), say(other, "/m/dog", PP)
        mark = {"sound_class": sound_class("/m/dog"), "event": event, "onset_s": 0, "offset_s": 1}
        mark_event(refinement=mine, **mark, idempotency_key=uuid.uuid4())
        with pytest.raises(RuleError, match="another label"):
            mark_event(refinement=other, **mark, idempotency_key=uuid.uuid4())
        remove_event(refinement=other, event=event, idempotency_key=uuid.uuid4())
        assert SoundEvent.objects.count() == 1


class TestTwoPeople:
    def test_do_not_see_what_the_other_said(self, refine, take, make_clip, make_nomination):
        clip = make_clip("1")
        make_nomination(clip, "/m/dog")
        refine(clip, "ana", dog=NP, rain=PP)
        (label,) = list_clip_labels(refinement=take("bea"))
        assert (label.sound_class.name, label.state, label.n_answers) == ("Dog", "", (0, 0, 0, 0))

    def test_who_agree_decide(self, refine, make_clip):
        clip = make_clip("1")
        refine(clip, "ana", bark=PP)
        refine(clip, "bea", bark=PP, dog=PP)
        assert label_of(clip, "/m/bark").value == "PP"
        assert label_of(clip, "/m/dog").value == "PP"
        assert not RefinementDifference.objects.exists()

    def test_who_differ_make_a_conflict_for_adjudication(self, refine, make_clip):
        clip = make_clip("1")
        refine(clip, "ana", bark=PP, rain=PP)
        refine(clip, "bea", bark=PNP)
        differing = RefinementDifference.objects.values_list(
            "nomination__sound_class__mid", flat=True
        )
        assert set(differing) == {"/m/bark", "/m/rain"}
        assert label_of(clip, "/m/rain").state == "conflicted"
        assert label_of(clip, "/m/bark").nomination.n_wanted == 0

    def test_who_come_to_agree_have_no_conflict_left(self, refine, say, make_clip):
        clip = make_clip("1")
        refine(clip, "ana", rain=PP)
        second = refine(clip, "bea")
        assert label_of(clip, "/m/rain").state == "conflicted"
        say(second, "/m/rain", PP)
        assert label_of(clip, "/m/rain").value == "PP"
        assert not RefinementDifference.objects.exists()

    def test_stay_in_conflict_whenever_all_labels_are_decided_anew(
        self, refine, make_clip, collection
    ):
        clip = make_clip("1")
        refine(clip, "ana", rain=PP)
        refine(clip, "bea", rain=NP)
        infer_labels(collection=collection)
        rain = label_of(clip, "/m/rain")
        assert (rain.state, rain.origin) == ("conflicted", LabelOrigin.REFINED)


class TestACertificate:
    def test_holds_until_its_author_changes_a_label(self, refine, say, make_clip, collection):
        clip = make_clip("1")
        refinement = refine(clip, "ana", rain=PP)
        refine(clip, "bea", rain=PP)
        assert completeness(collection=collection) == {clip.pk: 2}
        say(refinement, "/m/dog", PP)
        assert completeness(collection=collection) == {clip.pk: 1}
        finish(refinement)
        assert completeness(collection=collection) == {clip.pk: 2}

    def test_what_is_taken_back_after_it_counted_becomes_a_no(self, refine, say, make_clip):
        clip = make_clip("1")
        refinement = refine(clip, "ana", rain=PP)
        say(refinement, "/m/rain", None)
        assert label_of(clip, "/m/rain").value == "NP"
        assert Vote.objects.get().revisions.count() == 1


class TestTheSecondLook:
    @pytest.fixture
    def suspected(self, make_clip, make_nomination):
        clip = make_clip("1")
        for mid, score in [("/m/rain", 0.4), ("/m/dog", 0.9)]:
            evidence = {"score": score}
            make_nomination(clip, mid, origin=Nomination.Origin.MODEL, evidence=evidence)
        return clip

    def test_shows_what_a_model_suspects_only_after_ones_own_pass(
        self, suspected, take, refine, collection
    ):
        refinement = take("ana")
        assert refinement.second_look_at is None
        assert list_clip_labels(refinement=refinement) == []
        refinement = refine(suspected, "ana", dog=PP)
        assert refinement.second_look_at is not None
        names = [n.sound_class.name for n in list_suggestions(refinement=refinement)]
        assert names == ["Rain"]

    def test_records_what_changed_because_of_it(self, suspected, refine, say):
        refinement = refine(suspected, "ana", dog=PP)
        say(refinement, "/m/rain", PNP)
        found = {c.sound_class.name: c.is_suggested for c in list_refined_classes(
            refinement=refinement)}  # fmt: skip
        assert found == {"Dog": False, "Rain": True}
        changes = RefinementChange.objects.filter(is_second_look=True)
        assert list(changes.values_list("sound_class__name", "verb")) == [
            (None, "finish"), ("Rain", "label"),
        ]  # fmt: skip
        assert label_of(suspected, "/m/rain").value == "PNP"

    def test_does_not_come_where_nothing_is_suspected(self, refine, make_clip):
        assert refine(make_clip("1"), "ana", dog=PP).second_look_at is None


def test_progress_counts_each_clip_once(refine, take, make_clip, collection):
    one, two, _ = (make_clip(name) for name in "123")
    refine(one, "ana", rain=PP), refine(one, "bea")
    refine(two, "ana")
    found = refinement_progress(among=collection.clips.all(), n_people=2)
    assert (found.n_refined, found.n_begun, found.n_untouched) == (1, 1, 1)
    assert found.n_differences == 1


def test_an_example_is_one_clip_of_each_class_that_has_any(
    make_clip, refine, collection, sound_class
):
    for name in "12":
        refine(make_clip(name), "ana", rain=PP)
    ids = [sound_class(mid).pk for mid in ("/m/rain", "/m/dog")]
    found = example_clips(collection=collection, class_ids=ids)
    assert {pk: clip.external_id for pk, clip in found.items()} == {ids[0]: "1"}


def test_the_noise_audit_compares_before_and_after_refinement(
    refine, make_clip, make_nomination, vote, collection
):
    assert audit_refinement(collection=collection) is None
    clip, other = make_clip("1"), make_clip("2")
    for mid in ("/m/dog", "/m/cat"):
        nomination = make_nomination(clip, mid)
        vote(nomination, "a", "PP"), vote(nomination, "b", "PP")
    infer_labels(collection=collection)
    refine(clip, "ana", dog=PNP, cat=NP, rain=PP)
    refine(other, "ana")
    found = audit_refinement(collection=collection)
    shares = {name: (s["n"], s["total"]) for name, s in found["overall"].items()}
    assert shares == {"confirmed": (1, 2), "rejected": (1, 2), "added": (1, 2)}
    assert (found["clips_gained"]["n"], found["clips_gained"]["total"]) == (1, 2)
    assert (found["n_clips"], found["n_complete"], found["n_undecided"]) == (2, 2, 0)
    assert "2 clips refined by experts, 2 certified complete" in "\n".join(
        describe_refinement(found)
    )
