"""Getting to know a class, and the gate before judging it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.class_models import ClassExample, ExampleListening, Introduction
from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.labels.examples import add_class_example, class_examples
from datasets_app.labels.models import Label
from datasets_app.ontology.models import Closure, Edge
from datasets_app.people.models import User
from datasets_app.votes.models import Vote

BARK = ["yard", "/m/05tny_"]
PAGE = reverse("class", args=BARK)
HEARD = reverse("example-heard", args=BARK)
VALIDATE = reverse("validate", args=BARK)
Kind = ClassExample.Kind


def example(world, kind: Kind = Kind.EXAMPLE, note: str = "") -> Clip:
    clip = world.clip()
    add_class_example(
        collection=world.collection, sound_class=world.bark, clip=clip, kind=kind, note=note
    )
    return clip


def decide(world, clip: Clip, sound_class, value: str, posterior: float = 0.99) -> None:
    nomination = world.nominate(clip, sound_class)
    type(nomination).objects.filter(pk=nomination.pk).update(n_wanted=0)
    Label.objects.create(
        nomination=nomination,
        state=DecisionState.DECIDED.value,
        value=value,
        reached_by="agreement",
        posterior=posterior,
    )


def hear(client, clip: Clip, fraction: float):
    return client.post(HEARD, {"clip": str(clip.uuid), "fraction": fraction})


def text(client, address: str = PAGE) -> str:
    return client.get(address).content.decode()


def test_the_page_says_where_the_class_stands_and_what_it_is(world, as_annotator):
    world.bark.description = "A short loud cry."
    world.bark.citation_uri = "https://example.org/bark"
    world.bark.save()
    for mid, name in (("/m/dog", "Dog"), ("/m/pet", "Pet")):
        parent = world.sound_class(mid, name)
        Edge.objects.create(parent=parent, child=world.bark)
        Closure.objects.create(ancestor=parent, descendant=world.bark, depth=1, propagates=True)
    page = text(as_annotator)
    for words in ("A short loud cry.", "Does a howl count?", ">Dog<", ">Pet<", "example.org/bark"):
        assert words in page


def test_an_address_that_is_no_web_address_is_not_linked(world, as_annotator):
    world.bark.citation_uri = "javascript:alert(1)"
    world.bark.save()
    assert "javascript:" not in text(as_annotator)


def test_without_examples_the_class_opens_with_a_sentence(world, as_annotator):
    world.nominated_clips(2)
    assert "There are no examples to hear first" in text(as_annotator)
    assert as_annotator.get(VALIDATE).status_code == 200


def test_judging_opens_once_enough_of_every_example_was_heard(world, as_annotator):
    world.nominated_clips(2)
    first, second = example(world, note="two dogs"), example(world, Kind.COUNTER_EXAMPLE)
    assert "2 examples of Bark are still to be heard" in text(as_annotator)
    assert "two dogs" in text(as_annotator)
    response = as_annotator.get(VALIDATE)
    assert response["Location"] == PAGE
    assert "1 example of Bark is still" in hear(as_annotator, first, 0.8).content.decode()
    assert "1 example of Bark is still" in hear(as_annotator, second, 0.79).content.decode()
    assert as_annotator.get(VALIDATE).status_code == 302
    assert VALIDATE in hear(as_annotator, second, 1.0).content.decode()
    assert as_annotator.get(VALIDATE).status_code == 200


def test_waiting_on_the_page_opens_nothing(world, as_annotator):
    world.nominated_clips(1)
    example(world)
    text(as_annotator)
    ExampleListening.objects.update(heard_at=timezone.now() - timedelta(hours=5))
    assert as_annotator.get(VALIDATE).status_code == 302


def test_what_was_heard_is_kept_per_person(world, as_annotator, client):
    world.nominated_clips(1)
    hear(as_annotator, example(world), 1.0)
    client.force_login(world.annotator("ben"))
    assert client.get(VALIDATE).status_code == 302


def test_nobody_is_asked_again_within_the_days_and_everyone_after_them(world, as_annotator):
    world.nominated_clips(1)
    hear(as_annotator, example(world), 1.0)
    example(world)  # added since: heard at the next introduction
    assert as_annotator.get(VALIDATE).status_code == 200
    long_ago = timezone.now() - timedelta(days=15)
    Introduction.objects.update(introduced_at=long_ago)
    ExampleListening.objects.update(heard_at=long_ago)
    assert as_annotator.get(VALIDATE).status_code == 302


def test_whoever_judged_the_class_lately_is_not_sent_back(world, as_annotator):
    nomination, _ = world.nominated_clips(2)
    ana = world.annotator_record(User.objects.get(username="ana"))
    Vote.objects.create(
        nomination=nomination,
        annotator=ana,
        answer="PP",
        task=Vote.Task.VALIDATION,
        cast_at=timezone.now() - timedelta(days=3),
    )
    example(world)
    assert as_annotator.get(VALIDATE).status_code == 200


@pytest.mark.parametrize("fraction", ["-1", "nan", "inf", "many", "", "1e9"])
def test_an_unbelievable_share_is_refused_and_leaves_nothing(world, as_annotator, fraction):
    response = hear(as_annotator, example(world), fraction)
    assert response.status_code == 400
    assert not ExampleListening.objects.exists()


def test_a_recording_that_is_no_example_counts_for_nothing(world, as_annotator):
    example(world)
    response = hear(as_annotator, world.clip(), 1.0)
    assert response.status_code == 409
    assert "is no example of Bark" in response.content.decode()
    assert not ExampleListening.objects.exists()


def test_curators_examples_go_before_the_ontologys_and_these_before_decisions(world):
    surest, sure = world.clip(), world.clip()
    decide(world, sure, world.bark, "PP", 0.97)
    decide(world, surest, world.bark, "PP", 0.999)
    found = class_examples(collection=world.collection, sound_class=world.bark).examples
    assert [shown.clip for shown in found.shown] == [surest, sure]
    assert found.source == "decisions"
    named = world.clip(freesound_id=77)
    world.bark.positive_examples = [77]
    found = class_examples(collection=world.collection, sound_class=world.bark).examples
    assert ([s.clip for s in found.shown], found.source) == ([named], "ontology")
    chosen = example(world)
    found = class_examples(collection=world.collection, sound_class=world.bark).examples
    assert ([s.clip for s in found.shown], found.source) == ([chosen], "curator")


def test_a_recording_still_asked_about_or_withdrawn_is_no_example(world):
    asked, gone = world.clip(), world.clip()
    for clip in (asked, gone):
        decide(world, clip, world.bark, "PP")
    asked.nominations.update(n_wanted=1)
    Clip.objects.filter(pk=gone.pk).update(state=Clip.State.WITHDRAWN)
    withdrawn_later = example(world, Kind.COUNTER_EXAMPLE)
    Clip.objects.filter(pk=withdrawn_later.pk).update(state=Clip.State.WITHDRAWN)
    assert class_examples(collection=world.collection, sound_class=world.bark).clips == []


def test_the_page_says_where_its_examples_come_from(world, as_annotator):
    decide(world, world.clip(), world.bark, "PP")
    assert "decided present and predominant most surely" in text(as_annotator)
    example(world)
    assert "Chosen by the curators." in text(as_annotator)


def test_mistaken_classes_are_those_told_apart_on_the_same_recordings(world, as_annotator):
    howl, dog = world.sound_class("/m/howl", "Howl"), world.sound_class("/m/dog", "Dog")
    Closure.objects.create(ancestor=dog, descendant=world.bark, depth=1, propagates=True)
    for here, there, n in (("NP", "PP", 3), ("PNP", "NP", 1), ("PP", "PRESENT", 4), ("U", "PP", 2)):
        for _ in range(n):
            clip = world.clip()
            decide(world, clip, world.bark, here)
            decide(world, clip, howl, there)
            decide(world, clip, dog, "NP")
    page = text(as_annotator)
    assert 'in <span class="number">4</span> of <span class="number">8</span> recordings' in page
    assert "3 were Howl, 1 were Bark" in page
    assert page.count('class="confusion"') == 1


def test_a_curator_shows_what_a_class_is_and_takes_it_back(world, as_curator):
    clip = world.clip()
    asked = {"mid": world.bark.mid, "kind": "counter", "note": " only a howl "}
    as_curator.post(reverse("example-added", args=[clip.uuid]), asked)
    row = ClassExample.objects.get()
    assert (row.clip, row.kind, row.note) == (clip, "counter", "only a howl")
    as_curator.post(reverse("example-removed", args=["yard", row.pk]))
    assert not ClassExample.objects.exists()
    verbs = list(AuditEvent.objects.values_list("verb", flat=True))
    assert verbs == ["add_class_example", "remove_class_example"]


@pytest.mark.parametrize("name", ["example-added", "example-removed"])
def test_only_curators_choose_examples(world, as_annotator, name):
    clip = example(world)
    args = [clip.uuid] if name == "example-added" else ["yard", ClassExample.objects.get().pk]
    assert as_annotator.post(reverse(name, args=args), {}).status_code == 403


def test_a_class_has_no_more_examples_than_one_listens_to(world):
    for _ in range(6):
        example(world)
    with pytest.raises(ValueError, match="remove one first"):
        example(world)


def test_a_recording_that_cannot_be_heard_is_no_example(world):
    for clip in (world.clip(state=Clip.State.WITHDRAWN), world.clip(sha256=None)):
        with pytest.raises(ValueError, match="cannot be heard"):
            add_class_example(
                collection=world.collection, sound_class=world.bark, clip=clip, kind=Kind.EXAMPLE
            )


def test_the_page_asks_the_database_no_more_for_a_larger_class(world, as_annotator, count_queries):
    def add(n: int, mid: str) -> None:
        howl = world.sound_class(mid, f"Howl {mid}")
        for _ in range(n):
            clip = world.clip()
            decide(world, clip, world.bark, "NP")
            decide(world, clip, howl, "PP")
        decide(world, world.clip(), world.bark, "PP")

    add(2, "/m/h1")
    few = count_queries(as_annotator, PAGE)
    add(12, "/m/h2")
    assert count_queries(as_annotator, PAGE) == few <= 32
