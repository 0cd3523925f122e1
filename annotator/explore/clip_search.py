"""Finding clips: by words, class, licence, length, state and side of the split."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.functional import Promise

from annotator.explore.access import Onlooker
from annotator.explore.forms import SearchForm, first_problem
from annotator.explore.words import PARTS
from datasets_app.clips.models import Clip, Collection
from datasets_app.clips.selectors import WINDOW, ClipFilter, ClipPage, find_clips, recent_licenses
from datasets_app.domain.clips.licenses import license_name
from datasets_app.nominations.models import ClassWork, Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.splits.models import Split, SplitAssignment


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was looked for, what was found, and where to go on."""

    collection: Collection
    form: SearchForm
    problem: str
    found: ClipPage
    licenses: list[tuple[str, str]]
    classes: list[SoundClass]
    has_split: bool
    may_see_withdrawn: bool
    window: int = WINDOW

    @property
    def go_on(self) -> str:
        """The query of the next page, "" at the end."""
        if self.found.go_on is None:
            return ""
        kept = {k: v for k, v in self.form.data.items() if v and k != "before"}
        return urlencode({**kept, "before": self.found.go_on})

    @property
    def is_partial(self) -> bool:
        """Say whether more clips were left than are looked through at once."""
        return self.found.is_window_end

    @property
    def parts(self) -> list[tuple[str, Promise]]:
        """The sides of a split, and their names."""
        return list(PARTS.items())

    @property
    def is_continued(self) -> bool:
        """Say whether newer clips were looked at on a page before."""
        return bool(self.form.data.get("before"))


def search_page(collection: Collection, person: Onlooker, asked: QueryDict) -> SearchPage:
    """Look for what was asked: a bounded number of queries over at most ``WINDOW`` clips."""
    form = SearchForm(asked)
    problem = "" if form.is_valid() else first_problem(form)
    split = collection.splits.order_by("-pk").first()
    found = ClipPage([], 0, None, False)
    if not problem:
        wanted = _wanted(collection, split, person, form.cleaned_data)
        found = find_clips(collection=collection, wanted=wanted, before=form.cleaned_data["before"])
    return SearchPage(
        collection,
        form,
        problem,
        found,
        _licenses(collection),
        _classes(collection),
        split is not None,
        person.is_curator,
    )


def _wanted(
    collection: Collection, split: Split | None, person: Onlooker, asked: dict[str, Any]
) -> ClipFilter:
    also = Q()
    if asked["mid"]:
        proposed = Nomination.objects.filter(
            clip=OuterRef("pk"),
            sound_class__mid=asked["mid"],
            sound_class__ontology=collection.ontology_id,
        )
        also &= Q(Exists(proposed))
    if asked["part"]:
        assigned = SplitAssignment.objects.filter(
            clip=OuterRef("pk"), split=split, part=asked["part"]
        )
        also &= Q(Exists(assigned))
    may_choose_state = person.is_curator and asked["state"]
    return ClipFilter(
        text=asked["q"],
        license=asked["license"],
        shortest_s=asked["shortest_s"],
        longest_s=asked["longest_s"],
        state=asked["state"] if may_choose_state else Clip.State.AVAILABLE.value,
        also=also,
    )


def _classes(collection: Collection) -> list[SoundClass]:
    """Return the classes proposed anywhere in the collection, by name."""
    work = ClassWork.objects.filter(collection=collection, n_all__gt=0).values("sound_class")
    return list(SoundClass.objects.filter(pk__in=work).order_by("name"))


def _licenses(collection: Collection) -> list[tuple[str, str]]:
    return [(text, license_name(text)) for text in recent_licenses(collection=collection)]
