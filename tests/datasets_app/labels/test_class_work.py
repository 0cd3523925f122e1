"""The counts of each class's work are what counting anew would give, whatever happened before."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.domain.votes.answers import ANSWERS, Answer
from datasets_app.labels.answering import NotOpen, NotThere, take_answer, withdraw_answer
from datasets_app.labels.models import Label
from datasets_app.labels.queue import class_work
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.class_work import COUNTED, recount_class_work
from datasets_app.nominations.clip_states import restore_clip, withdraw_clip
from datasets_app.nominations.models import ClassWork, Nomination
from datasets_app.nominations.services import add_nominations
from datasets_app.people.models import User
from datasets_app.votes.models import Vote, VoteRevision
from datasets_app.votes.services import GivenVote
from datasets_app.votes.verification import GoldAnswer
from datasets_app.votes.verifying import add_gold_answer, retire_gold_answer

pytestmark = pytest.mark.django_db
MIDS = ("/m/rain", "/m/dog")
N_CLIPS = 3
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["answer", "answer", "answer", "undo", "withdraw", "restore", "gold", "retire", "infer"]
        ),
        st.integers(0, 2 * N_CLIPS - 1),
        st.sampled_from(["ada", "ben", "cleo", "dora"]),
        st.sampled_from(ANSWERS),
    ),
    max_size=14,
)


@pytest.fixture
def counts(collection):
    def read() -> dict[str, tuple[int, ...]]:
        rows = class_work(collection=collection)
        return {row.sound_class.mid: tuple(getattr(row, name) for name in COUNTED) for row in rows}

    return read


@pytest.fixture
def nominations(collection, make_clip, sound_class) -> list[Nomination]:
    clips = [make_clip(str(number)) for number in range(N_CLIPS)]
    pairs = {(clip.pk, sound_class(mid).pk): {} for clip in clips for mid in MIDS}
    add_nominations(pairs=pairs, origin=Nomination.Origin.KEYWORD)
    return list(Nomination.objects.select_related("clip").order_by("pk"))


def test_new_nominations_are_counted(nominations, counts):
    assert counts() == {"/m/rain": (3, 3, 0, 0), "/m/dog": (3, 3, 0, 0)}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None
)
@given(steps=STEPS)
def test_counts_follow_whatever_happens(
    collection, nominations, counts, make_annotator, django_user_model, steps
):
    _forget(nominations)
    recount_class_work(collection=collection)
    curator, _ = django_user_model.objects.get_or_create(username="cara")
    for step, number, name, answer in steps:
        _do(step, nominations[number], make_annotator(name), answer, collection, curator)
    held = counts()
    assert recount_class_work(collection=collection) == 0
    assert counts() == held


def _forget(nominations) -> None:
    """Hypothesis tries many lists of steps in one test."""
    GoldAnswer.objects.all().delete()
    VoteRevision.objects.all().delete()
    Vote.objects.all().delete()
    for nomination in nominations:
        restore_clip(clip=nomination.clip, actor=None)
        Nomination.objects.filter(pk=nomination.pk).update(n_wanted=2, is_askable=True)
    Label.objects.all().delete()


def _do(step, nomination, annotator, answer: Answer, collection, curator: User) -> None:
    asked = {"collection": collection, "annotator": annotator, "nomination": nomination.uuid}
    nomination.clip.refresh_from_db()
    gold = GoldAnswer.objects.filter(nomination=nomination).first()
    try:
        if step == "answer":
            take_answer(**asked, given=GivenVote(answer=answer, idempotency_key=uuid.uuid4()))
        elif step == "undo":
            withdraw_answer(**asked, idempotency_key=uuid.uuid4())
        elif step == "withdraw":
            withdraw_clip(clip=nomination.clip, actor=curator)
        elif step == "restore":
            restore_clip(clip=nomination.clip, actor=curator)
        elif step == "gold" and answer is not Answer.U and nomination.clip.can_be_heard:
            add_gold_answer(nomination=nomination, answer=answer, actor=curator)
        elif step == "retire" and gold is not None:
            retire_gold_answer(gold=gold, actor=curator)
        elif step == "infer":
            infer_labels(collection=collection, nominations=[nomination.pk])
    except (NotOpen, NotThere):
        return


def test_a_count_that_is_wrong_is_mended(collection, nominations, counts):
    ClassWork.objects.update(n_open=99)
    assert recount_class_work(collection=collection) == 2
    assert counts()["/m/rain"] == (3, 3, 0, 0)
