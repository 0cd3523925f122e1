"""What the commands share that bring existing datasets in."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from datasets_app.clips.table import ClipRow
from datasets_app.importers.records import UNKNOWN_LICENSE, ImportSummary
from datasets_app.jobs.ingest import ingest_rows
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.ontology.selectors import get_ontology


class ImportCommand(StageCommand):
    """A command over one importer; ``list_recordings`` is there where it can come with audio."""

    source_metavar = "FILE"
    run_import: ClassVar[Callable[..., ImportSummary]]
    list_recordings: ClassVar[Callable[[Path], Iterator[tuple[str, str]]] | None] = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the source, the collection, its ontology and, where it can be, the audio."""
        parser.add_argument("source", type=Path, metavar=self.source_metavar)
        add_collection_argument(parser)
        parser.add_argument("--ontology", metavar="NAME", help="needed when several are loaded")
        if self.list_recordings is not None:
            parser.add_argument(
                "--audio",
                action="store_true",
                help="also take in the recordings that lie there; without it clips are metadata "
                "alone, and a later run with --audio, or ingest_clips, brings their recordings",
            )

    def run(self, *, source: Path, collection: str, ontology: str | None, **options: Any) -> None:
        """Import, tell what was added and what was missing, and take in the audio if asked to."""
        bar = ProgressBar("importing", "clip")
        try:
            summary = self.run_import(
                source=source,
                collection=collection,
                ontology=get_ontology(name=ontology),
                on_progress=bar.show,
            )
        finally:
            bar.close()
        for warning in summary.warnings:
            self.stderr.write(warning)
        self.say(describe_import(summary))
        if options.get("audio"):
            self._ingest(source, collection)

    def _ingest(self, source: Path, collection: str) -> None:
        assert self.list_recordings is not None  # noqa: S101 - the option is there only with it  # nosec B101
        rows = [
            ClipRow(clip_id=clip_id, file=file, uploader="unknown", license=UNKNOWN_LICENSE)
            for clip_id, file in self.list_recordings(source)
        ]
        target = get_collection(collection)
        listed = set(target.clips.values_list("external_id", flat=True))
        bar = ProgressBar("analysing", "clip")
        found = ingest_rows(
            collection=target,
            folder=source,
            rows=[row for row in rows if row.clip_id in listed],
            on_progress=bar.show,
            on_untaken=self.say_no_worker("curation"),
        )
        bar.close()
        for refusal in found.refusals:
            self.stderr.write(f"refused {refusal.clip_id}: {refusal.reason}")
        self.say(
            f"{found.n_added} recordings taken in, {found.n_known} were there already, "
            f"{len(found.refusals)} refused."
        )


def describe_import(summary: ImportSummary) -> str:
    """Return one line on what an import added."""
    parts = ", ".join(f"{n:,} {part}" for part, n in sorted(summary.n_by_part.items()))
    return (
        f"{summary.n_clips:,} clips added ({summary.n_known:,} were there already), "
        f"{summary.n_uploaders:,} uploaders, {summary.n_nominations:,} nominations, "
        f"{summary.n_votes:,} votes; published split: {parts or 'none added'}."
    )
