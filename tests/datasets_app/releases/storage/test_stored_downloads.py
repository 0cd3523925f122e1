"""Downloads of a release that lies in object storage: sent there, for those who may read it."""

import hashlib
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from datasets_app.releases.publishing import publish_release
from datasets_app.releases.storage.pushing import push_release
from tests.datasets_app.releases.storage.made_releases import FILES

pytestmark = pytest.mark.django_db
HERE = "/collections/yard/releases/1.0"
SOUND = "dev_audio/ruido extraño.wav"


@pytest.fixture
def stored(storage, release):
    push_release(release=release)
    return release


def fetch(address: str, **headers: str):
    return urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10)


def test_a_reader_is_sent_to_the_storage_for_a_short_while(client, stored):
    publish_release(release=stored)
    response = client.get(f"{HERE}/files/{SOUND}")
    assert response.status_code == 302
    assert response["Cache-Control"] == "no-store"
    options = parse_qs(urlsplit(response["Location"]).query)
    assert options["X-Amz-Expires"] == ["300"]
    with fetch(response["Location"]) as whole:
        assert whole.read() == FILES[SOUND]
        assert whole.headers["Content-Disposition"].startswith("attachment")
    with fetch(response["Location"], Range="bytes=10-19") as part:
        assert (part.status, part.read()) == (206, FILES[SOUND][10:20])


def test_the_address_is_of_one_file_and_one_way(client, stored):
    publish_release(release=stored)
    address = client.get(f"{HERE}/files/{SOUND}")["Location"]
    assert "X-Amz-Signature" in address and "secret" not in address
    path = urlsplit(address).path
    assert path.endswith("/harken/yard/1.0/dev_audio/ruido%20extra%C3%B1o.wav")


def test_head_is_answered_by_the_site(client, stored):
    publish_release(release=stored)
    response = client.head(f"{HERE}/files/{SOUND}")
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(FILES[SOUND]))
    assert response["ETag"] == f'"{hashlib.sha256(FILES[SOUND]).hexdigest()}"'


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-3"}])
def test_strangers_get_no_address_of_a_private_release(client, stored, headers):
    for ask in (client.get, client.head):
        for path in (f"files/{SOUND}", "MANIFEST.json", "files/MANIFEST.json"):
            response = ask(f"{HERE}/{path}", headers=headers)
            assert response.status_code == 404
            assert "Location" not in response


def test_no_address_leads_to_what_the_manifest_does_not_list(client, stored, storage):
    publish_release(release=stored)
    storage.client.put_object(Bucket=storage.bucket, Key="harken/secret.txt", Body=b"secret")
    for path in ("../../secret.txt", "..%2F..%2Fsecret.txt", "secret.txt", "harken/secret.txt"):
        assert client.get(f"{HERE}/files/{path}").status_code == 404


def test_a_storage_of_another_name_is_not_asked(client, stored, settings):
    publish_release(release=stored)
    settings.STORAGE_URL = settings.STORAGE_URL.replace("/harken?", "/other?")
    response = client.get(f"{HERE}/files/{SOUND}")
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == FILES[SOUND]


def test_readers_may_reach_the_storage_by_another_name(client, stored, settings):
    publish_release(release=stored)
    settings.STORAGE_URL += "&public_endpoint=https://files.example"
    location = client.get(f"{HERE}/files/{SOUND}")["Location"]
    assert location.startswith("https://files.example/")
