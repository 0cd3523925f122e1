"""One connection to one address that was checked, within one deadline.

The name is resolved once, by the caller; the connection goes to the address itself, so that an
answer of the name service that changes in between changes nothing. The name is still what the
certificate is checked against. No proxy is taken from the environment.
"""

import io
import socket
import ssl
import time
from collections.abc import Sequence
from http.client import HTTPConnection

from datasets_app.domain.outgoing.addresses import Address, Place

SEND_BYTES = 1 << 16


class Deadline:
    """Seconds left until a moment; no single wait may take longer than ``each_s``."""

    def __init__(self, total_s: float, each_s: float) -> None:
        self._ends_at = time.monotonic() + total_s
        self._each_s = each_s

    def left_s(self) -> float:
        """Return how long the next wait may take.

        Raises
        ------
        TimeoutError
            None is left.
        """
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole exchange is over")
        return min(left, self._each_s)


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._sock.settimeout(self._deadline.left_s())
        return self._sock.recv_into(buffer)


class _TimedSocket:
    """As much of a socket as ``http.client`` asks for, each wait of it within the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._sock.settimeout(self._deadline.left_s())
            view = view[self._sock.send(view[:SEND_BYTES]) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"  # noqa: S101 - all that http.client asks for  # nosec B101
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))

    def close(self) -> None:
        """Leave the socket open: ``http.client`` closes before it reads; see ``hang_up``."""


class PinnedConnection(HTTPConnection):
    """An HTTP connection to a place at the first of its checked addresses that answers."""

    def __init__(
        self,
        place: Place,
        addresses: Sequence[Address],
        *,
        connect_s: float,
        deadline: Deadline,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(place.host, place.port)
        self._place = place
        self._addresses = addresses
        self._connect_s = connect_s
        self._deadline = deadline
        self._tls = tls
        self._bare: socket.socket | None = None

    def hang_up(self) -> None:
        """End the connection, whatever is still to come."""
        self.close()
        if self._bare is not None:
            self._bare.close()

    def connect(self) -> None:
        """Connect to one of the addresses; the name serves only for the certificate."""
        self._bare = self._open()
        if self._place.is_secure:
            self._bare.settimeout(self._wait_s())
            context = self._tls or ssl.create_default_context()
            self._bare = context.wrap_socket(self._bare, server_hostname=self._place.host)
        self.sock = _TimedSocket(self._bare, self._deadline)  # type: ignore[assignment]

    def _wait_s(self) -> float:
        return min(self._connect_s, self._deadline.left_s())

    def _open(self) -> socket.socket:
        failure: OSError | None = None
        for address in self._addresses:
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            bare = socket.socket(family, socket.SOCK_STREAM)
            try:
                bare.settimeout(self._wait_s())
                bare.connect((str(address), self._place.port))
            except OSError as error:
                bare.close()
                failure = error
            else:
                return bare
        raise failure or OSError("there is no address to connect to")
