"""Takes a folder of recordings into a collection: the worker listens, the site writes."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.clips.services import add_analysed_clips, rows_to_add
from datasets_app.clips.table import ClipRow, Refusal, read_clip_table
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.dispatch import create_job, end_job, send_job, wait_for_job
from datasets_app.jobs.models import Job
from datasets_app.nominations.clip_states import ask_about_clips
from datasets_app.nominations.services import refresh_priorities
from ml_worker.contract import JobKind, JobProgress, JobResult, read_job

CLIPS_PER_JOB = 500


@dataclass(slots=True)
class IngestSummary:
    """What came of a folder: clips added, clips the collection had already, clips refused."""

    n_added: int = 0
    n_known: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def ingest_folder(
    *,
    collection: Collection,
    folder: Path,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_untaken: Callable[[], None] = lambda: None,
) -> IngestSummary:
    """Add the recordings of ``folder/clips.csv``; the broken ones are refused by name.

    Interrupted and run again it goes on with what is missing; nothing is added twice.

    Raises
    ------
    ClipTableError
        ``clips.csv`` itself cannot be read.
    JobFailed
        A worker could not analyse a batch at all.
    """
    rows, refusals = read_clip_table(folder)
    summary = ingest_rows(
        collection=collection,
        folder=folder,
        rows=rows,
        on_progress=on_progress,
        on_untaken=on_untaken,
    )
    summary.refusals = [*refusals, *summary.refusals]
    return summary


def ingest_rows(
    *,
    collection: Collection,
    folder: Path,
    rows: Sequence[ClipRow],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_untaken: Callable[[], None] = lambda: None,
) -> IngestSummary:
    """Add recordings below ``folder`` that were listed elsewhere; else as ``ingest_folder``.

    Of a row whose clip the collection has as metadata alone, only ``clip_id`` and ``file`` count.
    """
    folder = folder.resolve()
    new = rows_to_add(collection=collection, rows=rows)
    summary = IngestSummary()
    batches = [new[i : i + CLIPS_PER_JOB] for i in range(0, len(new), CLIPS_PER_JOB)]
    jobs = [_start_analysis(collection, folder, batch) for batch in batches]
    done = 0
    for job, batch in zip(jobs, batches, strict=True):
        so_far = done

        def report(progress: JobProgress | None, so_far: int = so_far) -> None:
            on_progress(so_far + (progress.done if progress else 0), len(new))

        wait_for_job(job, finish=finish_analysis, on_progress=report, on_untaken=on_untaken)
        summary.n_added += job.summary["n_added"]
        summary.refusals += [Refusal(*pair) for pair in job.summary["refusals"]]
        done += len(batch)
        on_progress(done, len(new))
    summary.n_known = len(rows) - summary.n_added - len(summary.refusals)
    if summary.n_added:  # clips that came as metadata alone have a length now
        refresh_priorities(collection=collection)
    return summary


def _start_analysis(collection: Collection, folder: Path, rows: Sequence[ClipRow]) -> Job:
    def prepare(job_dir: Path) -> None:
        _write_lines(job_dir / "clips.jsonl", [row.as_dict() for row in rows])

    job = create_job(
        kind=JobKind.ANALYSE,
        collection=collection,
        inputs={"root": str(folder)},
        prepare=prepare,
    )
    send_job(job)
    return job


def finish_analysis(job: Job, result: JobResult) -> None:
    """Write the clips of a finished analysis; harmless to repeat.

    The rows and the folder are read back from the job's own files, so that any process can finish
    what another began.
    """
    job_dir, out_dir = Path(job.job_dir), Path(job.out_dir)
    rows = [ClipRow(**raw) for raw in _read_lines(job_dir / "clips.jsonl")]
    n_added, refusals = add_analysed_clips(
        collection=job.collection,
        folder=Path(read_job(job_dir).inputs["root"]),
        rows=rows,
        analysis=_read_lines(out_dir / "analysis.jsonl"),
        analysis_dir=out_dir,
    )
    ask_about_clips(collection=job.collection, clip_ids=[row.clip_id for row in rows])
    found = {"n_added": n_added, "refusals": [[r.clip_id, r.reason] for r in refusals]}
    end_job(job, JobState.FINISHED, summary=found)


def _write_lines(path: Path, rows: Sequence[object]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as handle:
        yield from (json.loads(line) for line in handle)
