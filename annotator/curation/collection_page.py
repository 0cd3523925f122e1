"""Everything the collection page shows."""

from dataclasses import dataclass
from typing import Any

from annotator.curation.agreement import LOW_ALPHA, LowClass, agreement_report, low_agreement
from annotator.curation.bad_mappings import BadMapping, bad_mappings
from annotator.curation.runs import RunRow, curves_figure, run_rows
from annotator.curation.stages import Stage, collection_stages, next_stage
from datasets_app.clips.models import Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.models import Job
from datasets_app.jobs.selectors import CollectionOverview, collection_overview
from datasets_app.reports.flag_yield import LoopYield, loop_yield
from datasets_app.votes.reports import open_reports


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """The page from top to bottom."""

    overview: CollectionOverview
    stages: list[Stage]
    next_stage: Stage | None
    agreement: dict[str, Any] | None
    agreement_figure: dict[str, Any] | None
    low_classes: list[LowClass]
    bad_mappings: list[BadMapping]
    n_reports: int
    failed_jobs: list[Job]
    runs: list[RunRow]
    curves_figure: dict[str, Any] | None
    loop: LoopYield

    low_alpha: float = LOW_ALPHA

    @property
    def collection(self) -> Collection:
        """The collection itself."""
        return self.overview.collection

    @property
    def needs_decision(self) -> bool:
        """Say whether anything waits for a curator's decision."""
        return bool(
            self.overview.n_conflicted
            or self.low_classes
            or self.bad_mappings
            or self.n_reports
            or self.failed_jobs
        )

    @property
    def has_open_runs(self) -> bool:
        """Say whether there is a job to follow."""
        return any(row.is_open for row in self.runs)


def collection_page(collection: Collection) -> CollectionPage:
    """Gather the page; the number of queries does not grow with the collection."""
    from datasets_app.reports.figures import agreement_figure  # plotly loads slowly

    overview = collection_overview(collection=collection)
    stages = collection_stages(overview)
    report = agreement_report(overview)
    return CollectionPage(
        overview=overview,
        stages=stages,
        next_stage=next_stage(stages),
        agreement=report,
        agreement_figure=agreement_figure(report) if report else None,
        low_classes=low_agreement(report),
        bad_mappings=bad_mappings(collection),
        n_reports=open_reports(collection=collection).count(),
        failed_jobs=[job for job in overview.jobs if job.state == JobState.FAILED.value],
        runs=run_rows(overview.jobs),
        curves_figure=curves_figure(overview.jobs),
        loop=loop_yield(collection=collection),
    )
