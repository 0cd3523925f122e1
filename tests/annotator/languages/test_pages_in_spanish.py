"""Pages in Spanish: nothing of the catalogue left in English, and machines read their numbers."""

import json
import re
from html import unescape
from html.parser import HTMLParser

import polib
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from annotator.shown_numbers import shown_count, shown_figure
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.refinement.models import RefinementSettings
from datasets_app.labels.services import infer_labels, record_answer
from datasets_app.people.models import User

PAGES = (
    "home",
    "classes",
    "class",
    "validate",
    "refine",
    "refine-clip",
    "adjudicate",
    "board",
    "mapping",
    "verification-clips",
    "collection",
    "clip",
    "search",
    "campaigns",
    "uploader",
    "reported-clips",
    "runs",
    "me",
    "people",
    "person",
)
FOR_MACHINES = frozenset(
    [
        "value",
        "min",
        "max",
        "step",
        "x",
        "y",
        "x1",
        "x2",
        "y1",
        "y2",
        "width",
        "height",
        "cx",
        "cy",
        "r",
        "d",
        "points",
        "viewbox",
    ]
)
WITH_COMMA = re.compile(r"(?<![\w,])-?\d+,\d+(?![\w,])")
CATALOGUE = settings.LOCALE_PATHS[0] / "es" / "LC_MESSAGES" / "django.po"


@pytest.fixture
def addresses(world, client) -> dict[str, str]:
    """The pages of a collection with recordings, answers and conflicts, for one of every role."""
    reader = world.user("ada", *User.Role)
    client.force_login(reader)
    RefinementSettings.objects.create(collection=world.collection, side="all")
    nominations = [world.nominate(world.sounding_clip(seconds=0.5)) for _ in range(3)]
    nominations += world.nominated_clips(2)
    people = [world.annotator_record(world.annotator(name)) for name in ("ana", "otto")]
    for person, answer in zip(people, (Answer.PP, Answer.NP), strict=True):
        record_answer(nomination=nominations[0], annotator=person, answer=answer)
    mine = world.annotator_record(reader)
    record_answer(nomination=nominations[1], annotator=mine, answer=Answer.PP)
    infer_labels(collection=world.collection)
    yard, bark, clip = "yard", world.bark.mid, nominations[2].clip
    arguments = {
        "class": [yard, bark],
        "validate": [yard, bark],
        "refine-clip": [yard, clip.uuid],
        "mapping": [yard, bark],
        "verification-clips": [yard, bark],
        "clip": [clip.uuid],
        "uploader": [yard, world.uploader.pk],
        "person": [User.objects.get(username="ana").uuid],
        "home": [],
        "me": [],
        "people": [],
    }
    return {name: reverse(name, args=arguments.get(name, [yard])) for name in PAGES}


@pytest.fixture
def pages(addresses, client) -> dict[str, str]:
    shown = {}
    for name, address in addresses.items():
        answer = client.get(address, headers={"accept-language": "es"}, follow=True)
        assert answer.status_code == 200, name
        shown[name] = answer.content.decode()
    return shown


class Page(HTMLParser):
    """The words of a page, what its attributes tell scripts and pictures, and its JSON."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.numbers: list[tuple[str, str]] = []
        self.json: list[str] = []
        self.is_json = False
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.is_json = tag == "script" and dict(attrs).get("type") == "application/json"
        for name, value in attrs:
            if name in FOR_MACHINES or (name.startswith("data-") and " " not in (value or "")):
                self.numbers.append((name, value or ""))
            else:
                self.words.append(value or "")

    def handle_data(self, data):
        (self.json if self.is_json else self.words).append(data)

    def handle_endtag(self, tag):
        self.is_json = False


def english_sentences() -> list[str]:
    """Sentences of three words or more without blanks, that Spanish says otherwise."""
    return [
        entry.msgid.replace("%%", "%")
        for entry in polib.pofile(str(CATALOGUE))
        if entry.msgid not in (entry.msgstr, *entry.msgstr_plural.values())
        and entry.msgid.count(" ") > 1
        and not re.search(r"%\(|\{", entry.msgid)
    ]


def test_nothing_of_the_catalogue_is_left_in_english(pages):
    sentences = english_sentences()
    assert len(sentences) > 300
    for name, source in pages.items():
        assert 'lang="es"' in source, name
        words = " ".join(" ".join(Page(source).words).split())
        left = [sentence for sentence in sentences if unescape(sentence) in words]
        assert left == [], name


def test_numbers_in_attributes_are_written_for_machines(pages):
    for name, source in pages.items():
        page = Page(source)
        assert [told for told in page.numbers if WITH_COMMA.search(told[1])] == [], name
        for text in page.json:
            json.loads(text)


def test_the_bars_of_ones_own_page_can_be_drawn(pages):
    bars = re.findall(
        r'<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"', pages["me"]
    )
    assert bars
    assert [float(number) for bar in bars for number in bar]


def test_numbers_for_people_are_written_as_the_language_writes_them():
    with translation.override("es"):
        assert (shown_count(1234), shown_figure(1234.5, 2)) == ("1.234", "1.234,50")
    with translation.override("en"):
        assert (shown_count(1234), shown_figure(1234.5, 2)) == ("1,234", "1,234.50")


def test_an_error_page_is_in_spanish_too(world, client):
    client.force_login(world.annotator())
    spanish = {"accept-language": "es"}
    assert "No hay nada en esta dirección" in client.get("/x", headers=spanish).content.decode()
    refused = client.get(reverse("people"), headers=spanish).content.decode()
    assert "el rol de curador o administrador" in refused
