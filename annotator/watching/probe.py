"""``python -m annotator.watching.probe``: ask this machine's site whether it can work.

For container health checks and unit files. Asks as the proxy would, since the site answers to its
own names and to TLS only. Exit status 0 when /health/ answers 200, else 1. Loads no Django.
"""

import http.client
import sys

from annotator.settings.env import read_environment

ANSWER_S = 5.0


def probe() -> int:
    """Return 0 when the site at ``SITE_ADDRESS`` is well."""
    environment = read_environment()
    host, _, port = environment["SITE_ADDRESS"].rpartition(":")
    name = environment["ALLOWED_HOSTS"][0].lstrip(".")
    asked = http.client.HTTPConnection(
        host.replace("0.0.0.0", "127.0.0.1"),  # noqa: S104  # nosec B104
        int(port),
        timeout=ANSWER_S,
    )
    headers = {"Host": name, "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
    try:
        asked.request("GET", "/health/", headers=headers)
        answer = asked.getresponse()
        text = answer.read(1000).decode("utf-8", "replace")
    except OSError as error:
        print(f"The site at {host}:{port} does not answer: {error}.", file=sys.stderr)
        return 1
    print(f"{answer.status} {text}")
    return 0 if answer.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(probe())
