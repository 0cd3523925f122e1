"""Builds a database as release 0.1.0 left it, brings it to the newest, and prints what is there.

Run in a process of its own, since it migrates; DATABASE_URL names an empty database.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import django

AT = datetime(2025, 3, 1, 12, tzinfo=UTC)
OLD = ("datasets_app", "0001_initial")
SHA = "ab" * 32


def fill(apps: Any) -> None:
    """Write records as 0.1.0 knew them, by its own models."""
    make = {name: apps.get_model("datasets_app", name).objects.create for name in MODELS}
    user = make["User"](username="ada", password="!", is_superuser=True, is_staff=True)
    ontology = make["Ontology"](name="old", source_sha256=SHA)
    classes = [
        make["SoundClass"](ontology=ontology, mid=f"/m/{n}", name=name)
        for n, name in enumerate(("Animal", "Dog", "Bark"))
    ]
    for child, parent in ((1, 0), (2, 1)):
        make["Edge"](child=classes[child], parent=classes[parent])
    for down, up, depth in ((0, 0, 0), (1, 1, 0), (2, 2, 0), (1, 0, 1), (2, 1, 1), (2, 0, 2)):
        make["Closure"](
            ancestor=classes[up], descendant=classes[down], depth=depth, propagates=True
        )
    collection = make["Collection"](name="kept", ontology=ontology)
    people = [
        make["Annotator"](source="site", name="ada", user=user),
        make["Annotator"](source="import", name="bob"),
    ]
    for n in range(4):
        _fill_clip(make, collection, classes, people, n)
    split = _fill_split(make, collection, classes)
    release = make["Release"](
        collection=collection, version="1.0", split=split, path="/srv/1.0", manifest_sha256=SHA
    )
    job = make["Job"](
        kind="train",
        collection=collection,
        release=release,
        recipe="small_cnn",
        state="finished",
        job_dir="/srv/job",
        out_dir="/srv/out",
        finished_at=AT,
    )
    clip = split.assignments.first().clip
    make["Flag"](job=job, clip=clip, sound_class=classes[0], score=0.75)
    make["AuditEvent"](
        actor=user,
        verb="build_release",
        record_type="release",
        record_id=str(release.pk),
        after={"version": "1.0"},
    )


def _fill_clip(make: Any, collection: Any, classes: Any, people: Any, n: int) -> None:
    uploader = make["Uploader"](collection=collection, name=f"uploader {n}")
    clip = make["Clip"](
        collection=collection,
        uploader=uploader,
        external_id=f"c{n}",
        suffix=".wav",
        sha256=f"{n:02x}" * 32 if n < 3 else None,
        duration_s=2.0,
        sample_rate_hz=44100,
        n_channels=1,
        title=f"a dog {n}",
        tags=["dog"],
        license="CC0",
    )
    nomination = make["Nomination"](
        clip=clip,
        sound_class=classes[2],
        origin="keyword",
        evidence={"tags": ["dog"]},
        n_wanted=0 if n < 2 else 2,
    )
    for person in people if n < 2 else []:
        make["Vote"](
            nomination=nomination,
            annotator=person,
            answer="PP",
            task="validation",
            cast_at=AT,
            idempotency_key=uuid.uuid4(),
        )
    if n < 2:
        make["Label"](
            nomination=nomination,
            state="decided",
            value="PP",
            reached_by="agreement",
            decided_at=AT,
        )
    if n == 0:
        make["VoteRevision"](vote=nomination.votes.first(), answer="U", cast_at=AT)


def _fill_split(make: Any, collection: Any, classes: Any) -> Any:
    vocabulary = make["Vocabulary"](collection=collection, min_dev=1, min_eval=1)
    make["VocabularyClass"](vocabulary=vocabulary, sound_class=classes[2], n_dev=1, n_eval=1)
    split = make["Split"](
        collection=collection, vocabulary=vocabulary, seed=7, eval_share=0.3, val_share=0.15
    )
    for clip, part in zip(collection.clips.order_by("pk"), ("train", "eval"), strict=False):
        make["SplitAssignment"](split=split, clip=clip, part=part)
    return split


MODELS = (
    "User", "Ontology", "SoundClass", "Edge", "Closure", "Collection", "Annotator", "Uploader",
    "Clip", "Nomination", "Vote", "VoteRevision", "Label", "Vocabulary", "VocabularyClass",
    "Split", "SplitAssignment", "Release", "Job", "Flag", "AuditEvent",
)  # fmt: skip


def _columns(apps: Any, name: str) -> list[str]:
    return [f.attname for f in apps.get_model("datasets_app", name)._meta.concrete_fields]


def _rows(apps: Any, fields: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Return every row of every model by the fields that 0.1.0 had."""
    found = {}
    for name, columns in fields.items():
        rows = apps.get_model("datasets_app", name).objects.order_by("pk").values(*columns)
        found[name] = json.loads(json.dumps(list(rows), default=str))
    return found


def _visit() -> dict[str, int]:
    """Ask the pages that show these records, signed in as the person who was there before."""
    from django.test import Client

    from datasets_app.people.models import User

    visitor = Client(headers={"host": "localhost"})
    visitor.force_login(
        User.objects.get(username="ada"), "django.contrib.auth.backends.ModelBackend"
    )
    addresses = ("/", "/health/", "/collections/kept/", "/collections/kept/classes", "/people/")
    return {address: visitor.get(address).status_code for address in addresses}


def main() -> None:
    """Go the whole way and print it as JSON."""
    django.setup()
    from django.apps import apps as now
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    call_command("migrate", *OLD, verbosity=0)
    executor = MigrationExecutor(connection)
    before = executor.loader.project_state([OLD]).apps
    fill(before)
    fields = {name: _columns(before, name) for name in MODELS}
    old = _rows(before, fields)
    call_command("migrate", verbosity=0)
    there = {name: _columns(now, name) for name in MODELS}
    kept = {name: [c for c in fields[name] if c in there[name]] for name in MODELS}
    from datasets_app.nominations.models import ClassWork, Nomination

    print(
        json.dumps(
            {
                "old": old,
                "new": _rows(now, kept),
                "gone": {n: sorted(set(fields[n]) - set(kept[n])) for n in fields},
                "n_open": Nomination.objects.filter(is_open=True).count(),
                "work": list(ClassWork.objects.values_list("n_all", "n_open", "n_decided")),
                "pages": _visit(),
            }
        )
    )


if __name__ == "__main__":
    main()
