"""The description is whole and true: what it does not say, the API does not do."""

import random
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as held_to
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from annotator.wsgi import application
from datasets_app.domain.votes.answers import Answer
from datasets_app.jobs.models import Job
from datasets_app.labels.services import record_answer
from datasets_app.people.models import User
from datasets_app.people.token_models import ApiToken
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, Vocabulary
from datasets_app.votes.verifying import add_gold_answer
from tests.datasets_app.api.caller import Caller, introduce

EXAMPLES = 12
"""Requests for each operation and caller: about a thousand in all."""
HELD_TO = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    unsupported_method,
]


def test_it_is_valid_and_nothing_in_it_is_guessed(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "s.yaml"))


def test_it_is_openapi_3_1_and_served_to_everybody(as_nobody):
    reply = as_nobody.get("/schema/")
    assert reply.status_code == 200
    assert reply.json()["openapi"].startswith("3.1")


def test_each_operation_names_its_refusals(as_nobody):
    for path in as_nobody.get("/schema/").json()["paths"].values():
        for method in path.values():
            assert {"400", "401", "403", "406", "429", "500"} <= set(method["responses"])


@pytest.fixture
def there(world, ana, cara) -> dict[str, str]:
    """Return a path parameter's value for each kind of record."""
    nominations = world.nominated_clips(14)
    add_gold_answer(nomination=nominations[0], answer=Answer.PP, actor=cara)
    for name in ("ben", "bo"):
        annotator = world.annotator_record(world.annotator(name))
        record_answer(nomination=nominations[1], annotator=annotator, answer=Answer.NP)
    introduce(ana, world)
    vocabulary = Vocabulary.objects.create(collection=world.collection, min_dev=1, min_eval=1)
    split = Split.objects.create(
        collection=world.collection, vocabulary=vocabulary, seed=1, eval_share=0.2, val_share=0.1
    )
    Release.objects.create(
        collection=world.collection, version="1.0", split=split, path="p", manifest_sha256="0" * 64
    )
    job = Job.objects.create(kind="train", state="failed", collection=world.collection)
    page = Caller(ana, ApiToken.Scope.VOTE).post(
        "/collections/yard/pages", {"sound_class": world.bark.mid}
    )
    return {
        "name": "yard",
        "mid": "m/05tny_",
        "clip": str(nominations[2].clip.uuid),
        "nomination": page.json()["page"]["items"][0]["nomination"],
        "page": page.json()["page"]["uuid"],
        "split": str(split.uuid),
        "version": "1.0",
        "job": str(job.uuid),
    }


def everything(user: User | None) -> dict[str, str]:
    if user is None:
        return {}
    scopes = {"ana": ("read", "vote"), "cara": ("read", "curate", "jobs")}[user.username]
    caller = Caller(user, *map(ApiToken.Scope, scopes))
    return {"Authorization": f"Bearer {caller.secret}"}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's connection: a request begun outside Django's own client would close it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("who", ["curator", "annotator", "anonymous"])
def test_no_server_error_and_no_undocumented_answer(
    who, there, ana, cara, settings, one_connection
):
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    headers = everything({"curator": cara, "annotator": ana, "anonymous": None}[who])
    description = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    n_sent = 0
    for found in description.get_all_operations():
        n_sent += _try(found.ok(), headers, there)
    assert n_sent > 20 * EXAMPLES // 2


def _try(operation, headers: dict[str, str], there: dict[str, str]) -> int:
    """Send requests to one operation, every other one to records that are there."""
    sent = 0
    chance = random.Random(operation.label)

    @seed(20)
    @held_to(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case) -> None:
        nonlocal sent
        sent += 1
        if chance.random() < 0.6:
            case.path_parameters = {name: there[name] for name in case.path_parameters or {}}
        response = case.call(headers=headers)
        case.validate_response(response, checks=HELD_TO)

    send()
    return sent
