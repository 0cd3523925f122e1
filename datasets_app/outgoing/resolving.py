"""Asks the name service once, and not for longer than one waits for a connection."""

import socket
from ipaddress import ip_address
from threading import Thread

from datasets_app.domain.outgoing.addresses import Address


def resolve_name(host: str, *, timeout_s: float) -> list[Address]:
    """Return every address of a name, in the system's order.

    Raises
    ------
    OSError
        The name service knows none, or does not answer in time.
    """
    found: list[str] = []
    failure: list[OSError] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found.extend(str(answer[4][0]) for answer in answers)
        except (OSError, UnicodeError) as error:
            failure.append(OSError(f"the name {host} is not known: {error}"))

    # The system's resolver cannot be interrupted; it ends by itself, after a few tries.
    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(timeout_s)
    if failure:
        raise failure[0]
    if asking.is_alive():
        raise TimeoutError(f"the name service did not answer for {host}")
    return list(dict.fromkeys(ip_address(text.partition("%")[0]) for text in found))
