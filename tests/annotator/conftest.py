"""What tests of the site share."""

from pathlib import Path

import pytest
from django.core.cache import cache

from tests.annotator.world import World


@pytest.fixture
def world(db, tmp_path: Path) -> World:
    cache.clear()
    return World(tmp_path)


@pytest.fixture
def as_annotator(world: World, client):
    """Return a client signed in as the annotator ana."""
    client.force_login(world.annotator())
    return client


@pytest.fixture
def as_curator(world: World, client):
    """Return a client signed in as the curator cara."""
    client.force_login(world.curator())
    return client
