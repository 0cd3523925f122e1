"""A server on loopback that says exactly the bytes it is told to."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Reply = bytes | Callable[[socket.socket], None]


class LocalServer:
    """Answers every connection by ``replies`` in turn, the last one again and again."""

    def __init__(self, *replies: Reply, reads_request: bool = True) -> None:
        self._reads_request = reads_request
        self._replies = list(replies)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port: int = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def url(self, host: str = "hooks.example", path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def close(self) -> None:
        self._ended.set()
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                if self._reads_request:
                    self.requests.append(_read_request(connection))
                reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
                if callable(reply):
                    reply(connection)
                else:
                    connection.sendall(reply)
            except OSError:
                return


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return received
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (
            int(line[15:])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(body: bytes = b"", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drip(connection: socket.socket) -> None:
    """Send one byte after the other, each in good time, and never come to an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(200):
        connection.sendall(b"a")
        time.sleep(0.05)


def endless(connection: socket.socket) -> None:
    """Send a body without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"a" * 65536)


@contextmanager
def serving(*replies: Reply, reads_request: bool = True) -> Iterator[LocalServer]:
    server = LocalServer(*replies, reads_request=reads_request)
    try:
        yield server
    finally:
        server.close()
