"""The releases of a collection, newest first, page by page."""

from dataclasses import dataclass

from datasets_app.clips.models import Collection
from datasets_app.releases.access import Reader, readable_releases
from datasets_app.releases.models import Release

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One release with the totals of its summary; ``parent`` only where the reader may see it."""

    release: Release
    parent: Release | None

    @property
    def n_clips(self) -> int:
        """How many clips it holds."""
        return sum(self.release.summary.get("n_clips", {}).values())

    @property
    def hours(self) -> float:
        """How long they are together."""
        return self.release.summary.get("duration_s", 0.0) / 3600


@dataclass(frozen=True, slots=True)
class ReleaseList:
    """One page of the list; ``go_on`` continues after it, None at the end."""

    collection: Collection
    lines: list[ReleaseLine]
    n_all: int
    go_on: int | None


def release_list(collection: Collection, reader: Reader, before: int | None) -> ReleaseList:
    """Gather the page: three queries, whatever the number of releases."""
    found = readable_releases(reader).filter(collection=collection)
    rows = found.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PER_PAGE + 1])
    go_on = page[PER_PAGE - 1].pk if len(page) > PER_PAGE else None
    shown = page[:PER_PAGE]
    parents = found.in_bulk({release.parent_id for release in shown if release.parent_id})
    lines = [ReleaseLine(release, parents.get(release.parent_id)) for release in shown]
    return ReleaseList(collection, lines, found.count(), go_on)
