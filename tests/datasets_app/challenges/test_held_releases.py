"""While a challenge runs, nobody downloads the labels that are to be predicted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from datasets_app.challenges.opening import end_challenge, open_challenge
from datasets_app.people.models import User
from datasets_app.people.services import grant_role
from datasets_app.releases.access import readable_releases
from tests.datasets_app.challenges.eval_release import make_collection, make_release


@pytest.fixture
def running(release):
    closes_at = timezone.now() + timedelta(days=1)
    return open_challenge(release=release, title="Now", closes_at=closes_at)


@pytest.fixture
def curator(person) -> User:
    cara = person("cara")
    grant_role(user=cara, role=User.Role.CURATOR)
    return cara


def test_no_release_of_the_collection_is_given_out_but_to_curators(
    running, release, person, curator, tmp_path
):
    later = make_release(release.collection, tmp_path / "later", version="1.1")
    other = make_release(make_collection("other"), tmp_path / "other")
    later.is_public = True  # published while the challenge runs
    later.save()
    assert list(readable_releases(person("ana"))) == [other]
    assert list(readable_releases(None)) == []
    assert set(readable_releases(curator)) == {release, later, other}


def test_they_are_given_out_again_when_it_has_ended(running, release, person):
    end_challenge(challenge=running)
    assert list(readable_releases(person("ana"))) == [release]


def test_a_deadline_that_has_passed_is_an_end(challenge, release, person):
    type(challenge).objects.update(
        opened_at=timezone.now() - timedelta(days=2), closes_at=timezone.now()
    )
    assert list(readable_releases(person("ana"))) == [release]
