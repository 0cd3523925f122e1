"""Pages lease what they show: seats, order, expiry, coming back, and the cost of a long queue."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasets_app.domain.votes.answers import Answer
from datasets_app.labels import walking
from datasets_app.labels.answering import NotOpen, take_answer
from datasets_app.labels.pages import (
    PAGE_SIZE,
    PageGone,
    close_expired_pages,
    open_page,
    release_page,
    renew_page,
)
from datasets_app.nominations.clip_states import withdraw_clip
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import add_nominations
from datasets_app.votes.models import Vote
from datasets_app.votes.pages import Lease, Page
from datasets_app.votes.services import GivenVote

pytestmark = pytest.mark.django_db


@pytest.fixture
def rain(sound_class):
    return sound_class("/m/rain")


@pytest.fixture
def fill(make_clip, rain):
    """Put so many nominations of Rain into the queue."""

    def fill_queue(n: int, start: int = 0) -> list[Nomination]:
        clips = [make_clip(str(number)) for number in range(start, start + n)]
        add_nominations(
            pairs={(clip.pk, rain.pk): {} for clip in clips}, origin=Nomination.Origin.KEYWORD
        )
        return list(Nomination.objects.filter(clip__in=clips).order_by("pk"))

    return fill_queue


@pytest.fixture
def opened(collection, rain, make_annotator):
    """Open the next page for an annotator of that name; return what is on it."""

    def open_for(name: str, **more):
        return open_page(
            collection=collection, sound_class=rain, annotator=make_annotator(name), **more
        )

    return open_for


@pytest.fixture
def answer(collection, make_annotator):
    def give(nomination: Nomination, name: str, said: str = "PP") -> str:
        return take_answer(
            collection=collection,
            annotator=make_annotator(name),
            nomination=nomination.uuid,
            given=GivenVote(answer=Answer(said), idempotency_key=uuid.uuid4()),
        )

    return give


def shown(page) -> list[int]:
    return [item.nomination.pk for item in page.items] if page else []


class TestAPage:
    def test_comes_back_as_it_was_with_its_answers(self, fill, opened, answer):
        fill(20)
        first = opened("ada")
        answer(first.items[3].nomination, "ada", "NP")
        again = opened("ada")
        assert shown(again) == shown(first)
        assert [item.answer for item in again.items] == ["NP" if i == 3 else "" for i in range(12)]

    def test_that_is_wholly_answered_is_followed_by_the_next(self, fill, opened, answer):
        fill(20)
        first = opened("ada")
        for item in first.items:
            answer(item.nomination, "ada")
        second = opened("ada")
        assert len(shown(second)) == 20 - PAGE_SIZE
        assert not set(shown(second)) & set(shown(first))

    def test_can_be_opened_ahead_and_then_is_the_next(self, fill, opened, answer):
        fill(40)
        first = opened("ada")
        ahead = opened("ada", after=first.page.uuid)
        assert not set(shown(ahead)) & set(shown(first))
        assert shown(opened("ada", after=first.page.uuid)) == shown(ahead)
        assert opened("ada", after=ahead.page.uuid) is None
        for item in first.items:
            answer(item.nomination, "ada")
        assert shown(opened("ada")) == shown(ahead)

    def test_that_is_released_gives_its_clips_to_others_and_back_to_oneself(
        self, fill, opened, make_annotator
    ):
        fill(5)
        first = opened("ada")
        assert release_page(page=first.page.uuid, annotator=make_annotator("ada"))
        assert not release_page(page=first.page.uuid, annotator=make_annotator("ada"))
        assert not Lease.objects.exists()
        assert shown(opened("ada")) == shown(first)

    def test_of_somebody_else_cannot_be_released_or_renewed(self, fill, opened, make_annotator):
        fill(5)
        first = opened("ada")
        assert not release_page(page=first.page.uuid, annotator=make_annotator("ben"))
        with pytest.raises(PageGone):
            renew_page(page=first.page.uuid, annotator=make_annotator("ben"))
        assert Lease.objects.count() == 5

    def test_loses_clips_that_are_withdrawn(self, fill, opened):
        nominations = fill(5)
        first = opened("ada")
        withdraw_clip(clip=nominations[2].clip, actor=None)
        assert nominations[2].pk not in shown(opened("ada"))
        assert len(shown(opened("ada"))) == len(shown(first)) - 1


class TestSeats:
    def test_are_given_to_as_many_as_are_wanted_and_no_more(self, fill, opened):
        fill(3)
        assert len(shown(opened("ada"))) == 3
        assert len(shown(opened("ben"))) == 3
        assert opened("cleo") is None

    def test_of_an_expired_page_are_free_again(self, fill, opened):
        fill(3)
        opened("ada"), opened("ben")
        Page.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert len(shown(opened("cleo"))) == 3

    def test_are_kept_by_a_page_that_is_renewed(self, fill, opened, make_annotator):
        fill(3)
        first = opened("ada")
        opened("ben")
        Page.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
        renewed = renew_page(page=first.page.uuid, annotator=make_annotator("ada"))
        assert renewed.expires_at > timezone.now() + timedelta(minutes=29)

    def test_kept_by_an_answer_that_comes_late_in_a_pages_time(self, fill, opened, answer):
        fill(3)
        first = opened("ada")
        Page.objects.update(expires_at=timezone.now() + timedelta(seconds=5))
        answer(first.items[0].nomination, "ada")
        assert Page.objects.get().expires_at > timezone.now() + timedelta(minutes=29)

    def test_expired_pages_are_swept(self, fill, opened):
        fill(3)
        opened("ada"), opened("ben")
        Page.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert close_expired_pages(limit=1) == 1
        assert close_expired_pages(limit=5) == 1
        assert not Lease.objects.exists()

    def test_an_expired_answer_is_taken_while_its_seat_is_free(self, fill, opened, answer):
        fill(3)
        first = opened("ada")
        Page.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert answer(first.items[0].nomination, "ada") == "PP"

    def test_an_expired_answer_whose_seat_is_taken_is_told_so(self, fill, opened, answer):
        fill(3)
        late = opened("ada")
        Page.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        opened("ben"), opened("cleo")
        with pytest.raises(NotOpen, match="ran out"):
            answer(late.items[0].nomination, "ada")
        assert not Vote.objects.exists()


class TestAWalk:
    """Beyond the top of the queue a walk goes on from where it stopped."""

    @pytest.fixture(autouse=True)
    def short_strides(self, monkeypatch):
        monkeypatch.setattr(walking, "HEAD", 6)
        monkeypatch.setattr(walking, "STRIDE", 5)

    def everything(self, opened, answer, name: str, said: str = "PP") -> list[int]:
        """Let one person work until nothing is left; return what they met, in order."""
        met = []
        while page := opened(name):
            for item in page.items:
                answer(item.nomination, name, said)
                met.append(item.nomination.pk)
        return met

    @pytest.mark.parametrize("said", ["PP", "NP"])
    def test_meets_everything_once(self, fill, opened, answer, said):
        nominations = fill(60)
        met = self.everything(opened, answer, "ada", said)
        assert sorted(met) == [n.pk for n in nominations]
        assert opened("ada") is None

    def test_meets_what_comes_in_later(self, fill, opened, answer):
        fill(30)
        self.everything(opened, answer, "ada")
        new = fill(5, start=100)
        assert sorted(self.everything(opened, answer, "ada")) == [n.pk for n in new]

    def test_meets_what_others_raised_first(self, fill, opened, answer):
        nominations = fill(60)
        answer(nominations[40], "ben")
        assert shown(opened("ada"))[0] == nominations[40].pk

    def test_meets_what_was_left_open(self, fill, opened, answer, make_annotator):
        fill(40)
        opened("ada")
        for _ in range(2):
            left = opened("ada")
            release_page(page=left.page.uuid, annotator=make_annotator("ada"))
        assert len(self.everything(opened, answer, "ada")) == 40

    def test_two_people_leave_nothing_open(self, fill, opened, answer):
        fill(45)
        assert len(self.everything(opened, answer, "ada")) == 45
        assert len(self.everything(opened, answer, "ben")) == 45
        assert not Nomination.objects.filter(is_open=True).exists()

    def test_costs_the_same_after_many_own_answers(self, fill, opened, answer):
        fill(150)
        counts = []
        for _ in range(10):
            with CaptureQueriesContext(connection) as queries:
                page = opened("ada")
            counts.append(len(queries))
            for item in page.items:
                answer(item.nomination, "ada")
        assert max(counts[3:]) <= max(counts[1:3]) + 8, counts

    def test_rests_once_nothing_is_left(self, fill, opened, answer):
        fill(60)
        self.everything(opened, answer, "ada")
        with CaptureQueriesContext(connection) as queries:
            assert opened("ada") is None
        assert len(queries) <= 20
