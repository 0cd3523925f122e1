"""A collection with clips and people, and callers who act for them."""

from pathlib import Path

import pytest
from django.core.cache import caches

from datasets_app.people.models import User
from datasets_app.people.token_models import ApiToken
from tests.annotator.world import World
from tests.datasets_app.api.caller import Caller

Scope = ApiToken.Scope


@pytest.fixture(autouse=True)
def no_requests_counted() -> None:
    caches["counts"].clear()


@pytest.fixture
def world(db, tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def ana(world: World) -> User:
    return world.annotator()


@pytest.fixture
def as_ana(ana: User) -> Caller:
    return Caller(ana, Scope.READ, Scope.VOTE)


@pytest.fixture
def cara(world: World) -> User:
    return world.curator()


@pytest.fixture
def as_cara(cara: User) -> Caller:
    return Caller(cara, Scope.READ, Scope.CURATE, Scope.JOBS)


@pytest.fixture
def as_nobody(db) -> Caller:
    return Caller()
