"""Keys, volume and speed: checked as a whole, kept per person, new defaults for the rest."""

import json

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from annotator.accounts.preferences import (
    KEY_ACTIONS,
    SPEEDS,
    BadPreferences,
    check_keys,
    check_preferences,
    preferences_of,
)
from datasets_app.people.models import User


def send(client, body):
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(reverse("preferences"), text, content_type="application/json")


def kept() -> dict:
    return User.objects.get(username="ana").preferences


def test_each_action_comes_with_a_key_of_its_own():
    assert check_keys({name: action.key for name, action in KEY_ACTIONS.items()})


def test_what_was_not_chosen_is_as_it_came(world):
    user = world.annotator()
    user.preferences = {"keys": {"undo": "u", "gone": "x"}}
    found = preferences_of(user)
    assert (found.keys["undo"], found.keys["toggle"]) == ("u", "Space")
    assert "gone" not in found.keys
    assert (found.volume, found.speed) == (1.0, 1.0)


def test_one_preference_is_kept_and_the_others_left(world, as_annotator):
    assert send(as_annotator, {"keys": {"undo": "u"}}).status_code == 200
    response = send(as_annotator, {"volume": 0.25, "speed": 1.5})
    assert response.json()["keys"]["undo"] == "u"
    assert kept() == {"keys": {"undo": "u"}, "volume": 0.25, "speed": 1.5}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"keys": {"undo": "1"}}, "“1” would mean both"),
        ({"keys": {"undo": "x", "loop": "x"}}, "“x” would mean both"),
        ({"keys": {"fly": "x"}}, "no action fly"),
        ({"keys": {"undo": "Tab"}}, "“Tab” cannot be given a meaning"),
        ({"keys": {"undo": "F5"}}, "“F5” cannot be given a meaning"),
        ({"keys": {"undo": "X"}}, "“X” cannot be given a meaning"),
        ({"keys": {"undo": " "}}, "cannot be given a meaning"),
        ({"keys": {"undo": 7}}, "“7” cannot be given a meaning"),
        ({"keys": ["undo"]}, "Keys are an object"),
        ({"volume": 1.01}, "1.01 is not a number from 0 to 1"),
        ({"volume": True}, "True is not a number"),
        ({"speed": 3}, "none of 0.5, 0.75, 1, 1.25, 1.5, 2"),
        ({"volume": 0.5, "colour": "red"}, "no preference colour"),
        ('{"volume": NaN}', "nan is not a number from 0 to 1"),
        ("[]", "not a JSON object"),
        ("{", "not JSON"),
        ("[" * 5000, "not JSON"),
    ],
)
def test_what_is_not_allowed_is_refused_with_a_sentence_and_nothing_kept(
    world, as_annotator, body, said
):
    response = send(as_annotator, body)
    assert response.status_code == 400
    assert said in response.json()["error"]
    assert kept() == {}


def test_the_bounds_themselves_are_allowed():
    assert check_preferences({"volume": 0}) == {"volume": 0.0}
    assert check_preferences({"volume": 1, "speed": SPEEDS[-1]}) == {"volume": 1.0, "speed": 2.0}


def test_two_keys_may_change_places():
    assert check_keys({"answer_pp": "2", "answer_pnp": "1"})


@given(st.dictionaries(st.sampled_from(sorted(KEY_ACTIONS)), st.text(max_size=3)))
def test_keys_that_are_taken_mean_one_thing_each(keys):
    try:
        check_keys(keys)
    except BadPreferences:
        return
    chosen = {name: action.key for name, action in KEY_ACTIONS.items()} | keys
    assert len(set(chosen.values())) == len(chosen)


def test_preferences_are_for_people_who_are_signed_in(client, world):
    assert send(client, {"volume": 0.5}).status_code in (302, 401)
