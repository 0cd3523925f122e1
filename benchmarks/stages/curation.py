"""From nominations to splits."""

import json

import krippendorff
import numpy as np

from benchmarks.measuring import Comparison, Outcome, measured, stopwatch
from benchmarks.scale import Scale, Workspace
from benchmarks.stages.intake import collection
from benchmarks.synthetic.clips import draw_classes, draw_favourites, draw_uploaders
from benchmarks.synthetic.votes import write_votes
from datasets_app.domain.label_matrix import LabelMatrix, label_matrix
from datasets_app.domain.splits.contamination import measure_contamination
from datasets_app.domain.splits.train_val_split import split_train_val
from datasets_app.domain.votes.agreement import krippendorff_alpha
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.services import infer_labels, record_answer
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import nominate_labels
from datasets_app.people.models import Annotator
from datasets_app.splits.services import SplitSettings, assign_splits, count_parts
from datasets_app.votes.agreement import report_agreement
from datasets_app.votes.importing import import_votes
from datasets_app.votes.selectors import count_votes

VOTES = "validation_votes.csv"
N_ANSWERS = 200
FSD50K_SETTINGS = SplitSettings(eval_share=0.2, min_dev=51, min_eval=32)


def nominate(workspace: Workspace) -> Outcome:
    """Nominate by keywords."""
    target = collection()
    with measured(workspace.scale.n_clips) as outcome:
        summary = nominate_labels(collection=target)
    outcome.remark = f"{summary.n_added:,} nominations added, {summary.n_withdrawn:,} withdrawn"
    return outcome


def prepare_votes(workspace: Workspace) -> None:
    """Simulate the annotators."""
    rows = Nomination.objects.values_list("clip__external_id", "sound_class__mid")
    truth = json.loads(workspace.path("truth.json").read_text(encoding="utf-8"))
    write_votes(workspace.path(VOTES), workspace.scale, rows.iterator(), truth)


def import_answers(workspace: Workspace) -> Outcome:
    """Import the votes."""
    target = collection()
    with measured(workspace.scale.n_clips) as outcome:
        summary = import_votes(collection=target, path=workspace.path(VOTES))
    outcome.remark = f"{summary.n_added:,} votes of {summary.n_annotators} annotators"
    return outcome


def infer(workspace: Workspace) -> Outcome:
    """Decide."""
    target = collection()
    with measured(workspace.scale.n_clips) as outcome:
        summary = infer_labels(collection=target)
    outcome.remark = f"{summary.n_nominations:,} nominations, {summary.n_changed:,} changed"
    return outcome


def answer(workspace: Workspace) -> Outcome:
    """Let one person answer nominations that others have answered before."""
    target = collection()
    person = Annotator.objects.create(source=Annotator.SITE, name="somebody")
    rows = Nomination.objects.filter(clip__collection=target).order_by("shuffle", "pk")
    chosen = list(rows.select_related("clip__collection")[:N_ANSWERS])
    with measured(len(chosen), "answers") as outcome:
        for nomination in chosen:
            record_answer(nomination=nomination, annotator=person, answer=Answer.PP)
    outcome.remark = f"{1000 * outcome.seconds / len(chosen):.1f} ms an answer"
    return outcome


def agree(workspace: Workspace) -> Outcome:
    """Report agreement, then alpha alone beside the krippendorff package."""
    target = collection()
    with measured(workspace.scale.n_clips) as outcome:
        report = report_agreement(collection=target)
    counts = count_votes(collection=target).counts
    krippendorff_alpha(counts[:10])  # what only the first call costs
    with stopwatch() as ours_s:
        ours = krippendorff_alpha(counts)
    with stopwatch() as peer_s:
        peer = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    assert abs(ours - peer) < 1e-9
    n_ratings = report["overall"]["n_ratings"]
    outcome.remark = f"{n_ratings:,} answers, alpha {ours:.3f}"
    outcome.comparisons.append(
        Comparison(
            f"alpha of {n_ratings:,} answers to {len(counts):,} nominations, from value counts",
            "krippendorff",
            ours_s[0],
            peer_s[0],
            f"both {ours:.6f}",
        )
    )
    return outcome


def split(workspace: Workspace) -> Outcome:
    """Split, then train/val alone beside iterative stratification."""
    target = collection()
    with measured(workspace.scale.n_clips) as outcome:
        made = assign_splits(collection=target, settings=_settings(workspace.scale))
    parts = ", ".join(f"{n:,} {part}" for part, n in sorted(count_parts(split=made).items()))
    outcome.remark = f"{parts}, {made.vocabulary.classes.count()} classes"
    outcome.comparisons.append(_beside_iterative_stratification(workspace.scale))
    return outcome


def _settings(scale: Scale) -> SplitSettings:
    """FSD50K's thresholds, less at smaller sizes."""
    if scale.n_clips >= 50_000:
        return FSD50K_SETTINGS
    return SplitSettings(eval_share=0.2, min_dev=3, min_eval=2)


def _beside_iterative_stratification(scale: Scale) -> Comparison:
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    labels, uploaders = _labels_of_uploaders(scale)
    dense = labels.toarray().astype(int)
    with stopwatch() as ours_s:
        ours = split_train_val(labels, uploaders, seed=scale.seed)
    with stopwatch() as peer_s:
        splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=0.15, random_state=0)
        _, chosen = next(splitter.split(np.zeros(len(dense)), dense))
    peer = np.zeros(len(dense), dtype=bool)
    peer[chosen] = True
    found = [measure_contamination(labels, uploaders, side) for side in (ours, peer)]
    return Comparison(
        f"train/val split of {labels.shape[0]:,} clips x {labels.shape[1]} classes",
        "iterative-stratification",
        ours_s[0],
        peer_s[0],
        f"WC {found[0].within_class:.4f} against {found[1].within_class:.4f}, "
        f"BC {found[0].between_class:.4f} against {found[1].between_class:.4f}",
    )


def _labels_of_uploaders(scale: Scale) -> tuple[LabelMatrix, np.ndarray]:
    """Return labels (n_peer_clips, 200) and uploaders, drawn as those of the collection."""
    rng = np.random.default_rng([scale.seed, 5])
    n_uploaders = max(20, scale.n_uploaders * 4 // 5)
    uploaders = draw_uploaders(scale.n_peer_clips, n_uploaders, rng)
    favourites = draw_favourites(n_uploaders, scale.n_classes, rng)
    pairs = [
        (row, leaf)
        for row, uploader in enumerate(uploaders.tolist())
        for leaf in draw_classes(favourites[uploader], rng)
    ]
    rows, columns = zip(*pairs, strict=True)
    return label_matrix(rows, columns, (len(uploaders), scale.n_classes)), uploaders
