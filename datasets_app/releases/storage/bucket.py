"""The bucket that holds releases, spoken to in the S3 protocol."""

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings

from datasets_app.releases.models import Release
from datasets_app.releases.storage.address import StorageAddress, parse_storage_address

ADDRESS_LASTS_S = 300
"""How long an address given to a reader lets them begin or resume a file."""


class Bucket:
    """One place in object storage, for one release."""

    def __init__(self, address: StorageAddress, collection: str, version: str) -> None:
        self.address = address
        self.name = address.bucket
        self._release = (collection, version)
        self.place = address.of_release(*self._release)
        self.client = _client(address.endpoint, address.region)

    def key(self, path: str) -> str:
        """Return the key of a file of this release."""
        return self.address.key(*self._release, path)

    def download_address(self, path: str, *, content_type: str, disposition: str) -> str:
        """Return an address from which anyone can fetch a file, ranges included, for a short while.

        Made here, from the key, without a word to the storage.
        """
        return _client(self.address.public_endpoint, self.address.region).generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.name,
                "Key": self.key(path),
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition,
            },
            ExpiresIn=ADDRESS_LASTS_S,
        )


def open_bucket(collection: str, version: str) -> Bucket | None:
    """Return the place of a release in the storage that ``STORAGE_URL`` names, None without one.

    Raises
    ------
    ValueError
        ``STORAGE_URL`` cannot be read.
    """
    if not settings.STORAGE_URL:
        return None
    return Bucket(parse_storage_address(settings.STORAGE_URL), collection, version)


def open_bucket_of(release: Release) -> Bucket | None:
    """Return where all of a release lies in today's storage; None when it does not lie there."""
    if not release.stored_under:
        return None
    bucket = open_bucket(release.collection.name, release.version)
    return bucket if bucket and bucket.place == release.stored_under else None


def _client(endpoint: str, region: str) -> Any:
    credentials = (settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY)
    return _make_client(endpoint, region, credentials)


@lru_cache(maxsize=8)
def _make_client(endpoint: str, region: str, credentials: tuple[str, str]) -> Any:
    """Make a client; threads may share it. Without credentials boto3 looks for the machine's."""
    key_id, secret = credentials
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region,
        aws_access_key_id=key_id or None,
        aws_secret_access_key=secret or None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "auto"},
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=10,
            read_timeout=60,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
