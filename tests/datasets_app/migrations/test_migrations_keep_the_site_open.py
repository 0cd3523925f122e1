"""Migrations after 0007 leave a database that the release before can use; docs/upgrading.md.

Each exception has its reason. A table made by the same release is nobody's yet: whatever is done
to it locks nothing and breaks nobody.
"""

from collections.abc import Iterator

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import models
from django.db.migrations import Migration
from django.db.migrations import operations as op
from django.db.migrations.loader import MigrationLoader

LAST_BEFORE_THE_RULE = 7
GROWING = {
    "clip", "nomination", "vote", "voterevision", "label", "flag", "page", "lease", "auditevent",
    "splitassignment", "answerday", "answertally", "examplelistening",
}  # fmt: skip
"""Tables with a row for each clip, answer or event: a lock on them is felt."""

STEP_UP = "0.1.0 to 0.2.0 closes the site anyway: 0002 to 0007 were made before the rule."
ALLOWED: dict[tuple[str, str], str] = {
    (
        "0008_private_collections",
        "AddField collection.is_private: not null, and no db_default",
    ): STEP_UP,
    ("0010_api_tokens", "AddIndex nomination: locks a table that grows"): STEP_UP,
}
"""(migration, what was found) → why it may stand."""


def found_in(migration: Migration, made: set[str]) -> Iterator[str]:
    """Yield what breaks the rule; ``made`` are the tables that this release makes, added to."""
    for operation in _flat(migration.operations):
        table = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
        if isinstance(operation, op.CreateModel):
            made.add(table)
        elif table not in made and (problem := _problem(operation, table)):
            yield problem


def _flat(operations: list) -> Iterator[op.base.Operation]:
    for operation in operations:
        if isinstance(operation, op.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _problem(operation: op.base.Operation, table: str) -> str:
    name = type(operation).__name__
    if isinstance(operation, op.RemoveField | op.DeleteModel | op.RenameField | op.RenameModel):
        return f"{name} {table}: the release before still reads it"
    if isinstance(operation, op.AlterModelTable | op.AlterUniqueTogether):
        return f"{name} {table}"
    if isinstance(operation, op.AddField) and _needs_a_value(operation.field):
        return f"AddField {table}.{operation.name}: not null, and no db_default"
    is_concurrent = isinstance(operation, AddIndexConcurrently)
    if table in GROWING and isinstance(operation, op.AddIndex) and not is_concurrent:
        return f"AddIndex {table}: locks a table that grows"
    if table in GROWING and isinstance(operation, op.AddConstraint):
        return f"AddConstraint {table}: reads a table that grows under a lock"
    if table in GROWING and isinstance(operation, op.AlterField):
        return f"AlterField {table}.{operation.name}: may write the table anew"
    return ""


def _needs_a_value(field: models.Field) -> bool:
    is_many = isinstance(field, models.ManyToManyField | models.GeneratedField)
    return not is_many and not field.null and not field.has_db_default()


def later_migrations() -> list[Migration]:
    loader = MigrationLoader(None)
    own = {name: m for (app, name), m in loader.disk_migrations.items() if app == "datasets_app"}
    return [own[name] for name in sorted(own) if int(name[:4]) > LAST_BEFORE_THE_RULE]


def test_every_later_migration_leaves_the_release_before_at_work():
    made: set[str] = set()
    found = [
        (migration.name, problem)
        for migration in later_migrations()
        for problem in found_in(migration, made)
    ]
    assert [item for item in found if item not in ALLOWED] == []


def test_no_exception_has_outlived_its_migration():
    made: set[str] = set()
    found = {(m.name, problem) for m in later_migrations() for problem in found_in(m, made)}
    assert ALLOWED.keys() <= found
    assert all(len(reason) > 20 for reason in ALLOWED.values())


@pytest.mark.parametrize(
    "operation",
    [
        op.RemoveField("clip", "title"),
        op.RenameField("clip", "title", "name"),
        op.DeleteModel("Vote"),
        op.AddField("clip", "colour", models.CharField(max_length=9)),
        op.AddField("clip", "colour", models.CharField(max_length=9, default="red")),
        op.AddIndex("vote", models.Index(fields=["cast_at"], name="x")),
        op.AddConstraint("vote", models.UniqueConstraint(fields=["answer"], name="x")),
        op.AlterField("vote", "answer", models.CharField(max_length=99)),
    ],
    ids=lambda o: o.describe(),
)
def test_what_breaks_the_rule_is_found(operation):
    migration = Migration("0099_bad", "datasets_app")
    migration.operations = [operation]
    assert len(list(found_in(migration, set()))) == 1


@pytest.mark.parametrize(
    "operation",
    [
        op.AddField("clip", "colour", models.CharField(max_length=9, null=True)),
        op.AddField("clip", "colour", models.CharField(max_length=9, db_default="red")),
        op.AddIndex("release", models.Index(fields=["version"], name="x")),
        AddIndexConcurrently("vote", models.Index(fields=["cast_at"], name="x")),
        op.RunPython(op.RunPython.noop),
    ],
    ids=lambda o: o.describe(),
)
def test_what_keeps_the_rule_is_let_through(operation):
    migration = Migration("0099_good", "datasets_app")
    migration.operations = [operation]
    assert list(found_in(migration, set())) == []
