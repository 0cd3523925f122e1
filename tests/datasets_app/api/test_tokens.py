"""Tokens: what they open, for how long, and for whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.people.models import User
from datasets_app.people.roles import grant_role
from datasets_app.people.token_models import ApiToken
from datasets_app.people.tokens import (
    LONGEST_DAYS,
    MOST_TOKENS,
    TokenRefused,
    create_token,
    find_token,
    revoke_token,
)
from tests.datasets_app.api.caller import Caller, refused

Scope = ApiToken.Scope


def made(user: User, *scopes: ApiToken.Scope, days: int = 1) -> tuple[ApiToken, str]:
    return create_token(user=user, name="t", scopes=scopes or [Scope.READ], days=days)


def test_a_token_opens_what_its_owner_sees(as_ana):
    assert [c["name"] for c in as_ana.all("/collections")] == ["yard"]


def test_only_its_hash_is_kept(ana):
    token, secret = made(ana)
    assert secret.startswith("hk_")
    assert len(secret) >= 43
    kept = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret not in str(kept)
    assert kept["hint"] == secret[:8]


def test_making_and_ending_one_is_on_record(ana):
    token, _ = made(ana)
    revoke_token(actor=ana, token=token)
    revoke_token(actor=ana, token=token)
    assert list(AuditEvent.objects.values_list("verb", flat=True)) == [
        "create_token",
        "revoke_token",
    ]


@pytest.mark.parametrize("end", ["revoked", "expired", "owner closed out"])
def test_a_token_that_ended_opens_nothing(as_ana, ana, end):
    if end == "revoked":
        revoke_token(actor=ana, token=as_ana.token)
    elif end == "expired":
        ApiToken.objects.update(expires_at=timezone.now())
    else:
        User.objects.filter(pk=ana.pk).update(is_active=False)
    reply = as_ana.get("/collections")
    status, sentence = refused(reply)
    assert status == 401
    assert "make another one" in sentence
    assert reply["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("secret", ["", "hk_", "hk_" + "a" * 43, "\udcff", "x" * 5000])
def test_an_unknown_secret_is_refused(db, secret):
    caller = Caller()
    reply = caller.client.get(
        "/api/v1/collections",
        headers={"Authorization": f"Bearer {secret.encode(errors='replace').decode()}"},
    )
    assert refused(reply)[0] == 401


def test_a_scope_that_is_missing_is_named(ana):
    status, sentence = refused(Caller(ana, Scope.VOTE).get("/collections"))
    assert status == 403
    assert "vote" in sentence
    assert "read" in sentence


def test_a_scope_gives_no_role(world, ana):
    """Curating was in the token when its owner curated; the role is gone, so it is of no use."""
    grant_role(user=ana, role=User.Role.CURATOR)
    caller = Caller(ana, Scope.READ, Scope.CURATE)
    ana.groups.remove(*ana.groups.filter(name="curator"))
    status, sentence = refused(caller.patch(f"/clips/{world.clip().uuid}", {"title": "x"}))
    assert status == 403
    assert "curator" in sentence


def test_use_is_noted_once_a_minute(as_ana, django_assert_num_queries):
    find_token(as_ana.secret)
    noted = ApiToken.objects.get().last_used_at
    assert timezone.now() - noted < timedelta(minutes=1)
    with django_assert_num_queries(1):
        find_token(as_ana.secret)
    assert ApiToken.objects.get().last_used_at == noted


@pytest.mark.parametrize("days", [0, LONGEST_DAYS + 1])
def test_a_token_holds_for_a_year_at_most(ana, days):
    with pytest.raises(TokenRefused, match=f"1 to {LONGEST_DAYS} days, not {days}"):
        made(ana, days=days)


@pytest.mark.parametrize("days", [1, LONGEST_DAYS])
def test_its_end_is_that_many_days_away(ana, days):
    token, _ = made(ana, days=days)
    assert abs(token.expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)


def test_nobody_makes_a_token_for_what_they_may_not_do(ana):
    with pytest.raises(TokenRefused, match="curate"):
        made(ana, Scope.READ, Scope.CURATE)
    assert not ApiToken.objects.exists()


def test_one_person_has_so_many_tokens_and_no_more(ana):
    for _ in range(MOST_TOKENS):
        token, _secret = made(ana)
    with pytest.raises(TokenRefused, match=str(MOST_TOKENS)):
        made(ana)
    revoke_token(actor=ana, token=token)
    made(ana)


def test_a_signed_in_browser_reads_without_a_token(ana, client):
    client.force_login(ana)
    assert client.get("/api/v1/collections").status_code == 200


def test_a_signed_in_browser_changes_nothing_without_its_csrf_token(cara, world):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(cara)
    reply = client.patch(
        f"/api/v1/clips/{world.clip().uuid}", {"title": "x"}, content_type="application/json"
    )
    assert refused(reply)[0] == 403
    assert "CSRF" in refused(reply)[1]
