"""Lists: whole, in order, in bounded steps, and each to those who may see it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets_app.api import clips, nominations
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.services import record_answer
from datasets_app.nominations.clip_states import withdraw_clip
from datasets_app.splits.models import Split, SplitAssignment, Vocabulary
from tests.datasets_app.api.caller import refused

LISTS = ("clips", "nominations", "labels", "votes", "classes", "jobs", "splits")


@pytest.fixture
def full(world):
    """Three classes with clips, answers of two people on most of them, and a split."""
    classes = [world.bark, world.sound_class("/m/cat", "Cat"), world.sound_class("own", "Own")]
    people = [world.annotator_record(world.annotator(name)) for name in ("ben", "bo")]
    for number in range(24):
        nomination = world.nominate(world.clip(), classes[number % 3])
        if number % 4:
            for person in people:
                record_answer(nomination=nomination, annotator=person, answer=Answer.PP)
    vocabulary = Vocabulary.objects.create(collection=world.collection, min_dev=1, min_eval=1)
    split = Split.objects.create(
        collection=world.collection, vocabulary=vocabulary, seed=1, eval_share=0.2, val_share=0.1
    )
    SplitAssignment.objects.bulk_create(
        SplitAssignment(split=split, clip=clip, part="train") for clip in Clip.objects.all()
    )
    world.split = split
    return world


def test_pages_join_to_the_whole_list_once_each(full, as_cara):
    expected = {"clips": 24, "nominations": 24, "labels": 18, "votes": 36, "classes": 3}
    expected |= {"jobs": 0, "splits": 1, f"/splits/{full.split.uuid}/assignments": 24}
    for resource, n in expected.items():
        path = resource if resource.startswith("/") else f"/collections/yard/{resource}"
        whole = as_cara.all(f"{path}?limit=200")
        assert len(whole) == n, resource
        for limit in (1, 5, n or 2, 50):
            pages = as_cara.walk(f"{path}?limit={limit}")
            assert all(len(page) <= limit for page in pages)
            assert [item for page in pages for item in page] == whole, (resource, limit)


def test_a_page_looks_through_a_stride_and_the_list_is_whole(full, as_cara, monkeypatch):
    queries = ("clips?license=other", "labels?value=NP", "votes", "nominations?origin=import")
    whole = {query: as_cara.all(f"/collections/yard/{query}") for query in queries}
    for window in (3, 10):
        monkeypatch.setattr(clips, "WINDOW", window)
        monkeypatch.setattr(nominations, "WINDOW", window)
        monkeypatch.setattr(nominations.Walked.__init__, "__kwdefaults__", {"most": window})
        for query in queries:
            pages = as_cara.walk(f"/collections/yard/{query}")
            assert [item for page in pages for item in page] == whole[query]
            assert len(pages) >= 24 // window


def test_a_filter_leaves_what_fits(full, as_cara):
    expected = {
        "nominations?sound_class=/m/cat": 8,
        "nominations?sound_class=own&limit=3": 8,
        "nominations?origin=model": 24,
        "nominations?origin=import": 0,
        "labels?sound_class=/m/cat": 6,
        "labels?state=decided": 18,
        "labels?value=NP": 0,
        "votes?sound_class=/m/cat": 12,
        "clips?external_id=clip-07": 1,
        "clips?license=CC0-1.0": 24,
        "clips?uploader=uma": 24,
        "clips?uploader=nobody": 0,
        "clips?state=withdrawn": 0,
        "classes?is_omitted=true": 0,
        "jobs?state=failed&kind=train": 0,
    }
    found = {query: len(as_cara.all(f"/collections/yard/{query}")) for query in expected}
    assert found == expected


def test_a_clip_is_a_filter(full, as_cara):
    clip = Clip.objects.get(external_id="clip-02")
    for resource, n in (("nominations", 1), ("labels", 1), ("votes", 2)):
        found = as_cara.all(f"/collections/yard/{resource}?clip={clip.uuid}")
        assert [item["clip"] for item in found] == [str(clip.uuid)] * n


def test_a_class_that_is_not_there_is_said(full, as_cara):
    status, sentence = refused(as_cara.get("/collections/yard/nominations?sound_class=/m/none"))
    assert status == 400
    assert "class" in sentence


def test_a_list_asks_as_often_however_much_it_holds(full, as_cara):
    as_cara.get("/collections")
    for resource in LISTS:
        counts = set()
        for limit in (2, 20):
            with CaptureQueriesContext(connection) as queries:
                as_cara.get(f"/collections/yard/{resource}?limit={limit}")
            counts.add(len(queries))
        assert len(counts) == 1, resource
        assert counts.pop() <= 12, resource


def test_no_list_counts_and_none_skips_beyond_its_stride(full, as_cara):
    with CaptureQueriesContext(connection) as queries:
        for resource in LISTS:
            as_cara.walk(f"/collections/yard/{resource}?limit=5")
    text = " ".join(query["sql"] for query in queries).upper()
    assert "COUNT(" not in text
    assert {part.split()[0] for part in text.split("OFFSET ")[1:]} <= {str(clips.WINDOW - 1)}


def test_a_private_collection_is_nowhere_for_others(full, as_ana, as_cara, ana):
    Collection.objects.update(is_private=True)
    clip, nomination = Clip.objects.first(), full.collection.nominations.first()
    paths = [f"/collections/yard/{resource}" for resource in ("clips", "nominations", "labels")]
    paths += [f"/clips/{clip.uuid}", f"/nominations/{nomination.uuid}", "/collections/yard"]
    paths += [f"/nominations/{nomination.uuid}/label", f"/splits/{full.split.uuid}"]
    paths += [f"/splits/{full.split.uuid}/assignments", "/collections/yard/classes"]
    for path in paths:
        assert refused(as_ana.get(path))[0] == 404, path
        assert refused(as_cara.get(path))[0] == 404, path
    assert as_ana.all("/collections") == []
    full.collection.members.add(ana)
    assert len(as_ana.all("/collections/yard/clips")) == 24


def test_withdrawn_clips_and_what_is_of_them_are_for_curators(full, as_ana, as_cara, cara):
    clip = Clip.objects.get(external_id="clip-02")
    withdraw_clip(clip=clip, actor=cara)
    for resource, n in (("clips", 24), ("nominations", 24), ("labels", 18)):
        assert len(as_cara.all(f"/collections/yard/{resource}")) == n
    assert len(as_ana.all("/collections/yard/clips")) == 23
    assert len(as_ana.all("/collections/yard/nominations")) == 23
    assert refused(as_ana.get(f"/clips/{clip.uuid}"))[0] == 404
    assert as_cara.get(f"/clips/{clip.uuid}").json()["state"] == "withdrawn"


def test_everybodys_votes_are_for_curators(full, as_ana, as_cara):
    status, sentence = refused(as_ana.get("/collections/yard/votes"))
    assert status == 403
    assert "curator" in sentence
    assert {v["annotator"] for v in as_cara.all("/collections/yard/votes")} == {"ben", "bo"}


def test_a_class_is_read_by_its_mid(full, as_ana):
    assert as_ana.get("/collections/yard/classes/m/05tny_").json()["name"] == "Bark"
    assert as_ana.get("/collections/yard/classes/~own").json()["name"] == "Own"
    assert refused(as_ana.get("/collections/yard/classes/m/none"))[0] == 404
