"""Finding clips, and the pages of those who made them."""

import pytest
from django.urls import reverse

from datasets_app.clips.models import Clip, Uploader
from datasets_app.clips.selectors import ClipFilter, find_clips
from datasets_app.splits.models import Split, SplitAssignment, Vocabulary

SEARCH = reverse("search", args=["yard"])


def titles(client, **asked) -> list[str]:
    page = client.get(SEARCH, asked).content.decode()
    rows = page.split("clip-row__title")[1:]
    return [row[row.index('">') + 2 : row.index("</a>")] for row in rows]


@pytest.fixture
def some_clips(world) -> dict[str, Clip]:
    return {
        "dog": world.clip(title="Dog at night", tags=["bark", "café"], duration_s=2.0),
        "rain": world.clip(title="Rain", description="on a tin roof", license="CC-BY-4.0"),
        "gone": world.clip(title="Gone", state=Clip.State.WITHDRAWN),
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dog", ["Dog at night"]),
        ("NIGHT dog", ["Dog at night"]),
        ("ark", ["Dog at night"]),
        ("café", ["Dog at night"]),
        ("tin", ["Rain"]),
        ("clip-02", ["Rain"]),
        ("dog rain", []),
        ("", ["Rain", "Dog at night"]),
        ("%", []),
        ("_", []),
        ("gone", []),
    ],
)
def test_every_word_is_in_title_tags_description_or_id(as_annotator, some_clips, words, found):
    assert titles(as_annotator, q=words) == found


def test_clips_are_chosen_by_class_licence_and_length(world, as_annotator, some_clips):
    world.nominate(some_clips["dog"])
    assert titles(as_annotator, mid=world.bark.mid) == ["Dog at night"]
    assert titles(as_annotator, license="CC-BY-4.0") == ["Rain"]
    assert titles(as_annotator, shortest_s=2) == ["Dog at night"]
    assert titles(as_annotator, longest_s=1) == ["Rain"]


def test_clips_are_chosen_by_their_side_of_the_latest_split(world, as_annotator, some_clips):
    vocabulary = Vocabulary.objects.create(collection=world.collection, min_dev=1, min_eval=1)
    for clip in (some_clips["dog"], some_clips["rain"]):
        split = Split.objects.create(
            collection=world.collection,
            vocabulary=vocabulary,
            seed=0,
            eval_share=0.2,
            val_share=0.1,
        )
        SplitAssignment.objects.create(split=split, clip=clip, part="eval")
    assert titles(as_annotator, part="eval") == ["Rain"]


def test_withdrawn_clips_are_found_by_curators_alone(as_annotator, some_clips, world, client):
    assert titles(as_annotator, state="withdrawn") == ["Rain", "Dog at night"]
    client.force_login(world.curator())
    assert titles(client, state="withdrawn") == ["Gone"]


@pytest.mark.parametrize(
    "asked",
    [{"shortest_s": "-1"}, {"part": "x"}, {"before": "x"}, {"longest_s": "nan"}, {"q": "x" * 300}],
)
def test_a_wrong_condition_is_told(as_annotator, some_clips, asked):
    response = as_annotator.get(SEARCH, asked)
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


def test_one_page_leads_to_the_next_until_the_end(world, as_annotator):
    for i in range(65):
        world.clip(title=f"Title {i:02}")
    seen: list[str] = []
    asked: dict[str, object] = {"q": "title"}
    for n in (30, 30, 5):
        page = as_annotator.get(SEARCH, asked).content.decode()
        found = titles(as_annotator, **asked)
        assert len(found) == n
        seen += found
        if 'rel="next"' in page:
            asked["before"] = page.split('rel="next"')[1].split("before=")[1].split('"')[0]
    assert seen == [f"Title {i:02}" for i in reversed(range(65))]
    assert 'rel="next"' not in page


def test_a_search_looks_through_a_window_at_once_and_says_where_to_go_on(world):
    first = world.clip(title="Needle")
    for _ in range(24):
        world.clip(title="Hay")
    before, n_looks = None, 0
    while True:
        found = find_clips(
            collection=world.collection,
            wanted=ClipFilter(text="needle"),
            before=before,
            window=10,
        )
        n_looks += 1
        if found.go_on is None:
            break
        assert found.is_window_end
        before = found.go_on
    assert (list(found.clips), n_looks) == ([first], 3)


def test_windows_neither_skip_nor_repeat_a_clip(world):
    clips = [world.clip() for _ in range(23)]
    seen, before = [], None
    while True:
        found = find_clips(
            collection=world.collection,
            wanted=ClipFilter(),
            before=before,
            window=7,
            page_size=3,
        )
        seen += found.clips
        before = found.go_on
        if before is None:
            break
    assert seen == clips[::-1]


def test_an_uploaders_page_shows_their_clips_alone(world, as_annotator):
    other = Uploader.objects.create(collection=world.collection, name="otto")
    world.clip(title="Mine")
    world.clip(title="Theirs", uploader=other, license="CC-BY-4.0")
    page = as_annotator.get(reverse("uploader", args=["yard", other.pk])).content.decode()
    assert "Theirs" in page
    assert "Mine" not in page
    assert "CC BY 4.0" in page


def test_an_uploader_of_another_collection_is_not_found(world, as_annotator):
    address = reverse("uploader", args=["elsewhere", world.uploader.pk])
    assert as_annotator.get(address).status_code == 404


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40])
def test_an_odd_cursor_shows_the_first_page(world, as_annotator, before):
    world.clip(title="Mine")
    address = reverse("uploader", args=["yard", world.uploader.pk])
    assert "Mine" in as_annotator.get(address, {"before": before}).content.decode()


def test_the_pages_ask_the_database_no_more_for_more_clips(world, as_annotator, count_queries):
    def add(n: int) -> None:
        for i in range(n):
            owner, _ = Uploader.objects.get_or_create(collection=world.collection, name=f"u{i}")
            world.nominate(world.clip(uploader=owner, license=f"CC-BY-{i}.0"))
            world.clip()

    addresses = (f"{SEARCH}?q=clip", reverse("uploader", args=["yard", world.uploader.pk]))
    add(40)
    few = [count_queries(as_annotator, address) for address in addresses]
    add(40)
    assert [count_queries(as_annotator, address) for address in addresses] == few
    assert max(few) <= 20
