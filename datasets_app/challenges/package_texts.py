"""The texts of the participants' package, line by line."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from datasets_app.challenges.eval_truth import json_entries
from datasets_app.challenges.models import Challenge, Metric
from datasets_app.domain.challenges.submission_format import Expected
from datasets_app.releases.layout import (
    CLASS_INFO,
    EDGE_COLUMNS,
    LABEL_COLUMNS,
    LABELS,
    LICENSE_COLUMNS,
    LICENSES,
    ONTOLOGY_EDGES,
    RATINGS,
    TRUTH_COLUMNS,
    clips_info_file,
    truth_file,
)
from datasets_app.releases.reading import read_json, read_rows

CLASS_FIELDS = (
    "name",
    "label",
    "description",
    "citation_uri",
    "faq",
    "parents",
    "n_dev",
    "n_train",
    "n_val",
)
"""What is told of a class; other counts would tell something of eval."""
DEV_TABLES = {
    truth_file("dev"): TRUTH_COLUMNS["dev"],
    LABELS: LABEL_COLUMNS,
    LICENSES: LICENSE_COLUMNS,
}
DEV_ENTRIES = (clips_info_file("dev"), RATINGS)


def csv_line(*cells: object) -> str:
    """Return one row as a line of csv."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def vocabulary_rows(challenge: Challenge) -> Iterator[str]:
    """Yield the classes as a release writes them: index, name, mid."""
    for index, (mid, label) in enumerate(challenge.classes):
        yield csv_line(index, label, mid)


def example_lines(expected: Expected) -> Iterator[str]:
    """Yield a submission that the format check takes: every score 0, or one label for each clip."""
    if expected.takes_labels:
        yield csv_line("fname", "label")
        for name in expected.names:
            yield csv_line(name, " ".join(expected.labels[:3]))
        return
    yield csv_line("fname", *expected.mids)
    zeros = ["0"] * len(expected.mids)
    for name in expected.names:
        yield csv_line(name, *zeros)


def dev_rows(folder: Path) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the tables of dev clips, and the ontology's edges, each with its lines."""
    dev = _dev_names(folder)
    for name, columns in DEV_TABLES.items():
        yield name, _table(folder, name, columns, lambda row: row["fname"] in dev)
    yield ONTOLOGY_EDGES, _table(folder, ONTOLOGY_EDGES, EDGE_COLUMNS, lambda row: True)


def dev_entries(folder: Path) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield what is known of each dev clip, and how it was rated, each with its lines."""
    dev = _dev_names(folder)
    for name in DEV_ENTRIES:
        yield name, _entries(folder, name, dev)


def class_info(folder: Path) -> Iterator[str]:
    """Yield the classes without anything counted over eval."""
    found = read_json(folder, CLASS_INFO)
    told = {
        mid: {field: entry[field] for field in CLASS_FIELDS if field in entry}
        for mid, entry in found.items()
    }
    yield json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def readme(challenge: Challenge, n_eval: int) -> Iterator[str]:
    """Yield what is in the package and how to take part."""
    yield f"# {challenge.title}\n\n"
    if challenge.task:
        yield f"{challenge.task}\n\n"
    yield (
        "- `dev_audio/`, `ground_truth/`, `metadata/`, `LICENSES.csv`: the development clips with "
        "their labels, as the release has them.\n"
        f"- `eval_audio/`: {n_eval} clips to predict, under new names, as FLAC; their order says "
        "nothing. `eval_clips.csv` lists them.\n"
        "- `example_submission.csv`: the form of a submission.\n"
        "- `SHA256SUMS`: check with `sha256sum -c SHA256SUMS`.\n\n"
        "## Submissions\n\n"
        "A csv in UTF-8: `fname` and every class by its mid, one line for each eval clip, a finite "
        "number for each class; higher is more likely present.\n"
    )
    if challenge.metric == Metric.MAP_AT_3:
        yield "Or `fname,label` with one to three class names separated by spaces, best first.\n"
    yield (
        f"\nTeams are ranked by {Metric(challenge.metric).value}. Up to {challenge.daily_limit} "
        "submissions in a UTC day. The eval clips' authors and licences are named when the "
        "challenge has ended; do not publish the eval clips before.\n"
    )


def _dev_names(folder: Path) -> set[str]:
    rows = read_rows(folder, truth_file("dev"), TRUTH_COLUMNS["dev"])
    return {row["fname"] for _, row in rows}


def _table(
    folder: Path,
    name: str,
    columns: tuple[str, ...],
    is_told: Callable[[dict[str, str]], bool],
) -> Iterator[str]:
    yield csv_line(*columns)
    for _, row in read_rows(folder, name, columns):
        if is_told(row):
            yield csv_line(*row.values())


def _entries(folder: Path, name: str, dev: set[str]) -> Iterator[str]:
    separator = "{\n"
    for fname, entry in json_entries(folder, name):
        if fname in dev:
            text = json.dumps(entry, ensure_ascii=False, sort_keys=True)
            yield f"{separator}{json.dumps(fname, ensure_ascii=False)}: {text}"
            separator = ",\n"
    yield "\n}\n" if separator != "{\n" else "{}\n"
