"""The stages in the order a clip passes them; imports none of them, so that whoever starts their
processes stays small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the table.

    ``what`` says what is measured and what is not. ``needs`` are the stages that must have run.
    ``run`` and ``prepare`` name functions in ``benchmarks.stages``, as module.function.
    ``expected_s`` is about what both took in a full run, for the time left.
    """

    run: str
    what: str
    needs: tuple[str, ...] = ()
    prepare: str = ""
    expected_s: float = 5.0


STAGES: Mapping[str, Stage] = {
    "load_ontology": Stage(
        "intake.load_ontology",
        "parse, check and write 200 leaves, 25 families, 5 roots and their closure",
        prepare="intake.prepare_collection",
        expected_s=25,
    ),
    "read_clip_table": Stage(
        "intake.read_table",
        "read clips.csv and find each of the files it names",
        needs=("load_ontology",),
        expected_s=8,
    ),
    "add_clips": Stage(
        "intake.add_clips",
        "copy, hash and insert in jobs of 500 as ingest_clips does; the analysis is given and "
        "recordings are 172 bytes each, so that no audio is decoded",
        needs=("load_ontology",),
        expected_s=40,
    ),
    "analyse_audio": Stage(
        "listening.analyse_audio",
        "one worker job on synthesised recordings of 0.5-12 s at 44.1 kHz: decode, loudness, "
        "preview, spectrogram, peaks, hash; on all cores, memory of the largest process",
        prepare="listening.prepare_recordings",
        expected_s=50,
    ),
    "nominate_labels": Stage(
        "curation.nominate",
        "keyword rules on tags and title, pruning, priorities",
        needs=("add_clips",),
        expected_s=13,
    ),
    "import_votes": Stage(
        "curation.import_answers",
        "read, check and write a file of about three answers per nomination, priorities",
        needs=("nominate_labels",),
        prepare="curation.prepare_votes",
        expected_s=30,
    ),
    "nominate_again": Stage(
        "curation.nominate",
        "nominate_labels on the same clips when all have votes: nothing may change",
        needs=("import_votes",),
        expected_s=6,
    ),
    "infer_labels": Stage(
        "curation.infer",
        "decide every nomination from its votes, priorities",
        needs=("import_votes",),
        expected_s=6,
    ),
    "infer_again": Stage(
        "curation.infer", "infer_labels when nothing is new", needs=("infer_labels",), expected_s=3
    ),
    "record_answer": Stage(
        "curation.answer",
        "answers from a page, one at a time: vote, decision, priority, each in its transaction",
        needs=("infer_labels",),
        expected_s=3,
    ),
    "report_agreement": Stage(
        "curation.agree",
        "alpha and raw agreement with 1,000 replicates, overall, per class, per annotator",
        needs=("import_votes",),
        expected_s=6,
    ),
    "assign_splits": Stage(
        "curation.split",
        "dev/eval by uploader, vocabulary, train/val, contamination",
        needs=("infer_labels",),
        expected_s=10,
    ),
    "build_release": Stage(
        "releases.build",
        "all files of a release, hashed and verified; recordings are 172 bytes each",
        needs=("assign_splits",),
        expected_s=20,
    ),
    "verify_release": Stage(
        "releases.verify",
        "every hash and rule again; recordings are 172 bytes each",
        needs=("build_release",),
        expected_s=5,
    ),
    "read_release": Stage(
        "releases.read",
        "the worker reads the release and makes its three-state label matrix",
        needs=("build_release",),
        expected_s=4,
    ),
    "log_mel_features": Stage(
        "listening.extract_features",
        "decode, hash, resample, 96-band log-mel, store; the recordings of analyse_audio, on all "
        "cores",
        prepare="listening.prepare_recordings",
        expected_s=5,
    ),
    "train_small_cnn": Stage(
        "training.train_small_cnn",
        "one epoch on features of noise, 1-10 s a clip, with validation on a tenth and checkpoint",
        expected_s=65,
    ),
    "train_vgg_like": Stage(
        "training.train_vgg_like",
        "one epoch on features of noise, 1-10 s a clip, with validation on a tenth and checkpoint",
        expected_s=60,
    ),
    "score_clips": Stage(
        "training.score_small_cnn",
        "small_cnn scores features of noise, 1-10 s a clip: the listening half of flagging",
        expected_s=15,
    ),
    "select_flags": Stage(
        "flags.select",
        "the top 1 % of each class's implicit negatives in dev, from random scores",
        needs=("build_release",),
        expected_s=12,
    ),
    "add_flags": Stage(
        "flags.add",
        "the site writes those flags and their nominations, priorities",
        needs=("select_flags",),
        expected_s=15,
    ),
}


def chosen_stages(prefixes: Sequence[str]) -> list[str]:
    """Return the stages whose names begin so and all that they need, in order.

    Raises
    ------
    ValueError
        No stage's name begins as one of the prefixes.
    """
    wanted = []
    for prefix in prefixes:
        found = [name for name in STAGES if name.startswith(prefix)]
        if not found:
            raise ValueError(f"No stage begins with {prefix!r}; there are {', '.join(STAGES)}.")
        wanted += found
    chosen: set[str] = set()
    while wanted:
        name = wanted.pop()
        chosen.add(name)
        wanted += STAGES[name].needs
    return [name for name in STAGES if name in chosen]
