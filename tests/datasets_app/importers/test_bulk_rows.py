"""Rows written in bulk are rows as the models write them, on either database."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.clips.models import Clip, Uploader
from datasets_app.importers.bulk_rows import BulkTable, allocate_ids
from datasets_app.importers.records import ImportedClip, import_records

NASTY = [
    "\\N",
    "\\.",
    "a\n\\.\nb",
    '"',
    '""',
    "",
    "a\rb",
    "\t",
    ",",
    "NULL",
    "'",
    "é\u2028x",
    "\x7f",
]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@pytest.fixture
def uploaders(collection):
    table = BulkTable(Uploader, ("id", "collection_id", "name"))

    def write(names):
        ids = allocate_ids(Uploader, len(names))
        table.insert((pk, collection.pk, name) for pk, name in zip(ids, names, strict=True))
        return ids

    return write


def test_any_text_comes_back_as_it_went_in(uploaders):
    ids = uploaders(NASTY)
    found = Uploader.objects.in_bulk(ids)
    assert [found[pk].name for pk in ids] == NASTY


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(TEXT, unique=True, max_size=5))
def test_any_unicode_comes_back_as_it_went_in(uploaders, names):
    with transaction.atomic():
        found = Uploader.objects.in_bulk(uploaders(names))
        assert {u.name for u in found.values()} == set(names)
        transaction.set_rollback(True)


def test_ids_are_never_given_twice(uploaders, collection):
    first = uploaders(["a", "b"])
    Uploader.objects.filter(pk__in=first).delete()
    made = Uploader.objects.create(collection=collection, name="by the model")
    second = uploaders(["c"])
    assert len({*first, made.pk, *second}) == 4


def test_constraints_still_hold(uploaders):
    uploaders(["a"])
    with pytest.raises(IntegrityError), transaction.atomic():
        uploaders(["a"])


def test_columns_that_are_not_given_get_the_models_defaults(ontology):
    clips = [ImportedClip("f line 1", "a", "ana"), ImportedClip("f line 2", "b", "ana")]
    import_records(collection="bulk", ontology=ontology, source="test", clips=clips)
    by_bulk = Clip.objects.get(external_id="a")
    by_model = Clip.objects.create(
        collection=by_bulk.collection, uploader=by_bulk.uploader, external_id="c"
    )
    by_model.refresh_from_db()
    own = {"id", "uuid", "external_id", "added_at", "license"}
    for name in {field.attname for field in Clip._meta.concrete_fields} - own:
        assert getattr(by_bulk, name) == getattr(by_model, name), name
    assert abs((by_model.added_at - by_bulk.added_at).total_seconds()) < 60
