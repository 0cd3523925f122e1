"""An uploader: their clips, the classes found in them, and their licences."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from annotator.curation.runs import describe_duration
from annotator.explore.access import Onlooker
from datasets_app.clips.models import Clip, Uploader
from datasets_app.clips.selectors import ClipFilter, ClipPage, find_clips
from datasets_app.domain.clips.licenses import license_address, license_name
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.labels.models import Label
from datasets_app.nominations.selectors import PRESENT_VALUES
from datasets_app.ontology.models import SoundClass

MOST_CLASSES = 24


@dataclass(frozen=True, slots=True)
class LicenseShare:
    """A licence, where its text is, and how many of the uploader's clips have it."""

    name: str
    address: str | None
    n_clips: int


@dataclass(frozen=True, slots=True)
class UploaderPage:
    """The page from top to bottom; ``classes`` have ``n_clips`` decided present."""

    uploader: Uploader
    n_clips: int
    duration: str
    n_withdrawn: int
    licenses: list[LicenseShare]
    classes: list[SoundClass]
    found: ClipPage


def uploader_page(uploader: Uploader, person: Onlooker, before: int | None) -> UploaderPage:
    """Gather the page: seven queries, whatever the number of clips."""
    available = uploader.clips.filter(state=Clip.State.AVAILABLE)
    totals = available.aggregate(n=Count("pk"), seconds=Sum("duration_s"))
    withdrawn = uploader.clips.exclude(state=Clip.State.AVAILABLE)
    found = find_clips(
        collection=uploader.collection, wanted=ClipFilter(), before=before, uploader=uploader
    )
    return UploaderPage(
        uploader,
        totals["n"],
        describe_duration(totals["seconds"] or 0.0),
        withdrawn.count() if person.is_curator else 0,
        _licenses(uploader),
        _classes(uploader),
        found,
    )


def _licenses(uploader: Uploader) -> list[LicenseShare]:
    available = uploader.clips.filter(state=Clip.State.AVAILABLE).order_by()
    rows = available.values_list("license").annotate(n=Count("pk")).order_by("-n", "license")
    return [LicenseShare(license_name(text), license_address(text), n) for text, n in rows]


def _classes(uploader: Uploader) -> list[SoundClass]:
    present = Label.objects.filter(
        nomination__clip__uploader=uploader,
        nomination__clip__state=Clip.State.AVAILABLE,
        state=DecisionState.DECIDED.value,
        value__in=PRESENT_VALUES,
    )
    rows = present.order_by().values("nomination__sound_class_id").annotate(n=Count("pk"))
    counts = dict(rows.order_by("-n").values_list("nomination__sound_class_id", "n")[:MOST_CLASSES])
    classes = SoundClass.objects.in_bulk(counts)
    for pk, sound_class in classes.items():
        sound_class.n_clips = counts[pk]
    return sorted(classes.values(), key=lambda c: (-c.n_clips, c.name))
