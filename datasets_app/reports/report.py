"""One HTML file that tells a collection's whole way: to be read offline, printed, passed on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.jobs.models import Job
from datasets_app.releases.difference import diff_releases
from datasets_app.releases.layout import CLASS_INFO
from datasets_app.releases.models import Release
from datasets_app.releases.reading import ReleaseFileError, read_json
from datasets_app.reports.counts import (
    licence_rows,
    stage_rows,
    total_hours,
    uploader_sizes,
    vocabulary_summary,
)
from datasets_app.reports.figures import (
    agreement_figure,
    class_counts_figure,
    class_scores_figure,
    flags_figure,
    training_curves_figure,
    uploader_sizes_figure,
)
from datasets_app.reports.flag_yield import FlagYield, flag_yield
from datasets_app.reports.learning_files import read_curves, read_eval_metrics
from datasets_app.reports.page import write_page
from datasets_app.splits.selectors import contamination_rows


def write_report(
    *,
    collection: Collection,
    releases: Sequence[Release],
    run: Job | None,
    flag_job: Job | None,
    agreement: Mapping[str, Any],
    out: Path,
) -> Path:
    """Write the report of a collection to ``out``, whole or not at all, and return its path.

    Parameters
    ----------
    collection
        What it is about.
    releases
        Those to tell of, oldest first; the last two are compared.
    run, flag_job
        A finished training job and a finished flag job, where there are.
    agreement
        The report of ``datasets_app.votes.agreement.report_agreement``.
    out
        The file; an older one is replaced.

    Notes
    -----
    The file needs no network (``page.write_page``). A release or run whose folder is gone is told
    of without what only its folder knows.
    """
    context = report_context(
        collection=collection,
        releases=releases,
        run=run,
        flag_job=flag_job,
        agreement=agreement,
    )
    return write_page(template="reports/report.html", context=context, out=out)


def report_context(
    *,
    collection: Collection,
    releases: Sequence[Release],
    run: Job | None,
    flag_job: Job | None,
    agreement: Mapping[str, Any],
) -> dict[str, Any]:
    """Gather what the report says; ``figures`` are by the id of their place on the page."""
    latest = releases[-1] if releases else None
    split = latest.split if latest else collection.splits.order_by("-pk").first()
    yielded = flag_yield(job=flag_job) if flag_job else None
    counts = _class_counts(latest)
    curves = read_curves(run) if run else []
    metrics = read_eval_metrics(run) if run else None
    figures = {
        "agreement": agreement["classes"] and agreement_figure(agreement),
        "uploaders": split and uploader_sizes_figure(uploader_sizes(split=split)),
        "class-counts": counts and class_counts_figure(counts),
        "curves": curves and training_curves_figure(curves),
        "class-scores": metrics and class_scores_figure(metrics),
        "flags": yielded and yielded.n_judged and flags_figure(yielded.classes),
    }
    return {
        "collection": collection,
        "latest": latest,
        "releases": releases,
        "hours": total_hours(collection=collection),
        "n_clips": collection.clips.count(),
        "stages": stage_rows(collection=collection, split=split, releases=releases),
        "agreement": agreement,
        "split": split,
        "contamination": contamination_rows(split=split) if split else [],
        "vocabulary": vocabulary_summary(split=split) if split else None,
        "class_counts": counts,
        "run": run,
        "metrics": metrics,
        "flag_job": flag_job,
        "flags": yielded,
        "change": _change(releases, yielded),
        "licences": licence_rows(collection=collection),
        "figures": {name: figure for name, figure in figures.items() if figure},
    }


def _class_counts(release: Release | None) -> list[dict[str, Any]]:
    try:
        found = read_json(Path(release.path), CLASS_INFO) if release else {}
    except ReleaseFileError:
        return []
    return sorted(found.values(), key=lambda row: row["name"])


def _change(releases: Sequence[Release], yielded: FlagYield | None) -> dict[str, Any] | None:
    """Compare the last two releases; say how much of the gain came from flags."""
    if len(releases) < 2:
        return None
    old, new = releases[-2:]
    try:
        found = diff_releases(Path(old.path), Path(new.path))
    except ReleaseFileError:
        return None
    gained, lost = (
        Counter(mid for _, mid in found[key]) for key in ("labels_gained", "labels_lost")
    )
    right = yielded.right if yielded else frozenset()
    n_states = found["n_states"]
    names = dict(new.collection.ontology.classes.values_list("mid", "name"))
    return {
        "old": old,
        "new": new,
        **found,
        "states": [
            (name, n_states["old"][name], n_states["new"][name]) for name in n_states["old"]
        ],
        "n_gained_by_flags": len(right.intersection(found["labels_gained"])),
        "classes": [
            {"name": names.get(mid, found["names"][mid]), "gained": gained[mid], "lost": lost[mid]}
            for mid in sorted(gained.keys() | lost.keys(), key=lambda m: (-gained[m], m))
        ],
    }
