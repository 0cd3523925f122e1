"""A release may be signed; verifying says by whom, and says so when nobody did."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.management import CommandError, call_command

from datasets_app.releases.layout import SIGNATURE
from datasets_app.releases.models import Release
from datasets_app.releases.services import build_release
from datasets_app.releases.signing import (
    SignatureError,
    read_signing_key,
    read_trusted_key,
    sign_release,
)
from datasets_app.releases.verification import check_release


@pytest.fixture
def keys(tmp_path) -> dict[str, Path]:
    """A curator's pair of keys as PEM and as OpenSSH writes them, and somebody else's."""
    key, other = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
    public = key.public_key()
    ssh = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    content = {
        "private.pem": private_pem(key),
        "private.ssh": key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
        "public.pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "public.ssh": ssh + b" curator@lab\n",
        "other.pem": other.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        ),
    }
    for name, text in content.items():
        (tmp_path / name).write_bytes(text)
    return {name: tmp_path / name for name in content}


def private_pem(key, encryption=None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.fixture
def signed(collection, keys, tmp_path) -> Path:
    key = read_signing_key(keys["private.pem"])
    build_release(collection=collection, version="1.0", out=tmp_path / "signed", key=key)
    return tmp_path / "signed"


def test_a_signed_release_tells_its_signer(signed, keys):
    found = check_release(signed, trusted=read_trusted_key(keys["public.ssh"]))
    assert found.problems == []
    assert found.signature.trusted == "curator@lab"
    assert found.signature.fingerprint == Release.objects.get().summary["signed_by"]
    by_file = check_release(signed, trusted=read_trusted_key(keys["public.pem"]))
    assert by_file.signature.trusted == "public.pem"


def test_the_manifest_is_the_same_signed_or_not(signed, collection, tmp_path):
    Release.objects.all().delete()
    plain = build_release(collection=collection, version="1.0", out=tmp_path / "plain")
    assert (tmp_path / "plain/MANIFEST.json").read_bytes() == (
        signed / "MANIFEST.json"
    ).read_bytes()
    assert "signed_by" not in plain.summary


def test_the_same_key_signs_with_the_same_bytes(signed, keys):
    before = (signed / SIGNATURE).read_bytes()
    sign_release(signed, read_signing_key(keys["private.ssh"]))
    assert (signed / SIGNATURE).read_bytes() == before


def test_another_signer_is_a_problem(signed, keys):
    found = check_release(signed, trusted=read_trusted_key(keys["other.pem"]))
    assert len(found.problems) == 1
    assert "not by other.pem" in found.problems[0]


def test_a_missing_signature_is_a_problem_only_where_one_is_asked_for(folder, keys):
    assert check_release(folder).problems == []
    found = check_release(folder, trusted=read_trusted_key(keys["public.pem"]))
    assert found.problems == [f"The release is not signed: it has no {SIGNATURE}."]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(signature=d["signature"][:-4] + "AAA="),
        lambda d: d.update(signature="no base64"),
        lambda d: d.update(public_key="AAAA"),
        lambda d: d.update(algorithm="none"),
        lambda d: d.pop("signature"),
        lambda d: d.update(public_key=None),
    ],
)
def test_a_signature_that_was_tampered_with_is_a_problem(signed, change):
    document = json.loads((signed / SIGNATURE).read_text())
    change(document)
    (signed / SIGNATURE).write_text(json.dumps(document))
    problems = check_release(signed).problems
    assert len(problems) == 1
    assert problems[0].startswith(SIGNATURE)


def test_a_changed_manifest_breaks_the_signature(signed):
    path = signed / "MANIFEST.json"
    path.write_text(path.read_text() + "\n")
    assert check_release(signed).problems == [
        f"{SIGNATURE} is not the signature of this MANIFEST.json."
    ]


def test_keys_of_other_kinds_are_refused(tmp_path, keys):
    with pytest.raises(SignatureError, match="holds no Ed25519 private key"):
        read_signing_key(keys["public.pem"])
    with pytest.raises(SignatureError, match="holds no Ed25519 public key"):
        read_trusted_key(keys["private.pem"])
    (tmp_path / "ec").write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1())))
    locked = private_pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"word"))
    (tmp_path / "locked").write_bytes(locked)
    for name in ("ec", "locked"):
        with pytest.raises(SignatureError, match="without a passphrase"):
            read_signing_key(tmp_path / name)
    with pytest.raises(SignatureError, match="cannot be read: No such file"):
        read_signing_key(tmp_path / "nowhere")


def test_the_commands_sign_and_say_who_did(collection, keys, tmp_path, capsys):
    out = tmp_path / "out"
    call_command(
        "build_release", "--collection=small", "--version=1.0", f"--out={out}",
        f"--sign={keys['private.pem']}",
    )  # fmt: skip
    assert "signed, in" in capsys.readouterr().out
    call_command("verify_release", str(out), f"--key={keys['public.ssh']}")
    assert "Signed by curator@lab (Ed25519 " in capsys.readouterr().out
    call_command("verify_release", str(out))
    assert "which was compared with none" in capsys.readouterr().out
    (out / SIGNATURE).unlink()
    call_command("verify_release", str(out))
    assert "It is not signed" in capsys.readouterr().out
    with pytest.raises(CommandError, match="is not signed"):
        call_command("verify_release", str(out), f"--key={keys['public.pem']}")
