"""Collections whose labels are decided, ready to be split, and readers of the outcome."""

from collections.abc import Callable, Iterable, Sequence

import pytest
from django.utils import timezone

from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.domain.labels.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.splits.models import Split, SplitAssignment


@pytest.fixture
def label_clip(make_clip, make_nomination) -> Callable[..., Clip]:
    """Add a clip of an uploader that was decided to hold these classes."""

    def add(clip_id: str, uploader: str, *mids: str, value: LabelValue = LabelValue.PP) -> Clip:
        clip = make_clip(clip_id, uploader=uploader)
        for mid in mids:
            Label.objects.create(
                nomination=make_nomination(clip, mid),
                state=DecisionState.DECIDED,
                value=value,
                reached_by=ReachedBy.AGREEMENT,
                decided_at=timezone.now(),
            )
        return clip

    return add


@pytest.fixture
def yard(label_clip, collection):
    """Ten uploaders with four clips each: barks, cats and rain."""
    for number in range(40):
        mid = ["/m/bark", "/m/cat", "/m/rain"][number % 3]
        label_clip(f"clip-{number:02}", f"uploader-{number % 10}", mid)
    return collection


@pytest.fixture(scope="session")
def add_labelled_clips() -> Callable[..., None]:
    return _add_labelled_clips


@pytest.fixture(scope="session")
def mark_twins() -> Callable[[Collection, Sequence[int | None]], None]:
    """Put clips, in the order of their external ids, into duplicate groups."""
    return _mark_twins


@pytest.fixture(scope="session")
def clear() -> Callable[[Collection], None]:
    return _clear


@pytest.fixture(scope="session")
def places() -> Callable[[Split], dict[str, str]]:
    return _places


@pytest.fixture(scope="session")
def sides_of_uploaders() -> Callable[[Split], dict[str, set[bool]]]:
    return _sides_of_uploaders


def _add_labelled_clips(
    collection: Collection, rows: Iterable[tuple[str, str, Sequence[str]]], **fields: object
) -> None:
    """Add clips of (external id, uploader, mids), each class decided present; in few queries."""
    rows = list(rows)
    Uploader.objects.bulk_create(
        [Uploader(collection=collection, name=name) for name in {name for _, name, _ in rows}],
        ignore_conflicts=True,
    )
    uploaders = dict(collection.uploaders.values_list("name", "pk"))
    Clip.objects.bulk_create(
        Clip(
            collection=collection, external_id=e, uploader_id=uploaders[u], license="CC0", **fields
        )
        for e, u, _ in rows
    )
    clips = dict(collection.clips.values_list("external_id", "pk"))
    classes = dict(collection.ontology.classes.values_list("mid", "pk"))
    nominations = Nomination.objects.bulk_create(
        Nomination(
            clip_id=clips[e],
            collection=collection,
            sound_class_id=classes[mid],
            origin=Nomination.Origin.KEYWORD,
        )
        for e, _, mids in rows
        for mid in mids
    )
    decided = {"state": DecisionState.DECIDED, "value": LabelValue.PP}
    reached = {"reached_by": ReachedBy.AGREEMENT, "decided_at": timezone.now()}
    Label.objects.bulk_create(Label(nomination=n, **decided, **reached) for n in nominations)


def _mark_twins(collection: Collection, groups: Sequence[int | None]) -> None:
    if not hasattr(Clip, "duplicate_group"):
        return
    clips = list(collection.clips.order_by("pk"))
    for clip, group in zip(clips, groups, strict=True):
        clip.duplicate_group = group
    Clip.objects.bulk_update(clips, ["duplicate_group"])


def _clear(collection: Collection) -> None:
    """Take away the collection's splits and clips."""
    SplitAssignment.objects.filter(split__collection=collection).delete()
    for split in collection.splits.order_by("-pk"):
        split.delete()
    collection.clips.all().delete()
    collection.uploaders.all().delete()


def _places(split: Split) -> dict[str, str]:
    """Return the part of each clip by external id."""
    return dict(split.assignments.values_list("clip__external_id", "part"))


def _sides_of_uploaders(split: Split) -> dict[str, set[bool]]:
    """Return whether each uploader is in eval; two answers if it is divided."""
    sides: dict[str, set[bool]] = {}
    for uploader, part in split.assignments.values_list("clip__uploader__name", "part"):
        sides.setdefault(uploader, set()).add(part == SplitAssignment.Part.EVAL)
    return sides
