"""``STORAGE_URL``: which bucket of which S3-compatible storage holds the releases."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

SHAPE = "s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=NAME&public_endpoint=https://HOST"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]*")
_OPTIONS = frozenset({"endpoint", "region", "public_endpoint"})


@dataclass(frozen=True, slots=True)
class StorageAddress:
    """A place in object storage. ``endpoint`` is empty for Amazon's own.

    ``public_endpoint`` is where the readers reach the storage, if not at ``endpoint``.
    """

    bucket: str
    prefix: str
    endpoint: str
    public_endpoint: str
    region: str

    def of_release(self, collection: str, version: str) -> str:
        """Return where a release goes; two collections never share a place."""
        parts = (self.bucket, self.prefix, collection, version)
        return "s3://" + "/".join(part for part in parts if part)

    def key(self, collection: str, version: str, path: str) -> str:
        """Return the key of a release's file."""
        return "/".join(part for part in (self.prefix, collection, version, path) if part)


def parse_storage_address(text: str) -> StorageAddress:
    """Read ``STORAGE_URL``.

    Raises
    ------
    ValueError
        It has another shape; the message does not repeat it, for it may hold a password.

    Examples
    --------
    >>> found = parse_storage_address("s3://sounds/harken?endpoint=http://127.0.0.1:9000")
    >>> found.bucket, found.prefix, found.endpoint, found.region
    ('sounds', 'harken', 'http://127.0.0.1:9000', 'us-east-1')
    >>> found.of_release("yard", "1.0"), found.key("yard", "1.0", "dev_audio/a.wav")
    ('s3://sounds/harken/yard/1.0', 'harken/yard/1.0/dev_audio/a.wav')
    """
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    endpoint = options.get("endpoint", "")
    public = options.get("public_endpoint", "") or endpoint
    is_sound = (
        parts.scheme == "s3"
        and _BUCKET.fullmatch(parts.netloc)
        and _PREFIX.fullmatch(parts.path)
        and ".." not in parts.path
        and options.keys() <= _OPTIONS
        and all(
            not address or re.match(r"https?://[^/]", address) for address in (endpoint, public)
        )
    )
    if not is_sound:
        raise ValueError(
            f"STORAGE_URL has another shape than {SHAPE} (what stands behind ? is optional)."
        )
    prefix = "/".join(piece for piece in parts.path.split("/") if piece)
    region = options.get("region", "") or "us-east-1"
    return StorageAddress(parts.netloc, prefix, endpoint.rstrip("/"), public.rstrip("/"), region)
