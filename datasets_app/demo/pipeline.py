"""The whole way once: from a folder of recordings to a verified release and a trained baseline.

Each step calls the service that its management command calls, on the embedded or any configured
database, with real worker processes. Run again, a step keeps what it made last time.
"""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.conf import settings

from datasets_app.clips.class_services import set_collection_goal
from datasets_app.clips.duplicates import group_duplicates
from datasets_app.clips.models import Collection
from datasets_app.clips.services import open_collection
from datasets_app.demo.annotators import (
    draw_votes,
    read_annotators,
    read_truth,
    with_ancestors,
)
from datasets_app.demo.collection import write_bundled_collection
from datasets_app.demo.steps import Step, StepDisplay
from datasets_app.demo.vocabulary import (
    BUILTIN_ONTOLOGY,
    load_builtin_classes,
    propagated_ancestors,
)
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.ingest import ingest_folder
from datasets_app.jobs.learning import flag_missing_labels, train_baseline
from datasets_app.jobs.models import Job
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.services import nominate_labels
from datasets_app.ontology.models import Ontology
from datasets_app.ontology.services import load_ontology
from datasets_app.releases.models import Release
from datasets_app.releases.services import build_release, verify_release
from datasets_app.reports.report import write_report
from datasets_app.splits.models import Split
from datasets_app.splits.services import SplitSettings, assign_splits, count_parts
from datasets_app.votes.agreement import report_agreement
from datasets_app.votes.importing import import_votes
from ml_worker.contract import JobKind

BUNDLED = "bundled"
RECIPE = "small_cnn"
FIRST, SECOND = "1.0", "1.1"
FLAGGED_PERCENT = 4.0
CLIPS_WANTED = 25
"""Of each class: within reach of a few hundred recordings."""
VOTES_PER_FLAG = (3, 3)
JUDGING_SEED = 11


