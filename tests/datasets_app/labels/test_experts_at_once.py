"""Many experts at once: every seat is given once, and every conflict to one person."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.adjudication.deciding import NotYours, adjudicate
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.adjudication.queue import take_conflict
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.models import RefinementDifference, RefinementPass
from datasets_app.labels.refinement.passes import finish_pass, set_label
from datasets_app.labels.refinement.queue import take_next_clip
from datasets_app.labels.services import infer_labels
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user, grant_role
from datasets_app.votes.models import Vote

N_EXPERTS = 6
N_CLIPS = 4
LABELS = (("/m/dog", "PP"), ("/m/rain", "PNP"), ("/m/cat", "NP"))


@pytest.fixture
def experts(transactional_db, collection):
    annotators = []
    for number in range(N_EXPERTS):
        user = User.objects.create_user(f"expert {number}")
        grant_role(user=user, role=User.Role.EXPERT)
        annotators.append(annotator_of_user(user=user))
    return annotators


def all_at_once(deeds: list[Callable[[], None]]) -> None:
    """Run each in a thread with its own connection; the first error of any is raised."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[], None]) -> None:
        try:
            start.wait(timeout=30)
            deed()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    if errors:
        raise errors[0]
    assert not any(thread.is_alive() for thread in threads)


def test_no_two_experts_get_the_same_last_seat(experts, collection, make_clip, sound_class):
    for number in range(N_CLIPS):
        make_clip(str(number))
    classes = [(sound_class(mid), Answer(answer)) for mid, answer in LABELS]

    def refine_until_nothing_is_left(number: int) -> None:
        order = classes if number % 2 else classes[::-1]
        while taken := take_next_clip(
            collection=collection, annotator=experts[number], among=collection.clips.all()
        ):
            for one, answer in order:
                key = uuid.uuid4()
                set_label(refinement=taken, sound_class=one, answer=answer, idempotency_key=key)
            finish_pass(refinement=taken, idempotency_key=uuid.uuid4())

    all_at_once([lambda n=n: refine_until_nothing_is_left(n) for n in range(N_EXPERTS)])
    seats = Counter(RefinementPass.objects.values_list("clip", flat=True))
    assert set(seats.values()) == {2}
    assert len(seats) == N_CLIPS
    assert not RefinementPass.objects.filter(finished_at=None).exists()
    assert Vote.objects.count() == 2 * N_CLIPS * len(LABELS)
    assert not RefinementDifference.objects.exists()
    assert set(Label.objects.values_list("state", flat=True)) == {"decided"}


def test_two_who_finish_a_clip_at_once_see_each_others_pass(
    experts, collection, make_clip, sound_class
):
    make_clip("1")
    passes = [
        take_next_clip(collection=collection, annotator=one, among=collection.clips.all())
        for one in experts[:2]
    ]
    for refinement, answer in zip(passes, (Answer.PP, Answer.PNP), strict=True):
        set_label(
            refinement=refinement,
            sound_class=sound_class("/m/dog"),
            answer=answer,
            idempotency_key=uuid.uuid4(),
        )
    all_at_once(
        [lambda p=p: finish_pass(refinement=p, idempotency_key=uuid.uuid4()) for p in passes]
    )
    assert RefinementDifference.objects.count() == 1
    assert Label.objects.get().state == "conflicted"


def test_each_conflict_is_decided_by_one_person(
    experts, collection, make_clip, make_nomination, vote
):
    for number in range(2 * N_CLIPS):
        nomination = make_nomination(make_clip(str(number)), "/m/dog")
        for voter, answer in enumerate(["PP", "PP", "NP", "NP"]):
            vote(nomination, f"voter {voter}", answer)
    infer_labels(collection=collection)
    refused: list[str] = []

    def decide_until_nothing_is_left(number: int) -> None:
        while nomination := take_conflict(collection=collection, annotator=experts[number]):
            try:
                adjudicate(
                    nomination=nomination,
                    annotator=experts[number],
                    answer=Answer.NP,
                    reason="a door",
                    idempotency_key=uuid.uuid4(),
                )
            except NotYours as error:
                refused.append(str(error))

    all_at_once([lambda n=n: decide_until_nothing_is_left(n) for n in range(N_EXPERTS)])
    assert Adjudication.objects.count() == 2 * N_CLIPS
    assert Adjudication.objects.values("nomination").distinct().count() == 2 * N_CLIPS
    assert refused == []
    assert set(Label.objects.values_list("reached_by", flat=True)) == {"adjudication"}
