"""An open challenge on a small release, and people who take part."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datasets_app.challenges.models import Challenge, Submission
from datasets_app.challenges.opening import open_challenge
from datasets_app.challenges.submitting import submit_predictions
from datasets_app.people.models import User
from datasets_app.people.services import grant_role
from datasets_app.releases.models import Release
from tests.datasets_app.challenges.eval_release import make_collection, make_release, predictions

OPENED = datetime(2030, 1, 1, 12, tzinfo=UTC)
CLOSES = OPENED + timedelta(days=10)


@pytest.fixture
def release(db, tmp_path: Path) -> Release:
    return make_release(make_collection(), tmp_path / "release")


@pytest.fixture
def challenge(release: Release) -> Challenge:
    return open_challenge(
        release=release, title="Hear it", closes_at=CLOSES, seed=7, daily_limit=2, now=OPENED
    )


@pytest.fixture
def person(db) -> Callable[[str], User]:
    """Return someone with a role, made on first use."""

    def get(name: str) -> User:
        user, is_new = User.objects.get_or_create(username=name)
        if is_new:
            grant_role(user=user, role=User.Role.ANNOTATOR)
        return user

    return get


@pytest.fixture
def submit(challenge: Challenge, person) -> Callable[..., Submission]:
    """Send predictions, of which a share is right, some days after the opening."""

    def send(name: str = "ana", *, right: float = 1.0, seed: int = 0, days: float = 0, **fields):
        return submit_predictions(
            challenge=challenge,
            user=person(name),
            handle=io.BytesIO(
                fields.pop("csv", None) or predictions(challenge, right=right, seed=seed)
            ),
            team=fields.pop("team", f"Team {name}"),
            now=OPENED + timedelta(days=days),
            **fields,
        )

    return send
