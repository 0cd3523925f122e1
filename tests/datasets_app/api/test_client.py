"""The client of the guide at work on a live server, with the guide's own examples."""

import importlib.util
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from datasets_app.jobs import starting
from datasets_app.jobs.models import Job
from datasets_app.people.token_models import ApiToken
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, Vocabulary
from datasets_app.votes.models import Vote
from tests.annotator.world import World
from tests.datasets_app.api.caller import Caller, introduce

DOCS = Path(__file__).resolve().parents[3] / "docs"
Scope = ApiToken.Scope


@pytest.fixture(scope="module")
def client_module():
    spec = importlib.util.spec_from_file_location("client", DOCS / "examples" / "client.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["client"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["client"]


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_the_guide_do_what_it_says(
    live_server, tmp_path, client_module, monkeypatch
):
    world = World(tmp_path)
    ana, cara = world.annotator(), world.curator()
    introduce(ana, world)
    world.nominated_clips(14)
    vocabulary = Vocabulary.objects.create(collection=world.collection, min_dev=1, min_eval=1)
    split = Split.objects.create(
        collection=world.collection, vocabulary=vocabulary, seed=1, eval_share=0.2, val_share=0.1
    )
    Release.objects.create(
        collection=world.collection, version="1.0", split=split, path="p", manifest_sha256="0" * 64
    )
    monkeypatch.setattr(starting, "send_job", lambda job: Job.objects.update(state="finished"))
    found = {
        "site": live_server.url,
        "token": Caller(ana, Scope.READ, Scope.VOTE).secret,
        "curator": client_module.Client(
            live_server.url, Caller(cara, Scope.READ, Scope.CURATE, Scope.JOBS).secret
        ),
    }
    examples = re.findall(r"```python\n(.*?)```", (DOCS / "api.md").read_text(), re.S)
    assert len(examples) == 5
    for example in examples:
        exec(compile(example, "api.md", "exec"), found)
    assert found["names"] == ["yard"]
    assert len(found["clips"]) == 14
    assert found["labels"] == []
    assert Vote.objects.count() == 11
    assert found["changed"].record["tags"] == ["dog", "bark"]
    assert found["sentence"].startswith("412: It has changed since")
    assert found["job"]["state"] == "finished"


class Moody(BaseHTTPRequestHandler):
    """Is busy twice, then answers; remembers the keys it was sent."""

    keys: list[str] = []

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).keys.append(self.headers["Idempotency-Key"])
        is_busy = len(self.keys) < 3
        body = b"{}" if is_busy else b'{"answer": "PP"}'
        self.send_response(503 if is_busy else 200)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_busy_site_is_asked_again_under_the_same_key(client_module):
    Moody.keys = []
    server = HTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        api = client_module.Client(f"http://127.0.0.1:{server.server_port}", patience_s=10)
        assert api.vote("n", "PP") == {"answer": "PP"}
    finally:
        server.shutdown()
        server.server_close()
    assert len(Moody.keys) == 3
    assert len(set(Moody.keys)) == 1


def test_a_refusal_is_not_tried_again(client_module, live_server, transactional_db):
    with pytest.raises(client_module.Refused) as refusal:
        list(client_module.Client(live_server.url, "hk_none").list("/collections"))
    assert refusal.value.status == 401
    assert "make another one" in str(refusal.value)


def test_the_token_goes_to_no_other_site(client_module):
    with pytest.raises(ValueError, match="another site"):
        client_module.Client("http://127.0.0.1:1", "hk_x").get("http://127.0.0.1:2/api/v1/votes")


def test_a_job_that_takes_too_long_is_said(client_module, monkeypatch):
    api = client_module.Client("http://127.0.0.1:1")
    reply = client_module.Reply({"uuid": "u", "state": "running"}, "", "")
    monkeypatch.setattr(api, "get", lambda address: reply)
    with pytest.raises(TimeoutError, match="running after 0 s"):
        api.wait_for_job("a", every_s=0.001, longest_s=0)
