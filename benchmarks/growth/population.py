"""``python -m benchmarks.growth.population N``: N clips of metadata, each nominated once.

Written with COPY into an empty PostgreSQL database. A tenth of the nominations has two answers that
agree, so that lists of votes and labels are long too. Clips name recordings that are not there.
"""

import os
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "annotator.settings.base"
DAYS = 90
AT_ONCE = 250_000


def main(n: int) -> None:
    """Fill the database."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    _write(n)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _write(n: int) -> None:
    from django.db import transaction

    from benchmarks.growth.plan import COLLECTION
    from benchmarks.synthetic.ontology import make_ontology
    from datasets_app.clips.models import Collection
    from datasets_app.nominations.class_work import recount_class_work
    from datasets_app.ontology.services import load_ontology
    from datasets_app.votes.activity import count_answers

    data = make_ontology(200, seed=n)
    ontology, _ = load_ontology(name="grown", data=data, source_sha256="0" * 64)
    collection = Collection.objects.create(name=COLLECTION, ontology=ontology)
    judges = _people()
    rng = random.Random(n)
    uploaders = _write_uploaders(collection, n)
    leaves = list(ontology.classes.filter(mid__startswith="/b/leaf").values_list("pk", flat=True))
    for first in range(0, n, AT_ONCE):
        with transaction.atomic():
            _write_portion(collection, range(first, min(n, first + AT_ONCE)), uploaders, leaves,
                           judges, rng)  # fmt: skip
        print(f"{min(n, first + AT_ONCE):,} of {n:,} clips", flush=True)
    recount_class_work(collection=collection)
    while not count_answers(collection=collection).is_all:
        pass


def _people() -> list[int]:
    """Make a curator with every role, and the annotators; return the annotators' ids."""
    from benchmarks.growth.plan import MOST_JUDGES
    from datasets_app.people.models import Annotator, User
    from datasets_app.people.roles import grant_role
    from datasets_app.people.services import annotator_of_user

    curator = User.objects.create_user("curator", password="listen-first")
    for role in User.Role:
        grant_role(user=curator, role=role)
    annotator_of_user(user=curator)
    names = [f"judge-{i}" for i in range(MOST_JUDGES)]
    return [a.pk for a in Annotator.objects.bulk_create(Annotator(name=name) for name in names)]


def _write_uploaders(collection: Any, n: int) -> list[int]:
    from django.db import transaction

    from benchmarks.growth.plan import CLIPS_PER_UPLOADER
    from datasets_app.clips.models import Uploader
    from datasets_app.importers.bulk_rows import BulkTable, allocate_ids

    with transaction.atomic():
        ids = allocate_ids(Uploader, max(n // CLIPS_PER_UPLOADER, 1))
        BulkTable(Uploader, ("id", "collection_id", "name")).insert(
            (pk, collection.pk, f"uploader {pk}") for pk in ids
        )
    return ids


def _write_portion(
    collection: Any,
    numbers: range,
    uploaders: list[int],
    leaves: list[int],
    judges: list[int],
    rng: random.Random,
) -> None:
    from benchmarks.growth.plan import VOTED_SHARE
    from datasets_app.clips.models import Clip
    from datasets_app.importers.bulk_rows import BulkTable, allocate_ids
    from datasets_app.nominations.models import Nomination

    clips, asked = allocate_ids(Clip, len(numbers)), allocate_ids(Nomination, len(numbers))
    names = ("id", "collection_id", "uploader_id", "external_id", "suffix", "sha256", "title")
    measured = ("duration_s", "sample_rate_hz", "n_channels", "loudness_lufs", "license")
    BulkTable(Clip, (*names, *measured)).insert(
        (
            *(pk, collection.pk, uploaders[number % len(uploaders)], str(number), ".wav"),
            *(f"{number:064x}", f"recording {number}"),
            *(rng.uniform(0.3, 30.0), 44_100, 1, -23.0, "CC0-1.0"),
        )
        for number, pk in zip(numbers, clips, strict=True)
    )
    voted = [rng.random() < VOTED_SHARE for _ in numbers]
    columns = ("id", "clip_id", "collection_id", "sound_class_id", "origin", "priority", "shuffle")
    BulkTable(Nomination, (*columns, "is_askable", "n_wanted")).insert(
        (
            *(pk, clip, collection.pk, leaves[min(int(rng.expovariate(0.03)), len(leaves) - 1)]),
            *("keyword", 300.0, rng.random(), True, 0 if has_votes else 2),
        )
        for pk, clip, has_votes in zip(asked, clips, voted, strict=True)
    )
    _write_votes([pk for pk, has_votes in zip(asked, voted, strict=True) if has_votes], judges, rng)


def _write_votes(nominations: list[int], judges: list[int], rng: random.Random) -> None:
    from django.utils import timezone

    from datasets_app.importers.bulk_rows import BulkTable, allocate_ids
    from datasets_app.labels.models import Label
    from datasets_app.votes.models import Vote

    now = timezone.now()
    ids = iter(allocate_ids(Vote, 2 * len(nominations)))
    labels = allocate_ids(Label, len(nominations))

    def votes() -> Iterator[tuple[Any, ...]]:
        for pk in nominations:
            at = now - timedelta(days=DAYS * rng.random())
            for judge in rng.sample(judges, 2):
                yield next(ids), pk, judge, "PP", "validation", at

    columns = ("id", "nomination_id", "annotator_id", "answer", "task", "cast_at")
    BulkTable(Vote, columns).insert(votes())
    columns = ("id", "nomination_id", "state", "value", "reached_by", "posterior")
    BulkTable(Label, columns).insert(
        (label, pk, "decided", "PRESENT", "agreement", 0.99)
        for label, pk in zip(labels, nominations, strict=True)
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
