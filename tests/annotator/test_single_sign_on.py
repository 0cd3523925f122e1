"""Signing in through an OpenID Connect provider: a real one, on loopback."""

from urllib.parse import urlsplit

import pytest
import requests
from django.urls import reverse

from datasets_app.people.invitations import create_invitation
from datasets_app.people.models import User
from datasets_app.people.roles import has_role
from tests.annotator.oidc_provider import CLIENT, Provider, running_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings) -> Provider:
    with running_provider() as running:
        app = {
            "provider_id": "provider",
            "name": "the institute",
            "client_id": CLIENT[0],
            "secret": CLIENT[1],
            "settings": {"server_url": running.address},
        }
        settings.OIDC_ISSUER = running.address
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
        }
        yield running


def sign_in(client):
    """Go to the provider and come back, as a browser would."""
    away = client.post(reverse("openid_connect_login", args=["provider"]))
    back = requests.get(away.url, allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


def test_the_sign_in_page_offers_the_provider_by_its_name(client, provider):
    assert "Go on with the institute" in client.get(reverse("sign-in")).content.decode()


def test_without_a_provider_there_is_nothing_to_go_on_with(client):
    assert "Go on with" not in client.get(reverse("sign-in")).content.decode()


def test_an_invited_person_signs_in_through_the_provider_and_has_the_roles(client, world, provider):
    _made, token = create_invitation(inviter=world.curator(), roles=[User.Role.EXPERT])
    client.get(reverse("invitation", args=[token]))
    assert sign_in(client).url == reverse("home")
    olga = User.objects.get(username="olga")
    assert has_role(user=olga, role=User.Role.EXPERT)
    assert not olga.has_usable_password()


def test_coming_again_finds_the_same_account(client, settings, provider):
    settings.OIDC_OPEN = True
    sign_in(client)
    client.logout()
    provider.person = {**provider.person, "preferred_username": "renamed"}
    sign_in(client)
    assert User.objects.filter(is_active=True).count() == 1
    assert client.get(reverse("home")).status_code == 200


def test_without_an_invitation_the_provider_alone_lets_nobody_in(client, provider):
    answer = sign_in(client)
    assert answer.url == reverse("sign-in")
    assert "need an invitation" in client.get(answer.url).content.decode()
    assert not User.objects.exists()


def test_an_account_of_the_same_name_is_not_taken_over(client, world, settings, provider):
    settings.OIDC_OPEN = True
    olga = world.curator("olga")
    sign_in(client)
    me = User.objects.get(pk=client.session["_auth_user_id"])
    assert me != olga
    assert not has_role(user=me, role=User.Role.CURATOR)


def test_an_address_known_here_gives_nobody_that_account(client, world, settings, provider):
    settings.OIDC_OPEN = True
    cara = world.curator()
    User.objects.filter(pk=cara.pk).update(email="olga@example.org")
    sign_in(client)
    signed_in = client.session["_auth_user_id"]
    assert int(signed_in) != cara.pk


def test_a_closed_account_stays_closed(client, settings, provider):
    settings.OIDC_OPEN = True
    sign_in(client)
    client.logout()
    User.objects.update(is_active=False)
    answer = sign_in(client)
    assert answer.url == reverse("sign-in")
    assert "_auth_user_id" not in client.session


def test_a_provider_that_fails_ends_in_a_sentence(client, provider):
    provider.is_broken = True
    answer = sign_in(client)
    assert answer.url == reverse("sign-in")
    assert "did not succeed" in client.get(answer.url).content.decode()
