"""Many annotators, each a process, work until nothing is left: every wanted answer, and no other.

The full size is 40 annotators, 2,000 nominations and redundancy 2 (``HARKEN_FULL_CONCURRENCY=1``);
the suite's own runs are smaller, and go through the same code in as many processes as cores allow.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count

from datasets_app.clips.models import Clip, Uploader
from datasets_app.labels.queue import class_work
from datasets_app.nominations.class_work import recount_class_work
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import add_nominations
from datasets_app.votes.models import Vote

SCRIPT = Path(__file__).with_name("annotator_process.py")
IS_FULL = os.environ.get("HARKEN_FULL_CONCURRENCY") == "1"
LONGEST_S = 1500 if IS_FULL else 240


def scale() -> tuple[int, int]:
    """Return how many annotators and how many nominations."""
    if IS_FULL and connection.vendor == "postgresql":
        return 40, 2000
    return (8, 160) if connection.vendor == "postgresql" else (3, 40)


def database_url() -> str:
    """Return the address of the test database, for another process."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    host = f"{found['HOST']}:{found['PORT'] or 5432}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{host}/{found['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_every_wanted_answer_is_given_and_none_beyond(
    collection, sound_class, tmp_path, make_annotator
):
    n_annotators, n_nominations = scale()
    type(collection).objects.update(min_votes=2, max_votes=2)
    rain = sound_class("/m/rain")
    _fill(collection, rain, n_nominations)
    names = [f"person {number}" for number in range(n_annotators)]
    for name in names:
        make_annotator(name)
    connection.close()
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "HARKEN_VAR_DIR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "annotator.settings.base",
    }
    people = [
        subprocess.Popen(
            [sys.executable, SCRIPT, collection.name, rain.mid, name],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    told = [person.communicate(timeout=LONGEST_S) for person in people]
    assert [person.returncode for person in people] == [0] * n_annotators, told[0][1]
    assert sum(int(taken) for taken, _ in told) == 2 * n_nominations
    assert Vote.objects.count() == 2 * n_nominations
    of_each = Nomination.objects.annotate(n=Count("votes")).values_list("n", flat=True)
    assert set(of_each) == {2}
    [work] = class_work(collection=collection)
    assert (work.n_all, work.n_open, work.n_decided) == (n_nominations, 0, n_nominations)
    assert recount_class_work(collection=collection) == 0


def _fill(collection, sound_class, n: int) -> None:
    uploader = Uploader.objects.create(collection=collection, name="uma")
    measured = {"duration_s": 2.0, "sample_rate_hz": 44_100, "n_channels": 1, "license": "CC0-1.0"}
    clips = Clip.objects.bulk_create(
        Clip(
            collection=collection,
            uploader=uploader,
            external_id=str(number),
            sha256=f"{number:064d}",
            **measured,
        )
        for number in range(n)
    )
    add_nominations(
        pairs={(clip.pk, sound_class.pk): {} for clip in clips}, origin=Nomination.Origin.KEYWORD
    )
