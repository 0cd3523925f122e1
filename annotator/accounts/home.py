"""What the home page shows: where to go on, and what still needs ears."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from annotator.accounts.roles import JUDGES, has_any_role
from datasets_app.clips.models import Collection
from datasets_app.labels.queue import open_work_by_class
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator, User
from datasets_app.people.services import annotator_of_user, has_role
from datasets_app.votes.models import Vote

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CollectionWork:
    """A collection and its classes that still need this person, most open first."""

    collection: Collection
    classes: list[SoundClass]

    @property
    def n_open(self) -> int:
        """Recordings still to be heard by this person, counted once per class."""
        return sum(c.n_open for c in self.classes)

    @property
    def percent_decided(self) -> int:
        """Share of the listed classes' nominations that are decided, rounded down."""
        total = sum(c.n_all for c in self.classes)
        return 100 * sum(c.n_decided for c in self.classes) // total if total else 100


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """The class this person judged last, while it has something left."""

    collection: Collection
    sound_class: SoundClass


@dataclass(frozen=True, slots=True)
class HomePage:
    """All the home page needs."""

    may_judge: bool
    may_steer: bool
    work: list[CollectionWork]
    resume: ResumePoint | None
    n_answers: int
    n_answers_this_week: int

    @property
    def n_open(self) -> int:
        """Recordings still to be heard in all collections."""
        return sum(part.n_open for part in self.work)


def home_page(user: User) -> HomePage:
    """Gather the page: one query per collection and about ten more."""
    may_judge = has_any_role(user, *JUDGES)
    may_steer = has_role(user=user, role=User.Role.CURATOR)
    if not may_judge:
        work = [CollectionWork(c, []) for c in _collections()] if may_steer else []
        return HomePage(may_judge, may_steer, work, None, 0, 0)
    annotator = annotator_of_user(user=user)
    work = [
        CollectionWork(c, list(open_work_by_class(collection=c, annotator=annotator)))
        for c in _collections()
    ]
    votes = Vote.objects.filter(annotator=annotator)
    n_this_week = votes.filter(cast_at__gte=timezone.now() - WEEK).count()
    resume = _resume_point(annotator, work)
    return HomePage(may_judge, may_steer, work, resume, votes.count(), n_this_week)


def _collections() -> list[Collection]:
    return list(Collection.objects.select_related("ontology").order_by("name"))


def _resume_point(annotator: Annotator, work: list[CollectionWork]) -> ResumePoint | None:
    last = (
        Vote.objects.filter(annotator=annotator, task=Vote.Task.VALIDATION)
        .select_related("nomination__clip")
        .order_by("-cast_at")
        .first()
    )
    if last is None:
        return None
    place = (last.nomination.clip.collection_id, last.nomination.sound_class_id)
    found = (
        ResumePoint(part.collection, sound_class)
        for part in work
        for sound_class in part.classes
        if (part.collection.pk, sound_class.pk) == place
    )
    return next(found, None)
