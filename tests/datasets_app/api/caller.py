"""A program that calls the API, as tests see it."""

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from datasets_app.clips.class_services import record_introduction
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user
from datasets_app.people.token_models import ApiToken
from datasets_app.people.tokens import create_token

ROOT = "/api/v1"
PROBLEM = "application/problem+json"


class Caller:
    """Sends JSON with a person's token, or without one."""

    def __init__(self, user: User | None = None, *scopes: ApiToken.Scope) -> None:
        self.client = Client(raise_request_exception=False)
        self.secret = ""
        if user is not None:
            self.token, self.secret = create_token(user=user, name="test", scopes=scopes, days=1)

    def send(self, method: str, path: str, body: Any = None, **headers: str):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret:
            sent["Authorization"] = f"Bearer {self.secret}"
        more = {} if body is None else {"data": json.dumps(body)}
        address = path if path.startswith("http") else ROOT + path
        return self.client.generic(
            method, address, content_type="application/json", headers=sent, **more
        )

    def get(self, path: str, **headers: str):
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str):
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str):
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str):
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str):
        return self.send("DELETE", path, **headers)

    def walk(self, path: str) -> list[list[dict[str, Any]]]:
        """Return every page of a list."""
        pages, address = [], path
        while address:
            reply = self.get(address)
            assert reply.status_code == 200, reply.content
            pages.append(reply.json()["results"])
            address = reply.json()["next"]
        return pages

    def all(self, path: str) -> list[dict[str, Any]]:
        return [item for page in self.walk(path) for item in page]


def refused(reply) -> tuple[int, str]:
    """Return the status and the sentence of a refusal, which is a whole problem document."""
    document = reply.json()
    assert reply["Content-Type"] == PROBLEM
    assert document["type"] == "about:blank"
    assert document["status"] == reply.status_code
    assert document["title"]
    return reply.status_code, document["detail"]


def introduce(user: User, world) -> None:
    """Let somebody have heard the examples of the world's class."""
    record_introduction(
        annotator=annotator_of_user(user=user),
        collection=world.collection,
        sound_class=world.bark,
        now=timezone.now(),
    )
