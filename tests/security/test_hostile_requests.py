"""Whatever is sent to whatever address is answered in words: none of it ends in our own mistake.

Tried at every address that the site lists, by somebody with every role.
"""

import json
import uuid

import pytest

from tests.security.hidden import HiddenCollection
from tests.security.test_private_collections import ADDRESSES, OF_NO_COLLECTION, path_of

NEEDS_FILES = ("release-file", "release-manifest", "release-sums", "release-archive")
"""Pages of a release's files, which this release lacks: they say that it is damaged, by a 500."""

TRIED = [
    a
    for a in ADDRESSES
    if a.name not in {*OF_NO_COLLECTION, "sign-out", "delete-me"}
    and not a.name.startswith(NEEDS_FILES)
]
KEY = str(uuid.uuid4())
WORDS = [
    *("nomination", "answer", "idempotency_key", "reason", "comment", "clip", "keywords"),
    *("vetoes", "rating", "words", "seed", "known", "name", "title", "task", "roles", "days"),
    *("note", "username", "page", "q", "before", "sort", "view", "keys", "language", "classes"),
    *("sound_class", "version", "recipe", "scopes", "address", "events", "is_given"),
    *("is_private", "onset_s", "offset_s", "verb"),
]
BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"answer": "\xff\xfe"}',
    "nested too deep": b"[" * 100_000,
    "nested objects": b'{"nomination":' * 50_000 + b"1" + b"}" * 50_000,
    "a list": b"[1, 2]",
    "infinite": b'{"heard_fraction": 1e400, "seed": -1e999, "onset_s": NaN, "days": Infinity}',
    "a number of 5000 digits": b'{"seed": ' + b"9" * 5000 + b', "answer": "PP"}',
    "NUL in everything": json.dumps(dict.fromkeys(WORDS, "a\0b")).encode(),
    "an object in everything": json.dumps({key: {"$gt": ""} for key in WORDS}).encode(),
    "a list in everything": json.dumps({key: [[], {}, None] for key in WORDS}).encode(),
    "half a character in everything": b'{"nomination": "\\ud800", "comment": "\\udfff"}',
    "long text in everything": json.dumps(dict.fromkeys(WORDS, "x" * 20_000)).encode(),
    "null in everything": json.dumps(dict.fromkeys(WORDS)).encode(),
}
QUERIES = {
    "NUL": dict.fromkeys(WORDS, "\0"),
    "half a character": dict.fromkeys(WORDS, "\ud800".encode("utf-8", "surrogatepass")),
    "a huge number": dict.fromkeys([*WORDS, "limit", "cursor", "since"], "9" * 400),
    "not a number": dict.fromkeys([*WORDS, "limit", "cursor", "shortest_s"], "nan"),
    "a path": dict.fromkeys([*WORDS, "next"], "../../../etc/passwd"),
    "a lookup": {
        "collection__members__password__startswith": "pbkdf2",
        "user__password__regex": "(a+)+$",
        "order_by": "uploader__clips__collection__members__password",
        "sort": "members__password",
        "fields": "password",
        "filter": '{"user__password__startswith": "a"}',
    },
    "SQL": dict.fromkeys(WORDS, "' OR 1=1 --"),
}


@pytest.fixture
def somebody(world, client):
    """A client of somebody with every role, who sees a collection with one of everything."""
    hidden = HiddenCollection(world)
    client.force_login(hidden.insider)
    client.raise_request_exception = False
    return client, {address: path_of(address, hidden) for address in TRIED}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_body_breaks_an_address(somebody, body):
    client, paths = somebody
    broken = []
    for address, path in paths.items():
        for method in ("POST", "PUT", "PATCH"):
            kind = "application/json"
            reply = client.generic(method, path, body, content_type=kind)
            if reply.status_code >= 500 and "admin" not in path:
                broken.append(f"{method} {address.route}: {reply.status_code}")
    assert broken == []


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_no_query_breaks_an_address(somebody, query):
    client, paths = somebody
    broken = []
    for address, path in paths.items():
        reply = client.get(path, query)
        told = b"".join(reply.streaming_content) if reply.streaming else reply.content
        if reply.status_code >= 500 or b"md5$" in told or b"Traceback" in told:
            broken.append(f"GET {address.route}: {reply.status_code}")
    assert broken == []


@pytest.mark.parametrize("body", ["NUL in everything", "long text in everything", "SQL"])
def test_no_form_breaks_an_address(somebody, body):
    client, paths = somebody
    fields = QUERIES.get(body) or json.loads(BODIES[body])
    replies = {address.route: client.post(path, fields) for address, path in paths.items()}
    assert [route for route, reply in replies.items() if reply.status_code >= 500] == []
