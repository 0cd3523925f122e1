"""The pages of tokens and of what programs can ask for."""

import re

import pytest

from datasets_app.people.token_models import ApiToken
from datasets_app.people.tokens import create_token, find_token


def make(client, **changes):
    wanted = {"name": "Notebook", "scopes": ["read", "vote"], "days": "30"} | changes
    return client.post("/me/tokens/new", wanted)


def test_a_token_is_shown_once(as_annotator):
    shown = make(as_annotator)
    secret = re.search(r'value="(hk_[^"]+)"', shown.content.decode())[1]
    assert find_token(secret).scopes == ["read", "vote"]
    assert "no-store" in shown["Cache-Control"]
    again = as_annotator.get("/me/tokens").content.decode()
    assert secret not in again
    assert secret[:8] in again
    assert "Notebook" in again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scopes": []}, "at least one"),
        ({"scopes": ["curate"]}, "curate"),
        ({"scopes": ["everything"]}, "everything"),
        ({"days": "0"}, "1"),
        ({"days": "367"}, "366"),
        ({"name": " "}, "name"),
    ],
)
def test_what_cannot_be_made_is_said(as_annotator, changes, said):
    refusal = make(as_annotator, **changes)
    assert refusal.status_code == 400
    assert said in refusal.content.decode()
    assert not ApiToken.objects.exists()


def test_only_scopes_of_use_are_offered(as_annotator):
    page = as_annotator.get("/me/tokens").content.decode()
    assert 'value="vote"' in page
    assert 'value="curate"' not in page


def test_a_token_is_taken_back_by_its_owner_alone(world, as_annotator):
    make(as_annotator)
    mine = ApiToken.objects.get()
    theirs, _ = create_token(
        user=world.annotator("ben"), name="t", scopes=[ApiToken.Scope.READ], days=1
    )
    assert as_annotator.post(f"/me/tokens/{mine.uuid}/end").status_code == 302
    assert as_annotator.post(f"/me/tokens/{theirs.uuid}/end").status_code == 404
    ended = dict(ApiToken.objects.values_list("pk", "revoked_at"))
    assert ended[mine.pk] is not None
    assert ended[theirs.pk] is None


def test_a_hostile_name_is_inert(as_annotator):
    make(as_annotator, name="<script>alert(1)</script>")
    assert "<script>alert" not in as_annotator.get("/me/tokens").content.decode()


def test_tokens_are_nobodys_who_is_not_signed_in(client, db):
    assert client.get("/me/tokens").status_code == 302
    assert make(client).status_code == 302


def test_the_reference_names_every_address_to_everybody(client, db):
    page = client.get("/api/v1/")
    assert page.status_code == 200
    shown = page.content.decode()
    for path in client.get("/api/v1/schema/").json()["paths"]:
        assert path.removeprefix("/api/v1") in shown
    assert "<script>" not in shown
