"""The addresses of the mapping console: who may use them, what they take, what they refuse."""

import json

import pytest
from django.urls import reverse

from datasets_app.nominations.models import Nomination
from datasets_app.nominations.rule_changes import rules_fingerprint
from datasets_app.nominations.rule_models import MappingRating, RuleRevision
from datasets_app.nominations.services import nominate_labels

BARK = "/m/05tny_"
RULES = {"keywords": [["bark"]], "vetoes": []}


@pytest.fixture
def barking(world):
    world.bark.keywords = [["bark"]]
    world.bark.save()
    for tag in ("bark", "bark", "yap"):
        world.clip(tags=[tag], title=f"a {tag}")
    nominate_labels(collection=world.collection)
    return world


def send(client, part, body, mid=BARK):
    data = body if isinstance(body, str) else json.dumps(body)
    url = reverse(f"mapping-{part}", args=["yard", mid])
    return client.post(url, data, content_type="application/json")


def test_only_curators_have_the_console(barking, as_annotator):
    url = reverse("mapping", args=["yard", BARK])
    assert as_annotator.get(url).status_code == 403
    for part in ("trial", "rating", "apply"):
        assert send(as_annotator, part, RULES).status_code == 403
    assert not RuleRevision.objects.exists()


def test_a_class_that_is_not_there_is_not_found(barking, as_curator):
    assert as_curator.get(reverse("mapping", args=["yard", "/m/none"])).status_code == 404
    assert send(as_curator, "trial", RULES, "/m/none").status_code == 404


def test_a_trial_tells_figures_and_shows_a_sample(barking, as_curator):
    body = {"keywords": [["bark"], ["yap"]], "vetoes": [], "seed": 7}
    told = send(as_curator, "trial", body).json()
    assert (told["n_added"], told["n_withdrawn"], told["n_kept"]) == (1, 0, 2)
    assert told["precision"] == {"share": None, "low": 0.0, "high": 1.0, "n_rated": 0}
    assert told["sample"].count("data-rating=") == 3
    assert "sample" not in send(as_curator, "trial", RULES).json()


def test_titles_are_escaped(barking, as_curator):
    barking.clip(tags=["bark"], title="<script>alert(1)</script>")
    told = send(as_curator, "trial", {**RULES, "seed": 1}).json()
    assert "<script>" not in told["sample"]
    assert "&lt;script&gt;" in told["sample"]


def test_a_rating_is_kept_changed_and_taken_back(barking, as_curator):
    clip = barking.collection.clips.first()
    for rating in ("present", "absent"):
        body = {"clip": str(clip.uuid), "rating": rating, "words": ["bark"]}
        assert send(as_curator, "rating", body).json() == {"rating": rating}
    assert MappingRating.objects.get().rating == "absent"
    send(as_curator, "rating", {"clip": str(clip.uuid), "rating": None})
    assert not MappingRating.objects.exists()


def test_apply_changes_rules_and_follow_takes_nominations_along(barking, as_curator):
    known = rules_fingerprint(([["bark"]], []))
    body = {"keywords": [["yap"]], "vetoes": ["seal"], "known": known}
    told = send(as_curator, "apply", body).json()
    assert (told["n_clips"], told["is_finished"]) == (3, False)
    told = as_curator.post(told["follow"]).json()
    assert (told["is_finished"], told["n_added"], told["n_withdrawn"]) == (True, 1, 2)
    barking.bark.refresh_from_db()
    assert (barking.bark.keywords, barking.bark.omit_keywords) == ([["yap"]], ["seal"])
    page = as_curator.get(reverse("mapping", args=["yard", BARK])).content.decode()
    undo = reverse("mapping-undo", args=["yard", RuleRevision.objects.get().uuid])
    assert undo in page
    told = as_curator.post(undo).json()
    as_curator.post(told["follow"])
    assert Nomination.objects.count() == 2


@pytest.mark.parametrize(
    ("part", "body", "sentence"),
    [
        ("trial", "no json", "not JSON"),
        ("trial", "[" * 100_000, "not JSON"),
        ("trial", "[]", "no JSON object"),
        ("trial", {"keywords": "dog"}, "keywords"),
        ("trial", {"keywords": [["…"]]}, "no letter or digit"),
        ("trial", {**RULES, "seed": "x"}, "give a whole number"),
        ("trial", {**RULES, "seed": True}, "give a whole number"),
        ("trial", {**RULES, "seed": 1, "only": 1}, "whole number of 0 to 0"),
        ("rating", {"clip": "x", "rating": "present"}, "There is no clip"),
        ("rating", {"clip": "x", "rating": "loud"}, "give absent, present, unsure"),
        ("apply", {**RULES, "known": "other"}, "changed since you opened them"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence(barking, as_curator, part, body, sentence):
    answer = send(as_curator, part, body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]
    assert not RuleRevision.objects.exists()
    assert not MappingRating.objects.exists()


def test_a_clip_of_another_collection_cannot_be_rated(barking, as_curator):
    clip = barking.collection.clips.first()
    other = type(barking.collection).objects.create(name="other", ontology=barking.ontology)
    body = {"clip": str(clip.uuid), "rating": "present"}
    url = reverse("mapping-rating", args=[other.name, BARK])
    answer = as_curator.post(url, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400


def test_the_page_says_who_shares_the_rules_and_when_they_nominate_nothing(barking, as_curator):
    type(barking.collection).objects.create(name="other", ontology=barking.ontology)
    barking.bark.is_abstract = True
    barking.bark.save()
    page = as_curator.get(reverse("mapping", args=["yard", BARK])).content.decode()
    assert "The same rules serve other" in page
    assert "its rules nominate nothing" in page


def test_the_queries_do_not_grow_with_the_collection(
    barking, as_curator, django_assert_max_num_queries
):
    for n in (4, 24):
        for i in range(n):
            barking.clip(tags=["bark"], title=f"{n} {i}")
        with django_assert_max_num_queries(14):
            as_curator.get(reverse("mapping", args=["yard", BARK]))
        with django_assert_max_num_queries(24):
            send(as_curator, "trial", {**RULES, "seed": n})
