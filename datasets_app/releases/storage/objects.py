"""One file of a release in object storage: sent, resumed, read back."""

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from datasets_app.releases.manifest import ListedFile
from datasets_app.releases.storage.bucket import Bucket
from datasets_app.releases.storage.file_index import ReleaseDamaged
from datasets_app.releases.storage.local_files import open_listed

PART_BYTES = 16 << 20
_MOST_PARTS = 10_000  # S3's own limit
_BLOCK_BYTES = 1 << 20
_GONE = {"404", "NoSuchKey", "NotFound", "NoSuchUpload"}


class StorageFailed(ValueError):
    """The object storage refused, did not answer, or holds other bytes than were sent."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What the storage says of an object."""

    n_bytes: int
    sha256: str


@contextmanager
def said_plainly(doing: str) -> Iterator[None]:
    """Turn the storage's errors into one sentence.

    Raises
    ------
    StorageFailed
        The storage answered with an error, or not at all.
    """
    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        reason = f"{said.get('Code', '')} {said.get('Message', '')}".strip()
        raise StorageFailed(f"The object storage refused {doing}: {reason}.") from error
    except (BotoCoreError, HTTPClientError) as error:
        raise StorageFailed(f"The object storage did not answer {doing}: {error}.") from error


def find_object(bucket: Bucket, path: str) -> StoredObject | None:
    """Return what the storage says of a file; None where there is none."""
    with said_plainly(f"to describe {path}"):
        try:
            found = bucket.client.head_object(Bucket=bucket.name, Key=bucket.key(path))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return None
            raise
    return StoredObject(found["ContentLength"], found["Metadata"].get("sha256", ""))


def stored_hash(bucket: Bucket, path: str) -> str:
    """Read a stored file back and return its sha256; a block in memory."""
    digest = hashlib.sha256()
    with said_plainly(f"to read {path} back"):
        answer = bucket.client.get_object(Bucket=bucket.name, Key=bucket.key(path))
        for block in answer["Body"].iter_chunks(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def store_file(bucket: Bucket, root: Path, path: str, listed: ListedFile) -> None:
    """Bring a listed file into the storage and read it back; harmless to repeat.

    A file that is there already, and right, is only read back. What an interrupted run left of a
    file in parts is taken up: a part is sent again only where the storage has other bytes.

    Raises
    ------
    StorageFailed
        See ``said_plainly``; or what was read back differs, and was deleted.
    ReleaseDamaged
        The local file is not the one that was released; nothing was stored under its name.
    """
    is_there = find_object(bucket, path) == StoredObject(listed.n_bytes, listed.sha256)
    if is_there and stored_hash(bucket, path) == listed.sha256:
        return
    with said_plainly(f"to take {path}"):
        _send(bucket, root, path, listed)
    if stored_hash(bucket, path) != listed.sha256:
        with said_plainly(f"to delete {path}"):
            bucket.client.delete_object(Bucket=bucket.name, Key=bucket.key(path))
        raise StorageFailed(
            f"{path} came to the object storage with other bytes than were sent, and was deleted "
            "there; run push_release again, and look at the way between if it happens twice."
        )


def _send(bucket: Bucket, root: Path, path: str, listed: ListedFile) -> None:
    part_bytes = max(PART_BYTES, -(-listed.n_bytes // _MOST_PARTS))
    with os.fdopen(open_listed(root, path, listed.n_bytes), "rb") as file:
        if listed.n_bytes > part_bytes:
            _send_parts(bucket, path, listed, iter(lambda: file.read(part_bytes), b""))
            return
        content = file.read()
    digest = hashlib.sha256(content).digest()
    _check_is_released(root / path, digest.hex(), listed)
    bucket.client.put_object(
        Bucket=bucket.name,
        Key=bucket.key(path),
        Body=content,
        ChecksumSHA256=base64.b64encode(digest).decode(),
        Metadata={"sha256": listed.sha256},
    )


def _send_parts(bucket: Bucket, path: str, listed: ListedFile, blocks: Iterator[bytes]) -> None:
    """Send what the storage lacks of a file in parts, then have it put together."""
    of_object = {"Bucket": bucket.name, "Key": bucket.key(path)}
    upload = of_object | {"UploadId": _open_upload(bucket, of_object, listed)}
    present = _present_parts(bucket, upload)
    whole, parts = hashlib.sha256(), []
    for number, block in enumerate(blocks, start=1):
        whole.update(block)
        checksum = base64.b64encode(hashlib.sha256(block).digest()).decode()
        etag = _etag_if_present(present.get(number), block, checksum)
        if etag is None:
            etag = bucket.client.upload_part(
                **upload, PartNumber=number, Body=block, ChecksumSHA256=checksum
            )["ETag"]
        parts.append({"PartNumber": number, "ETag": etag, "ChecksumSHA256": checksum})
    if whole.hexdigest() != listed.sha256:
        bucket.client.abort_multipart_upload(**upload)
    _check_is_released(Path(path), whole.hexdigest(), listed)
    bucket.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def _open_upload(bucket: Bucket, of_object: dict[str, str], listed: ListedFile) -> str:
    """Return the newest unfinished upload of an object, or a new one."""
    pages = bucket.client.get_paginator("list_multipart_uploads").paginate(
        Bucket=of_object["Bucket"], Prefix=of_object["Key"]
    )
    found = [
        (upload["Initiated"], upload["UploadId"])
        for page in pages
        for upload in page.get("Uploads", [])
        if upload["Key"] == of_object["Key"]
    ]
    if found:
        return max(found)[1]
    return bucket.client.create_multipart_upload(
        **of_object, ChecksumAlgorithm="SHA256", Metadata={"sha256": listed.sha256}
    )["UploadId"]


def _present_parts(bucket: Bucket, upload: dict[str, str]) -> dict[int, dict[str, Any]]:
    pages = bucket.client.get_paginator("list_parts").paginate(**upload)
    return {part["PartNumber"]: part for page in pages for part in page.get("Parts", [])}


def _etag_if_present(part: dict[str, Any] | None, block: bytes, checksum: str) -> str | None:
    """Return the tag of a part that holds these bytes; older servers tell only its md5."""
    if part is None or part["Size"] != len(block):
        return None
    if "ChecksumSHA256" in part:
        return part["ETag"] if part["ChecksumSHA256"] == checksum else None
    is_same = part["ETag"].strip('"') == hashlib.md5(block, usedforsecurity=False).hexdigest()
    return part["ETag"] if is_same else None


def _check_is_released(place: Path, sha256: str, listed: ListedFile) -> None:
    if sha256 != listed.sha256:
        raise ReleaseDamaged(
            f"{place} has changed since it was released (its sha256); restore it from a backup "
            "and run push_release again."
        )
