"""Metadata of an audiofolder into PostgreSQL."""

import csv
import os
from pathlib import Path

import django
import numpy as np

os.environ["DJANGO_SETTINGS_MODULE"] = "annotator.settings.base"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.measuring import Outcome, measured  # noqa: E402
from benchmarks.synthetic.clips import LICENSES, zipf_weights  # noqa: E402
from benchmarks.synthetic.ontology import leaf_mid, make_ontology, make_vocabulary  # noqa: E402
from datasets_app.importers.audiofolder import import_audiofolder  # noqa: E402
from datasets_app.ontology.models import Ontology  # noqa: E402
from datasets_app.ontology.services import load_ontology  # noqa: E402

N_CLASSES = 200
_SEED = 300
_COLUMNS = ("file_name", "title", "uploader", "license", "tags", "labels")


def prepare_30k(folder: Path) -> None:
    """Make the tables of the database and write 30,000 rows."""
    _prepare(folder, 30_000)


def prepare_300k(folder: Path) -> None:
    """Make the tables of the database and write 300,000 rows."""
    _prepare(folder, 300_000)


def import_30k(folder: Path) -> Outcome:
    """Import 30,000 rows."""
    return _import(folder, 30_000)


def import_300k(folder: Path) -> Outcome:
    """Import 300,000 rows."""
    return _import(folder, 300_000)


def _import(folder: Path, n_clips: int) -> Outcome:
    source = folder / f"folder-{n_clips}"
    megabytes = (source / "metadata.csv").stat().st_size / 1e6
    ontology = Ontology.objects.get()
    server_began_s = _server_cpu_s()
    with measured(n_clips) as outcome:
        found = import_audiofolder(
            source=source, collection=f"synthetic-{n_clips}", ontology=ontology
        )
    outcome.remark = (
        f"a file of {megabytes:.0f} MB; {found.n_clips:,} clips, {found.n_uploaders:,} uploaders, "
        f"{found.n_nominations:,} nominations; the server's process took "
        f"{_server_cpu_s() - server_began_s:.1f} s of CPU"
    )
    return outcome


def _server_cpu_s() -> float:
    """Return the processor time of the connection's own process; nan if it is elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        spent = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")


def _prepare(folder: Path, n_clips: int) -> None:
    call_command("migrate", verbosity=0)
    if not Ontology.objects.exists():
        load_ontology(name="synthetic", data=make_ontology(N_CLASSES, _SEED), source_sha256="")
    target = folder / f"folder-{n_clips}"
    target.mkdir()
    rng = np.random.default_rng([_SEED, n_clips])
    words = make_vocabulary(N_CLASSES, _SEED).noise_words
    n_uploaders = n_clips // 7
    uploaders = rng.choice(n_uploaders, n_clips, p=zipf_weights(n_uploaders)).tolist()
    n_labels = rng.choice([1, 2, 3], n_clips, p=[0.65, 0.25, 0.1])
    labels = rng.choice(N_CLASSES, (n_clips, 3), p=zipf_weights(N_CLASSES))
    drawn = rng.integers(len(words), size=(n_clips, 9))
    with (target / "metadata.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for number, uploader in enumerate(uploaders):
            spoken = [words[i] for i in drawn[number].tolist()]
            mids = [leaf_mid(i) for i in labels[number, : n_labels[number]].tolist()]
            writer.writerow(
                (
                    f"{number // 1000:03d}/clip{number:06d}.wav",
                    " ".join(spoken[:3]),
                    f"uploader {uploader}",
                    LICENSES[number % len(LICENSES)],
                    ";".join(spoken[3:]),
                    ";".join(dict.fromkeys(mids)),
                )
            )
