"""A collection, somebody who steers it, and receivers on loopback."""

from collections.abc import Callable
from typing import Any

import pytest

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.clips.services import open_collection
from datasets_app.ontology.models import Ontology
from datasets_app.webhooks.models import Webhook
from datasets_app.webhooks.services import register_webhook

HERE = ["127.0.0.0/8"]


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = HERE


@pytest.fixture
def collection(db) -> Collection:
    ontology = Ontology.objects.create(name="small", source_sha256="0" * 64)
    return open_collection(name="yard", ontology=ontology)


@pytest.fixture
def make_hook(collection) -> Callable[..., tuple[Webhook, str]]:
    def make(address: str = "http://127.0.0.1:9/", **fields: Any) -> tuple[Webhook, str]:
        asked = {"events": ["clips.added"], "collection": collection, "actor": None} | fields
        return register_webhook(address=address, **asked)

    return make


@pytest.fixture
def happen(collection) -> Callable[..., Any]:
    """Let clips be added, as far as the audit trail knows."""

    def happen(n: int = 1, of: Collection | None = None):
        after = {"n_added": n}
        return record_event(actor=None, verb="ingest_clips", record=of or collection, after=after)

    return happen
