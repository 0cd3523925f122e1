"""What the tests of the site's security share."""

from pathlib import Path

import pytest
from django.core.cache import cache

from tests.annotator.world import World


@pytest.fixture
def world(db, tmp_path: Path) -> World:
    cache.clear()
    return World(tmp_path)
