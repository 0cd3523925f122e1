"""All runs of a collection: found, compared, and started."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import QueryDict

from annotator.curation.runs import RunRow, run_rows
from datasets_app.clips.models import Collection, QueueOrder
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.models import Job
from datasets_app.releases.models import Release
from datasets_app.reports.flag_yield import LoopYield, loop_yield
from ml_worker.contract import JobKind

PER_PAGE = 25
OFFERED = 50
"""Releases and jobs that a form offers, the newest."""
SORTS = {"new": ("-created_at", "-pk"), "old": ("created_at", "pk")}
RECIPES = ("small_cnn", "vgg_like", "crnn", "resnet18", "densenet121", "vgg42")
"""Offered while typing; which there are, the worker knows."""
PROVIDERS = ("log-mel-statistics", "mfcc-statistics")
"""Those that need no file of weights."""


@dataclass(frozen=True, slots=True)
class RunsPage:
    """The list with its filter, and what new runs can be made of."""

    collection: Collection
    kind: str
    state: str
    sort: str
    n_by_kind: list[tuple[str, int]]
    rows: list[RunRow]
    pages: Page
    releases: list[Release]
    trained: list[Job]
    flagged: list[Job]
    loop: LoopYield

    recipes = RECIPES
    providers = PROVIDERS
    orders = QueueOrder.choices

    @property
    def states(self) -> list[str]:
        """The states there are."""
        return [state.value for state in JobState]

    @property
    def query(self) -> str:
        """The filter, for the links of other pages."""
        return f"kind={self.kind}&state={self.state}&sort={self.sort}&"

    @property
    def n_open(self) -> int:
        """Runs on the page that go on."""
        return sum(row.is_open for row in self.rows)


def runs_page(collection: Collection, asked: QueryDict) -> RunsPage:
    """Gather the page; the number of queries does not grow with the runs."""
    kind = asked.get("kind", "") if asked.get("kind") in list(JobKind) else ""
    state = asked.get("state", "") if asked.get("state") in list(JobState) else ""
    sort = asked.get("sort", "new") if asked.get("sort") in SORTS else "new"
    jobs = collection.jobs.select_related("release", "teacher__release")
    counts = jobs.order_by().values_list("kind").annotate(n=Count("pk"))
    found = jobs.filter(**{k: v for k, v in (("kind", kind), ("state", state)) if v})
    pages = Paginator(found.order_by(*SORTS[sort]), PER_PAGE).get_page(asked.get("page"))
    finished = jobs.filter(state=JobState.FINISHED.value).order_by("-pk")
    return RunsPage(
        collection=collection,
        kind=kind,
        state=state,
        sort=sort,
        n_by_kind=sorted(counts),
        rows=run_rows(list(pages.object_list)),
        pages=pages,
        releases=list(collection.releases.order_by("-created_at", "-pk")[:OFFERED]),
        trained=list(finished.filter(kind=JobKind.TRAIN.value)[:OFFERED]),
        flagged=list(finished.filter(kind=JobKind.FLAG.value)[:OFFERED]),
        loop=loop_yield(collection=collection),
    )
