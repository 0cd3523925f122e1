"""Whoever reads the site chooses its language; the choice goes with the account."""

import pytest
from django.test import Client
from django.urls import reverse

from datasets_app.people.models import User

CHOOSE = "/language"
SIGN_IN = {"en": "Sign in", "es": "Iniciar sesión"}


@pytest.fixture
def reader(world, client) -> Client:
    client.force_login(world.annotator())
    return client


def language_of(page) -> str:
    return page.content.decode().split('<html lang="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("asked", "language"),
    [("es", "es"), ("es-MX,es;q=0.9", "es"), ("de,es;q=0.5", "es"), ("de", "en"), ("", "en")],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(db, client, asked, language):
    page = client.get(reverse("sign-in"), headers={"accept-language": asked})
    assert language_of(page) == language
    assert page.headers["Content-Language"] == language
    assert SIGN_IN[language] in page.content.decode()


def test_a_guest_chooses_another_and_stays_on_the_page(db, client):
    at = reverse("sign-in") + "?next=/me/"
    chosen = client.post(CHOOSE, {"language": "es", "next": at})
    assert chosen.url == at
    assert language_of(client.get(at)) == "es"
    client.post(CHOOSE, {"language": "en", "next": at})
    assert language_of(client.get(at, headers={"accept-language": "es"})) == "en"


def test_the_choice_goes_with_the_account_to_another_browser(reader, world):
    reader.post(CHOOSE, {"language": "es", "next": "/"})
    elsewhere = Client(headers={"accept-language": "en"})
    elsewhere.force_login(User.objects.get(username="ana"))
    assert language_of(elsewhere.get("/")) == "es"


def test_it_leaves_the_other_preferences_alone(reader):
    User.objects.update(preferences={"volume": 0.5})
    reader.post(CHOOSE, {"language": "es", "next": "/"})
    assert User.objects.get().preferences == {"volume": 0.5, "language": "es"}


def test_a_guest_who_chooses_what_there_is_not_changes_nothing(db, client):
    client.post(CHOOSE, {"language": "xx", "next": reverse("sign-in")})
    assert language_of(client.get(reverse("sign-in"))) == "en"


@pytest.mark.parametrize("language", ["xx", "", "e" * 500])
def test_a_reader_who_chooses_what_there_is_not_is_told(reader, language):
    answer = reader.post(CHOOSE, {"language": language, "next": "/"})
    assert answer.status_code == 400
    shown = language[:40]
    assert answer.content.decode() == f"The language {shown} is none of en, es."
    assert User.objects.get().preferences == {}


def test_nobody_is_sent_to_another_site(db, client):
    elsewhere = {"language": "es", "next": "https://example.org/"}
    assert client.post(CHOOSE, elsewhere).url == "/"


def test_it_is_changed_by_a_form_only(db, client):
    assert client.get(CHOOSE).status_code == 405


def test_every_page_offers_each_language_by_its_own_name(reader):
    page = reader.get("/").content.decode()
    assert 'lang="en" aria-current="true">English</button>' in page
    assert 'lang="es">Español</button>' in page


def test_a_page_shown_after_a_form_leads_home(reader):
    page = reader.post(reverse("change-password"), {}).content.decode()
    assert '<input type="hidden" name="next" value="/">' in page
