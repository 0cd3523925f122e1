"""Finding a class: by need, by ontology, by search, easy ones; and the home page."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.class_models import ClassGoal
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.services import record_answer
from datasets_app.nominations.class_work import recount_class_work
from datasets_app.ontology.models import Closure, Edge
from datasets_app.people.models import User
from datasets_app.votes.models import Vote

CLASSES = reverse("classes", args=["yard"])


def answer(world, nomination, user: User, given: str = "PP", **fields) -> Vote:
    vote = record_answer(
        nomination=nomination,
        annotator=world.annotator_record(user),
        answer=Answer(given),
        **fields,
    )
    nomination.refresh_from_db()
    return vote


def page_of(client, **asked) -> str:
    return client.get(CLASSES, asked).content.decode()


def put_below(parent, *children) -> None:
    for child in children:
        Edge.objects.create(parent=parent, child=child)
        Closure.objects.create(ancestor=parent, descendant=child, depth=1, propagates=True)


def test_the_class_furthest_from_its_goal_comes_first(world, as_annotator):
    rain = world.sound_class("/m/rain", "Rain")
    for _ in range(2):
        world.nominate(world.clip(), rain)
    bark, *_ = world.nominated_clips(2)
    for name in ("ben", "cleo"):
        answer(world, bark, world.annotator(name))
    page = page_of(as_annotator)
    assert page.index(">Rain<") < page.index(">Bark<")
    assert '<span class="number">1</span> of <span class="number">100</span> decided' in page


def test_a_goal_of_its_own_moves_a_class(world, as_annotator):
    rain = world.sound_class("/m/rain", "Rain")
    first = world.nominate(world.clip(), rain)
    world.nominate(world.clip(), rain)
    world.nominated_clips(3)
    for name in ("ben", "cleo"):
        answer(world, first, world.annotator(name))
    ClassGoal.objects.create(collection=world.collection, sound_class=rain, n_clips=1)
    page = page_of(as_annotator)
    assert page.index(">Bark<") < page.index(">Rain<")
    assert "is-reached" in page


def test_what_one_has_answered_is_no_longer_to_be_heard(world, as_annotator):
    first, *_ = world.nominated_clips(3)
    me = User.objects.get(username="ana")
    assert '<span class="number">3</span> to hear' in page_of(as_annotator)
    answer(world, first, me)
    assert '<span class="number">2</span> to hear' in page_of(as_annotator)


@pytest.mark.parametrize("query", ["bar", "BARK", "woof", "domestic"])
def test_a_class_is_found_by_name_keyword_and_description(world, as_annotator, query):
    world.bark.keywords = [["dog", "woof"]]
    world.bark.description = "The cry of a domestic animal."
    world.bark.save()
    world.sound_class("/m/rain", "Rain")
    page = page_of(as_annotator, q=query)
    assert ">Bark<" in page
    assert ">Rain<" not in page
    assert "1 class found" in page


def test_typing_brings_the_list_alone(world, as_annotator):
    world.nominated_clips(1)
    response = as_annotator.get(CLASSES, {"q": "bark"}, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert 'hx-swap-oob="innerHTML"' in response.content.decode()


def test_a_search_without_result_says_what_to_do(world, as_annotator):
    assert "Try fewer letters" in page_of(as_annotator, q="<b>zzz")
    assert "<b>zzz" not in page_of(as_annotator, q="<b>zzz")


def test_the_tree_counts_a_class_below_two_parents_once(world, as_annotator):
    root = world.sound_class("/m/animal", "Animal")
    dog, cat = world.sound_class("/m/dog", "Dog"), world.sound_class("/m/cat", "Cat")
    growl = world.sound_class("/m/growl", "Growling")
    put_below(root, dog, cat)
    put_below(dog, growl)
    put_below(cat, growl)
    Closure.objects.create(ancestor=root, descendant=growl, depth=2, propagates=True)
    for _ in range(3):
        world.nominate(world.clip(), growl)
    page = page_of(as_annotator, view="tree")
    assert ">Animal<" in page
    assert ">Dog<" not in page
    assert page.count('<span class="number">3</span> to hear') == 1
    branch = as_annotator.get(reverse("class-branch", args=["yard", "/m/animal"])).content.decode()
    assert ">Dog<" in branch
    assert branch.count('<span class="number">3</span> to hear') == 2


def test_classes_on_which_people_agree_are_good_to_begin_with(world, as_annotator):
    cache.clear()
    people = [world.annotator(name) for name in ("ben", "cleo")]
    for nomination in world.nominated_clips(11)[:10]:
        for person in people:
            answer(world, nomination, person)
    hard = world.sound_class("/m/hard", "Hard", faq="Whatever counts?")
    for _ in range(11):
        nomination = world.nominate(world.clip(), hard)
        for person, given in zip(people, ("PP", "U"), strict=True):
            answer(world, nomination, person, given)
    page = page_of(as_annotator, view="easy")
    assert ">Bark<" in page
    assert ">Hard<" not in page


def test_a_class_that_only_leads_to_others_is_a_branch_of_the_tree(world, as_annotator):
    things = world.sound_class("/m/things", "Things", is_omitted=True)
    world.sound_class("/m/odd", "Odd", is_omitted=True)
    put_below(things, world.bark)
    page = page_of(as_annotator, view="tree")
    assert ">Things<" in page
    assert ">Odd<" not in page


@pytest.mark.parametrize("asked", [{"view": "x"}, {"sort": "x"}, {"page": "x"}, {"page": "-3"}])
def test_an_odd_address_shows_the_list(world, as_annotator, asked):
    world.nominated_clips(1)
    assert ">Bark<" in page_of(as_annotator, **asked)


@pytest.mark.parametrize("sort", ["furthest", "nearest", "most", "name"])
def test_the_list_goes_on_over_pages_in_every_order(world, as_annotator, sort):
    for i in range(45):
        world.nominate(world.clip(), world.sound_class(f"/m/{i:02}", f"Class {i:02}"))
    first, second = page_of(as_annotator, sort=sort), page_of(as_annotator, sort=sort, page=2)
    assert first.count("class-row__name") == 40
    assert second.count("class-row__name") == 5
    assert "page 1 of 2" in first


def test_a_curator_sets_goal_and_days_and_it_is_on_record(world, as_curator):
    asked = {"n_clips": 30, "days": 7}
    as_curator.post(reverse("class-plan", args=["yard"]), asked)
    world.collection.refresh_from_db()
    assert (world.collection.class_goal, world.collection.introduction_days) == (30, 7)
    as_curator.post(reverse("class-goal", args=["yard", world.bark.mid]), {"n_clips": 5})
    assert ClassGoal.objects.get().n_clips == 5
    as_curator.post(reverse("class-goal", args=["yard", world.bark.mid]), {"n_clips": ""})
    assert not ClassGoal.objects.exists()
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["set_goal", "set_introduction_days", "set_goal", "set_goal"]


@pytest.mark.parametrize("asked", [{"n_clips": 0, "days": 7}, {"n_clips": 5, "days": -1}, {}])
def test_a_bad_goal_changes_nothing_and_says_why(world, as_curator, asked):
    page = as_curator.post(reverse("class-plan", args=["yard"]), asked, follow=True)
    world.collection.refresh_from_db()
    assert (world.collection.class_goal, world.collection.introduction_days) == (100, 14)
    assert "messages__one--problem" in page.content.decode()


def test_an_annotator_sets_no_goal(world, as_annotator):
    assert as_annotator.post(reverse("class-plan", args=["yard"]), {}).status_code == 403


def test_home_names_the_minutes_by_ones_own_pace(world, as_annotator):
    me = User.objects.get(username="ana")
    nominations = world.nominated_clips(50)
    for nomination in nominations[:20]:
        answer(world, nomination, me, seconds_taken=10.0)
    page = as_annotator.get(reverse("home")).content.decode()
    assert "30</span> to hear · ≈ 5 min" in page


def test_home_counts_the_answers_of_each_day_of_the_week(world, as_annotator):
    me = User.objects.get(username="ana")
    first, second, third = world.nominated_clips(3)
    for nomination in (first, second, third):
        answer(world, nomination, me)
    Vote.objects.filter(nomination=third).update(cast_at=timezone.now() - timedelta(days=8))
    page = as_annotator.get(reverse("home")).content.decode()
    assert 'You have judged <span class="number">3</span>, <span class="number">2</span>' in page
    assert page.count('week__day"') == 7


def test_home_goes_on_only_where_something_is_left(world, as_annotator):
    me = User.objects.get(username="ana")
    (only,) = world.nominated_clips(1)
    answer(world, only, me)
    recount_class_work(collection=world.collection)
    assert "Go on with" not in as_annotator.get(reverse("home")).content.decode()


@pytest.mark.parametrize("address", [reverse("home"), CLASSES, f"{CLASSES}?view=tree"])
def test_the_pages_ask_as_often_for_many_classes_as_for_few(
    world, as_annotator, count_queries, address
):
    def add(n: int) -> None:
        for _ in range(n):
            mid = f"/m/{world.n_clips}"
            nomination = world.nominate(world.clip(), world.sound_class(mid, f"Class {mid}"))
        answer(world, nomination, User.objects.get(username="ana"), seconds_taken=3.0)

    add(3)
    few = count_queries(as_annotator, address)
    add(30)
    assert count_queries(as_annotator, address) == few <= 26