@dataclass
class Demo:
    """One run of the demo: where its input lies and where its results go."""

    data: Path | None
    ontology_file: Path | None
    display: StepDisplay

    @property
    def is_bundled(self) -> bool:
        """Say whether the collection is the project's own stand-in."""
        return self.data is None

    @property
    def name(self) -> str:
        """The collection's name: the folder's, or "bundled"."""
        return BUNDLED if self.data is None else self.data.resolve().name

    @property
    def folder(self) -> Path:
        """Where all that the demo makes lies."""
        return Path(settings.VAR_DIR) / "demo" / self.name

    @property
    def recordings(self) -> Path:
        """The folder with ``clips.csv``."""
        return self.folder / "recordings" if self.data is None else self.data

    @cached_property
    def collection(self) -> Collection:
        """The demo's collection."""
        return Collection.objects.get(name=self.name)

    def steps(self) -> list[Step]:
        """Return what the demo does, in order, with the seconds each takes on two cores."""
        bundled = [
            Step("simulated annotators judge the flags", 2, self.judge_flags),
            Step("report agreement again", 1, self.report_agreement),
            Step("build and verify the second release", 3, lambda: self.release(SECOND)),
        ]
        return [
            *([Step("synthesise the recordings", 20, self.synthesise)] if self.is_bundled else []),
            Step("load the ontology", 1, self.load_ontology),
            Step("take in the recordings", 25, self.ingest),
            Step("nominate labels by keywords", 1, self.nominate),
            Step("import votes", 2, self.import_votes),
            Step("infer labels", 1, self.infer),
            Step("report agreement", 2, self.report_agreement),
            Step("find near-duplicates", 1, self.find_duplicates),
            Step("assign dev, eval, train and val", 1, self.assign_splits),
            Step("build and verify the first release", 3, lambda: self.release(FIRST)),
            Step(f"train the baseline {RECIPE}", 90, self.train),
            Step("flag suspected missing labels", 10, self.flag),
            *(bundled if self.is_bundled else []),
            Step("write the report", 2, self.write_report),
        ]

    def synthesise(self) -> str:
        """Make the stand-in collection."""
        write_bundled_collection(self.recordings, progress=self.display.show)
        return f"a stand-in made by the project itself, in {self.recordings}"

    def load_ontology(self) -> str:
        """Load the ontology and open the collection."""
        file = self.ontology_file or BUILTIN_ONTOLOGY
        content = file.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        known = Ontology.objects.filter(source_sha256=sha256).first()
        ontology = (
            known
            or load_ontology(
                name=f"{file.stem}-{sha256[:8]}", data=json.loads(content), source_sha256=sha256
            )[0]
        )
        collection = open_collection(
            name=self.name, ontology=ontology, is_simulated=self.is_bundled
        )
        if collection.class_goal != CLIPS_WANTED:
            set_collection_goal(collection=collection, n_clips=CLIPS_WANTED)
        return f"{ontology.classes.count()} classes"

    def ingest(self) -> str:
        """Take the recordings in."""
        found = ingest_folder(
            collection=self.collection, folder=self.recordings, on_progress=self.display.show
        )
        for refusal in found.refusals:
            self.display.note(f"refused {refusal.clip_id}: {refusal.reason}")
        return (
            f"{found.n_added} clips added, {found.n_known} kept from before, "
            f"{len(found.refusals)} refused"
        )

    def nominate(self) -> str:
        """Propose labels from tags and titles."""
        found = nominate_labels(collection=self.collection, on_progress=self.display.show)
        if not found.n_classes_with_rules:
            return "this ontology has no keyword rules; the imported votes bring the nominations"
        return f"{found.n_added} added, {found.n_withdrawn} withdrawn"

    def import_votes(self) -> str:
        """Bring in the answers that came with the recordings."""
        file = self.recordings / "validation_votes.csv"
        if not file.exists():
            return f"no {file.name}; sign in and validate to collect some"
        found = import_votes(collection=self.collection, path=file)
        return f"{found.n_added} added, {found.n_unchanged} kept, {found.n_annotators} annotators"

    def infer(self) -> str:
        """Decide the nominations."""
        found = infer_labels(collection=self.collection)
        return ", ".join(f"{n} {state}" for state, n in sorted(found.n_by_state.items()))

    def report_agreement(self) -> str:
        """Write ``agreement.json``."""
        self.agreement = report_agreement(collection=self.collection)
        text = json.dumps(self.agreement, indent=1, ensure_ascii=False)
        (self.folder / "agreement.json").write_text(text + "\n", encoding="utf-8")
        alpha = self.agreement["overall"]["alpha"]
        return "α undefined" if alpha is None else f"Krippendorff's α {alpha:.3f}"

    def find_duplicates(self) -> str:
        """Group the clips that hold the same sound, so that no split divides them."""
        found = group_duplicates(collection=self.collection, on_progress=self.display.show)
        return f"{found.n_grouped} of {found.n_clips} clips in {len(found.groups)} groups"

    def assign_splits(self) -> str:
        """Split by uploader, unless it was done before."""
        self.split = Split.objects.filter(collection=self.collection).order_by("pk").first()
        if self.split is None:
            self.split = assign_splits(collection=self.collection, settings=SplitSettings())
        parts = count_parts(split=self.split)
        return ", ".join(f"{parts.get(part, 0)} {part}" for part in ("train", "val", "eval"))

    def release(self, version: str) -> str:
        """Build a release, or keep the one there is, and verify it either way."""
        folder = self.folder / "release" / version
        found = Release.objects.filter(collection=self.collection, version=version).first()
        if found is None:
            folder.parent.mkdir(exist_ok=True)
            found = build_release(
                collection=self.collection,
                version=version,
                out=folder,
                split=self.split,
                on_progress=self.display.show,
            )
        problems = verify_release(Path(found.path))
        if problems:
            raise ValueError(f"Release {version} does not verify: {' '.join(problems)}")
        return f"{found.path} verified"

    def train(self) -> str:
        """Train the demo's baseline on the first release, unless it was done before."""
        release = self._release(FIRST)
        trained = Job.objects.filter(
            release=release, kind=JobKind.TRAIN, recipe=RECIPE, state=JobState.FINISHED
        )
        self.run = trained.first() or train_baseline(
            release=release, recipe=RECIPE, on_progress=self.display.show_job
        )
        shutil.copytree(self.run.out_dir, self.folder / "run", dirs_exist_ok=True)
        found = self.run.summary
        return (
            f"eval mAP {found['eval_map']:.3f} (chance {found['eval_map_chance']:.3f}), "
            f"d′ {found['eval_d_prime']:.2f}, lωlrap {found['eval_lwlrap']:.3f}"
        )

    def flag(self) -> str:
        """Queue what the baseline suspects to be missing."""
        flagged = Job.objects.filter(
            teacher=self.run, kind=JobKind.FLAG, state=JobState.FINISHED
        ).first()
        self.flag_job = flagged or flag_missing_labels(
            release=self._release(FIRST),
            run=self.run,
            top_percent=FLAGGED_PERCENT,
            on_progress=self.display.show_job,
        )
        n_asked = self.flag_job.flags.filter(nomination__isnull=False).count()
        return f"{self.flag_job.flags.count()} flags, {n_asked} of them in the queue as nominations"

    def judge_flags(self) -> str:
        """Have the simulated annotators judge every flag, through the ordinary import."""
        ancestors = propagated_ancestors(load_builtin_classes())
        truth = with_ancestors(read_truth(self.recordings / "truth.csv"), ancestors)
        asked = self.flag_job.flags.filter(nomination__isnull=False)
        flags = asked.values_list("clip__external_id", "sound_class__mid")
        rows = draw_votes(
            sorted(flags),
            truth=truth,
            annotators=read_annotators(self.recordings / "annotators.csv"),
            seed=JUDGING_SEED,
            votes_per_nomination=VOTES_PER_FLAG,
            share_with_one=0.0,
            share_without=0.0,
        )
        file = self.folder / "flag_votes.csv"
        with file.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(("annotator", "clip_id", "mid", "answer"))
            writer.writerows(rows)
        found = import_votes(collection=self.collection, path=file)
        infer_labels(collection=self.collection)
        return f"{found.n_added} answers added, {found.n_unchanged} kept"

    def write_report(self) -> str:
        """Write ``report.html``."""
        releases = list(self.collection.releases.order_by("pk"))
        write_report(
            collection=self.collection,
            releases=releases,
            run=self.run,
            flag_job=self.flag_job,
            agreement=self.agreement,
            out=self.folder / "report.html",
        )
        return str(self.folder / "report.html")

    def _release(self, version: str) -> Release:
        return Release.objects.get(collection=self.collection, version=version)


def run_demo(*, data: Path | None, ontology_file: Path | None, say: Callable[[str], None]) -> Demo:
    """Run every step and return where the results lie.

    Raises
    ------
    ValueError
        The data folder has no ``clips.csv``, or a step found its input at fault.
    """
    if data is not None and not (data / "clips.csv").is_file():
        raise ValueError(f"{data} has no clips.csv; see the README for the layout of a folder.")
    demo = Demo(data=data, ontology_file=ontology_file, display=StepDisplay(say))
    demo.folder.mkdir(parents=True, exist_ok=True)
    demo.display.run(demo.steps())
    return demo
