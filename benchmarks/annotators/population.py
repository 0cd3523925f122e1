"""``python -m benchmarks.annotators.population N OUT``: N open nominations and people to hear them.

Written with COPY, as an importer does; OUT gets the people's session cookies. Clips have no files:
what is measured is work and answers, not media.
"""

import json
import os
import sys
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "annotator.settings.base"

N_UPLOADERS = 1000
COLLECTION = "bench"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def main(n: int, out: Path) -> None:
    """Fill an empty database."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        place = _collection()
        _write_rows(place, n)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    out.write_text(json.dumps(_people(place)), encoding="utf-8")


def _collection():
    from benchmarks.annotators.plan import N_CLASSES
    from datasets_app.clips.models import Collection
    from datasets_app.ontology.models import Ontology, SoundClass

    ontology = Ontology.objects.create(name="bench", source_sha256="0" * 64)
    SoundClass.objects.bulk_create(
        SoundClass(ontology=ontology, mid=f"/m/{i:02d}", name=f"Class {i}")
        for i in range(N_CLASSES)
    )
    return Collection.objects.create(name=COLLECTION, ontology=ontology)


def _write_rows(collection, n: int) -> None:
    """Write one clip for every two nominations: of the first class, and of one of the others."""
    import random

    from datasets_app.clips.models import Clip, Uploader
    from datasets_app.importers.bulk_rows import BulkTable, allocate_ids
    from datasets_app.nominations.class_work import recount_class_work
    from datasets_app.nominations.models import Nomination

    rng = random.Random(n)
    uploaders = allocate_ids(Uploader, N_UPLOADERS)
    BulkTable(Uploader, ("id", "collection_id", "name")).insert(
        (pk, collection.pk, f"uploader {pk}") for pk in uploaders
    )
    clips = allocate_ids(Clip, n // 2)
    columns = ("id", "collection_id", "uploader_id", "external_id", "suffix", "sha256")
    measured = ("duration_s", "sample_rate_hz", "n_channels", "loudness_lufs", "license")
    lengths = [rng.uniform(0.3, 30.0) for _ in clips]
    BulkTable(Clip, (*columns, *measured)).insert(
        (
            *(pk, collection.pk, uploaders[i % N_UPLOADERS], str(i), ".wav", f"{i:064x}"),
            *(length_s, 44_100, 1, -23.0, "CC0-1.0"),
        )
        for i, (pk, length_s) in enumerate(zip(clips, lengths, strict=True))
    )
    classes = list(collection.ontology.classes.order_by("mid").values_list("pk", flat=True))
    first, others = classes[0], classes[1:]
    ids = iter(allocate_ids(Nomination, 2 * len(clips)))
    columns = ("id", "clip_id", "collection_id", "sound_class_id", "origin", "priority", "shuffle")
    BulkTable(Nomination, (*columns, "is_askable")).insert(
        (
            *(next(ids), clip, collection.pk, class_id, "keyword"),
            *(_priority(length_s), rng.random(), True),
        )
        for clip, length_s in zip(clips, lengths, strict=True)
        for class_id in (first, others[clip % len(others)])
    )
    recount_class_work(collection=collection)


def _priority(length_s: float) -> float:
    return 100.0 * (1 + (length_s <= 20) + (length_s <= 10))


def _people(collection) -> list[dict[str, str]]:
    """Make people who are signed in and know the class; return what their browsers hold."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from benchmarks.annotators.plan import CLIENTS
    from datasets_app.clips.class_services import record_introduction
    from datasets_app.people.models import User
    from datasets_app.people.services import annotator_of_user, grant_role

    first = collection.ontology.classes.order_by("mid").first()
    people = []
    for number in range(sum(CLIENTS)):
        user = User.objects.create_user(f"person-{number}", password="listen-first")
        grant_role(user=user, role=User.Role.ANNOTATOR)
        record_introduction(
            annotator=annotator_of_user(user=user),
            collection=collection,
            sound_class=first,
            now=timezone.now(),
        )
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        people.append({"cookie": settings.SESSION_COOKIE_NAME, "session": session.session_key})
    return people


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
