"""An S3 server in a process of its own, and a way to it that can be disturbed."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from datasets_app.releases.models import Release
from tests.datasets_app.releases.storage.made_releases import make_release

KEYS = {"AWS_ACCESS_KEY_ID": "harken-test", "AWS_SECRET_ACCESS_KEY": "harken-test-secret"}


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory) -> Iterator[str]:
    """The address of a server that speaks the S3 protocol."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (tmp_path_factory.mktemp("s3") / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=os.environ)
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the S3 server ended by itself"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the S3 server did not answer within a minute")


@dataclass
class Storage:
    """An empty bucket, seen from beside the site."""

    endpoint: str
    bucket: str
    client: object

    @property
    def url(self) -> str:
        return self.url_by(self.endpoint)

    def url_by(self, endpoint: str) -> str:
        return f"s3://{self.bucket}/harken?endpoint={endpoint}"

    def listed(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.bucket)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def content(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def written_at(self) -> dict[str, object]:
        found = self.client.list_objects_v2(Bucket=self.bucket)
        return {entry["Key"]: entry["LastModified"] for entry in found["Contents"]}


@pytest.fixture
def storage(s3_server: str, settings, tmp_path: Path) -> Storage:
    """A new bucket, and the settings that lead the site to it."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_server,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    bucket = f"b{abs(hash(str(tmp_path))):x}"
    client.create_bucket(Bucket=bucket)
    found = Storage(s3_server, bucket, client)
    settings.STORAGE_URL = found.url
    for name, value in KEYS.items():
        setattr(settings, name, value)
    return found


@pytest.fixture
def release(db, tmp_path: Path) -> Release:
    return make_release(tmp_path / "released")


class DisturbedWay:
    """Passes bytes on to a server; ``disturb`` sees each piece of what goes there.

    It returns what is passed on instead, or None to cut the connection.
    """

    def __init__(self, server: str, disturb: Callable[[bytes], bytes | None]) -> None:
        host, port = server.removeprefix("http://").split(":")
        self._server = (host, int(port))
        self.disturb = disturb
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                asking, _ = self._listener.accept()
                answering = socket.create_connection(self._server)
                for way in ((asking, answering, self.disturb), (answering, asking, bytes)):
                    threading.Thread(target=self._pass_on, args=way, daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, change) -> None:
        with suppress(OSError):
            while (piece := source.recv(1 << 16)) and (piece := change(piece)) is not None:
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def disturbed_way(s3_server: str) -> Iterator[Callable[..., DisturbedWay]]:
    """Open ways to the S3 server that a test can disturb."""
    opened: list[DisturbedWay] = []

    def open_way(disturb: Callable[[bytes], bytes | None]) -> DisturbedWay:
        opened.append(DisturbedWay(s3_server, disturb))
        return opened[-1]

    yield open_way
    for way in opened:
        way.close()
