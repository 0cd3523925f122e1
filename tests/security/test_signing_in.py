"""Guessing passwords: slow for whoever guesses, harmless for whoever is guessed."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotator.security.client_address import client_address
from annotator.security.limits import LINKS
from annotator.security.lock_out import BY_ADDRESS, BY_NAME
from datasets_app.people.limits import Limit, TooManyTries, TryWindow
from datasets_app.people.models import User
from tests.annotator.world import PASSWORD


def guess(client, name: str, password: str = "wrong", address: str = "203.0.113.7"):
    form = {"username": name, "password": password}
    return client.post(reverse("sign-in"), form, REMOTE_ADDR=address)


def guess_until_locked_out(client, name: str, address: str = "203.0.113.7"):
    return [guess(client, name, address=address) for _ in range(BY_NAME.most)][-1]


def end_windows() -> None:
    TryWindow.objects.update(ends_at=timezone.now() - timedelta(seconds=1))


def test_too_many_wrong_passwords_keep_even_the_right_one_out_and_say_how_long(world, client):
    world.annotator()
    last = guess_until_locked_out(client, "ana")
    right = guess(client, "ana", PASSWORD)
    assert (last.status_code, right.status_code) == (429, 429)
    assert "Wait 15 minutes" in right.content.decode()
    assert 0 < int(right["Retry-After"]) <= BY_NAME.window_s
    assert "_auth_user_id" not in client.session


def test_it_ends_by_itself_and_trying_meanwhile_does_not_make_it_longer(world, client):
    world.annotator()
    guess_until_locked_out(client, "ana")
    ends = set(TryWindow.objects.values_list("ends_at", flat=True))
    guess(client, "ana")
    assert set(TryWindow.objects.values_list("ends_at", flat=True)) == ends
    end_windows()
    assert guess(client, "ana", PASSWORD).status_code == 302


def test_whoever_fails_in_anothers_name_locks_out_nobody_but_themselves(world, client):
    world.annotator()
    guess_until_locked_out(client, "ana", address="203.0.113.66")
    assert guess(client, "ana", PASSWORD, address="198.51.100.1").status_code == 302


def test_being_locked_out_does_not_tell_which_names_there_are(world, client):
    world.annotator()
    known, unknown = (guess_until_locked_out(client, name) for name in ("ana", "nobody"))
    assert known.status_code == unknown.status_code == 429
    pages = [known.content.decode().replace("ana", ""), unknown.content.decode()]
    ours, theirs = (without_tokens(page.replace("nobody", "")) for page in pages)
    assert ours == theirs


def test_a_wrong_password_is_told_like_an_unknown_or_closed_name(world, client):
    world.annotator()
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    told = {
        without_tokens(guess(client, name, password).content.decode().replace(f'"{name}"', '""'))
        for name, password in (("ana", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD))
    }
    assert len(told) == 1


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_a_known_and_an_unknown_name_cost_as_many_hashes(world, client, monkeypatch, name):
    world.annotator()
    hasher = type(hashers.get_hasher())
    n_hashed = []
    encode = hasher.encode

    def counted(self, *args, **named):
        n_hashed.append(1)
        return encode(self, *args, **named)

    monkeypatch.setattr(hasher, "encode", counted)
    guess(client, name)
    assert len(n_hashed) == 2  # Django's backend and the provider library's


def test_another_case_or_spelling_of_the_name_is_the_same_name(world, client):
    for n, name in enumerate(["ana", "ANA", "Ana", "\uff41na"] * 3):
        if n >= BY_NAME.most:
            break
        last = guess(client, name)
    assert last.status_code == 429


def test_one_address_cannot_try_one_password_on_everybody(world, client):
    for _n in range(BY_ADDRESS.most):
        BY_ADDRESS.count("203.0.113.7")
    world.annotator()
    assert guess(client, "ana", PASSWORD).status_code == 429
    assert guess(client, "ana", PASSWORD, address="198.51.100.1").status_code == 302


def test_a_right_password_forgets_the_wrong_ones(world, client):
    world.annotator()
    for _ in range(BY_NAME.most - 1):
        guess(client, "ana")
    assert guess(client, "ana", PASSWORD).status_code == 302
    client.logout()
    assert guess(client, "ana").status_code == 200


def test_there_is_no_second_door_to_try_passwords_at(world, client):
    reply = client.post("/admin/login/", {"username": "root", "password": "x"})
    assert reply.status_code == 302
    assert reply["Location"].startswith(reverse("sign-in"))


def test_staff_that_is_not_superuser_does_not_get_at_the_records(world, client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get("/admin/", follow=True).status_code == 403
    assert client.get("/admin/datasets_app/user/", follow=True).status_code == 403


def test_links_of_invitations_cannot_be_guessed_for_long(world, client):
    statuses = [
        client.get(reverse("invitation", args=[f"guess-{n}"])).status_code
        for n in range(LINKS.most + 1)
    ]
    assert statuses == [410] * LINKS.most + [429]


def test_ones_old_password_cannot_be_guessed_by_who_found_the_screen_open(world, client):
    client.force_login(world.annotator())
    form = {"old_password": "x", "new_password1": "y", "new_password2": "y"}
    statuses = {client.post(reverse("change-password"), form).status_code for _ in range(11)}
    assert statuses == {400, 429}


class TestWhoseAddress:
    def address(self, rf, settings, n_proxies: int, forwarded: str, remote: str = "10.0.0.1"):
        settings.TRUSTED_PROXIES = n_proxies
        return client_address(rf.get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded))

    def test_without_proxies_what_a_visitor_writes_counts_for_nothing(self, rf, settings):
        assert self.address(rf, settings, 0, "1.2.3.4") == "10.0.0.1"

    @pytest.mark.parametrize(("n", "found"), [(1, "198.51.100.9"), (2, "203.0.113.5")])
    def test_only_what_own_proxies_appended_is_believed(self, rf, settings, n, found):
        assert self.address(rf, settings, n, "6.6.6.6, 203.0.113.5, 198.51.100.9") == found

    def test_a_list_shorter_than_the_proxies_is_not_believed(self, rf, settings):
        assert self.address(rf, settings, 2, "6.6.6.6") == "10.0.0.1"

    def test_one_subscribers_ipv6_addresses_are_one(self, rf, settings):
        one, other = (f"2001:db8:1:2::{n}" for n in (1, "ffff"))
        assert self.address(rf, settings, 1, one) == self.address(rf, settings, 1, other)

    @pytest.mark.parametrize("odd", ["", "unknown", "1.2.3.4:80", "<script>", "x" * 9999])
    def test_what_is_no_address_is_unknown(self, rf, settings, odd):
        assert self.address(rf, settings, 1, odd, remote="") == "unknown"


class TestLimit:
    LIMIT = Limit("of a test", most=2, window_s=60)

    def test_the_most_is_inclusive(self, db):
        self.LIMIT.count("ana")
        self.LIMIT.count("ana")
        with pytest.raises(TooManyTries) as refused:
            self.LIMIT.count("ana")
        assert 1 <= refused.value.wait_s <= 60

    def test_each_party_and_each_kind_has_a_count_of_its_own(self, db):
        other = Limit("of another test", most=2, window_s=60)
        for limit, who in ((self.LIMIT, "ana"), (self.LIMIT, "ben"), (other, "ana")):
            limit.count(who)
            limit.count(who)

    def test_a_window_that_ended_begins_anew(self, db):
        for _ in range(2):
            self.LIMIT.count("ana")
        end_windows()
        self.LIMIT.count("ana")
        assert TryWindow.objects.get().n == 1

    def test_what_ended_long_ago_is_swept_away(self, db):
        self.LIMIT.count("ana")
        TryWindow.objects.update(ends_at=timezone.now() - timedelta(days=2))
        self.LIMIT.count("ben")
        assert TryWindow.objects.count() == 1

    def test_the_table_names_nobody(self, db):
        self.LIMIT.count("ana")
        assert "ana" not in str(list(TryWindow.objects.values()))


def without_tokens(page: str) -> str:
    """Return a page without the tokens that guard its forms."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"', "", page)


def test_what_is_posted_without_the_pages_token_is_refused(world):
    client = Client(enforce_csrf_checks=True)
    user = world.user("ana", *User.Role)
    client.force_login(user)
    body = {"nomination": "x"}
    for path in (reverse("answers", args=["yard"]), reverse("invite"), reverse("delete-me")):
        assert client.post(path, body, content_type="application/json").status_code == 403
