"""Signs a release's manifest with Ed25519, and says who signed one.

The signature covers the bytes of MANIFEST.json, which has the sha256 of every other file. It lies
beside it in a file of its own, so that a release has the same manifest signed or not. The key in
that file proves nothing by itself: only comparing it with one that is trusted does.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from datasets_app.releases.layout import MANIFEST, SIGNATURE
from datasets_app.releases.text_files import write_json

ALGORITHM = "Ed25519"
_LONGEST = 1 << 16


class SignatureError(ValueError):
    """A key or a signature that cannot be used."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key; it is never shown."""

    key: Ed25519PrivateKey

    def __repr__(self) -> str:
        return "SigningKey()"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key, and what its file calls it: the comment of an OpenSSH key, else its name."""

    key: Ed25519PublicKey
    called: str


@dataclass(frozen=True, slots=True)
class Signature:
    """What was found of a signature: the signer's fingerprint, and whether a trusted key made it.

    ``trusted`` is what the trusted key is called; empty if none was given to compare with.
    """

    fingerprint: str
    trusted: str = ""


def read_signing_key(path: Path) -> SigningKey:
    """Read an Ed25519 private key without a passphrase, in PEM or as OpenSSH writes it.

    Raises
    ------
    SignatureError
        The file cannot be read or holds another kind of key.
    """
    content = _read(path)
    for load in (load_pem_private_key, load_ssh_private_key):
        try:
            key = load(content, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PrivateKey):
            return SigningKey(key)
    raise SignatureError(
        f"{path} holds no Ed25519 private key without a passphrase; make one with "
        "`openssl genpkey -algorithm ed25519 -out KEYFILE`."
    )


def read_trusted_key(path: Path) -> TrustedKey:
    """Read an Ed25519 public key, in PEM or as OpenSSH writes it.

    Raises
    ------
    SignatureError
        The file cannot be read or holds another kind of key.
    """
    content = _read(path)
    for load in (load_pem_public_key, load_ssh_public_key):
        try:
            key = load(content)
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PublicKey):
            words = content.decode("utf-8", "replace").split(maxsplit=2)
            is_named = load is load_ssh_public_key and len(words) == 3
            return TrustedKey(key, words[2].strip() if is_named else path.name)
    raise SignatureError(
        f"{path} holds no Ed25519 public key; the signer makes it with "
        "`openssl pkey -in KEYFILE -pubout -out PUBLIC`."
    )


def sign_release(folder: Path, key: SigningKey) -> str:
    """Sign the manifest of a release; return the signer's fingerprint.

    The same key and manifest give the same file (RFC 8032).
    """
    public = key.key.public_key()
    document = {
        "algorithm": ALGORITHM,
        "public_key": _encode(public.public_bytes_raw()),
        "signature": _encode(key.key.sign((folder / MANIFEST).read_bytes())),
        "signs": MANIFEST,
    }
    write_json(folder / SIGNATURE, document)
    return fingerprint(public)


def check_signature(folder: Path, trusted: TrustedKey | None) -> Signature | None:
    """Check the signature of a release; return None if it has none and none was asked for.

    Raises
    ------
    SignatureError
        The signature is malformed, is not of this manifest, or is missing or by another key than
        the one that is trusted.
    """
    path = folder / SIGNATURE
    if not path.is_file() or path.is_symlink():
        if trusted is not None:
            raise SignatureError(f"The release is not signed: it has no {SIGNATURE}.")
        return None
    public, signature = _read_signature(path)
    try:
        public.verify(signature, (folder / MANIFEST).read_bytes())
    except (InvalidSignature, OSError) as error:
        raise SignatureError(f"{SIGNATURE} is not the signature of this {MANIFEST}.") from error
    signer = fingerprint(public)
    if trusted is None:
        return Signature(signer)
    if trusted.key.public_bytes_raw() != public.public_bytes_raw():
        raise SignatureError(
            f"The release is signed by {signer}, not by {trusted.called} "
            f"({fingerprint(trusted.key)})."
        )
    return Signature(signer, trusted.called)


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the sha256 of a public key's 32 bytes, the first 32 digits."""
    return f"{ALGORITHM} {hashlib.sha256(key.public_bytes_raw()).hexdigest()[:32]}"


def _read_signature(path: Path) -> tuple[Ed25519PublicKey, bytes]:
    try:
        document: Any = json.loads(_read(path))
        if document["algorithm"] != ALGORITHM or document["signs"] != MANIFEST:
            raise ValueError("it is of another kind")
        key = Ed25519PublicKey.from_public_bytes(_decode(document["public_key"]))
        return key, _decode(document["signature"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SignatureError(f"{SIGNATURE} cannot be read: {error}.") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            return handle.read(_LONGEST)
    except OSError as error:
        raise SignatureError(f"{path} cannot be read: {error.strerror}.") from error


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
