"""Calls to addresses that somebody gave: where they go, and what they take from there."""

import dataclasses
import gzip
import socket
import ssl
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from unittest import mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.domain.outgoing.addresses import (
    SPECIAL_V4,
    SPECIAL_V6,
    AllowedPlaces,
    parse_allowed,
)
from datasets_app.outgoing import pinned
from datasets_app.outgoing.fetching import (
    AddressRefused,
    Caller,
    CallFailed,
    Limits,
    check_address,
    download,
    fetch,
)
from tests.datasets_app.outgoing.local_server import drip, endless, reply, serving

PUBLIC, LOOPBACK = "93.184.215.14", "127.0.0.1"
HERE = parse_allowed(["hooks.example"])
QUICK = Limits(connect_s=1, each_s=1, total_s=2, most_bytes=10_000)


def names(**answers: str):
    """A name service that knows these names; each call takes the next of a name's answers."""
    left = {name.replace("_", "."): texts.split("|") for name, texts in answers.items()}

    def resolve(host: str, *, timeout_s: float):
        texts = left[host]
        text = texts.pop(0) if len(texts) > 1 else texts[0]
        return [ip_address(one) for one in text.split()]

    return resolve


def caller(limits: Limits = QUICK, allowed: AllowedPlaces = HERE, **answers: str) -> Caller:
    return Caller(limits, names(**{"hooks_example": LOOPBACK, **answers}), allowed)


@contextmanager
def recorded_connections():
    """Let no connection be made; collect the addresses that were tried."""
    tried: list[str] = []

    class Recorder(socket.socket):
        def connect(self, address):
            tried.append(address[0])
            raise ConnectionRefusedError("not in a test")

    with mock.patch.object(pinned.socket, "socket", Recorder):
        yield tried


def test_an_answer_comes_back_whole():
    with serving(reply(b"yes", "201 Created", "X-Told: a")) as server:
        answer = fetch(server.url(path="/a?b=1"), caller=caller())
    assert (answer.status, answer.body, answer.headers["x-told"]) == (201, b"yes", "a")
    head = server.requests[0].split(b"\r\n")
    assert head[0] == b"GET /a?b=1 HTTP/1.1"
    assert f"Host: hooks.example:{server.port}".encode() in head


def test_the_connection_goes_to_the_address_that_was_checked():
    rebinding = caller(allowed=AllowedPlaces(), rebind_example=f"{PUBLIC}|{LOOPBACK}")
    with recorded_connections() as tried, pytest.raises(CallFailed):
        fetch("http://rebind.example/", caller=rebinding)
    assert tried == [PUBLIC]


def test_a_name_that_turns_private_between_two_calls_is_refused():
    rebinding = caller(allowed=AllowedPlaces(), rebind_example=f"{PUBLIC}|{LOOPBACK}")
    check_address("http://rebind.example/", caller=rebinding)
    with recorded_connections() as tried, pytest.raises(AddressRefused):
        fetch("http://rebind.example/", caller=rebinding)
    assert tried == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "0.0.0.0",
        "[::]",
        "10.0.0.1",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
def test_the_machine_itself_and_its_network_are_never_called(host):
    with recorded_connections() as tried, pytest.raises(AddressRefused):
        fetch(f"http://{host}/", caller=Caller(QUICK, allowed=AllowedPlaces()))
    assert tried == []


def _special() -> st.SearchStrategy:
    def inside(network):
        low, high = int(network.network_address), int(network.broadcast_address)
        return st.integers(low, high).map(type(network.network_address))

    v4 = st.sampled_from(SPECIAL_V4).flatmap(inside)
    mapped = v4.map(lambda a: IPv6Address(0xFFFF << 32 | int(a)))
    nat64 = v4.map(lambda a: IPv6Address(int(IPv6Address("64:ff9b::")) | int(a)))
    outside = (
        st.integers(0, 2**125 - 1)
        .map(IPv6Address)
        .filter(lambda a: not a.ipv4_mapped and int(a) >> 32 != int(IPv6Address("64:ff9b::")) >> 32)
    )
    return v4 | mapped | nat64 | outside | st.sampled_from(SPECIAL_V6).flatmap(inside)


@settings(max_examples=300)
@given(_special(), st.booleans(), st.booleans())
def test_no_special_address_is_ever_connected_to(address, is_named, is_alone):
    answers = [address] if is_alone else [IPv4Address(PUBLIC), address]
    calling = Caller(QUICK, lambda host, *, timeout_s: answers, AllowedPlaces())
    literal = f"[{address}]" if address.version == 6 else str(address)
    url = "https://some.example/" if is_named else f"https://{literal}/"
    with recorded_connections() as tried, pytest.raises(AddressRefused):
        fetch(url, caller=calling)
    assert tried == []


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "file:///etc/passwd"],
)
def test_a_redirect_is_checked_like_the_first_address(target):
    moved = reply(b"", "302 Found", f"Location: {target}")
    with serving(moved) as server, pytest.raises(AddressRefused):
        fetch(server.url(), caller=caller())
    assert len(server.requests) == 1


def test_a_redirect_is_followed_a_few_times_and_no_more():
    with serving(reply(b"", "302 Found", "Location: /next")) as server:
        with pytest.raises(CallFailed, match="redirects"):
            fetch(server.url(), caller=caller())
        assert len(server.requests) == QUICK.most_redirects + 1


def test_secrets_do_not_follow_a_redirect_to_another_host():
    with serving(reply(b"there")) as other:
        there = other.url("other.example")
        moved = reply(b"", "302 Found", f"Location: {there}")
        with serving(moved) as server:
            allowed = parse_allowed(["hooks.example", "other.example"])
            calling = caller(allowed=allowed, other_example=LOOPBACK)
            headers = {"Authorization": "Token secret"}
            assert fetch(server.url(), headers=headers, caller=calling).body == b"there"
    assert b"Token secret" in server.requests[0]
    assert b"Token secret" not in other.requests[0]


def test_a_post_is_not_sent_on():
    with serving(reply(b"", "307 Temporary Redirect", "Location: http://127.0.0.1/")) as server:
        answer = fetch(server.url(), method="POST", body=b"{}", caller=caller())
    assert answer.status == 307


def test_a_server_that_drips_is_left_when_the_whole_time_is_over():
    began = time.monotonic()
    with serving(drip) as server, pytest.raises(CallFailed):
        fetch(server.url(), caller=caller(Limits(1, 1, 0.6)))
    assert time.monotonic() - began < 4


def test_a_server_that_says_nothing_is_left():
    with (
        serving(lambda connection: time.sleep(3)) as server,
        pytest.raises(CallFailed, match="slow"),
    ):
        fetch(server.url(), caller=caller(Limits(1, 0.3, 5)))


def test_a_body_without_end_is_cut_off():
    with serving(endless) as server, pytest.raises(CallFailed, match="10,000 bytes"):
        fetch(server.url(), caller=caller())


def test_the_beginning_of_a_long_body_can_be_enough():
    limits = Limits(1, 1, 2, most_bytes=100, is_cut=True)
    with serving(endless) as server:
        assert fetch(server.url(), caller=caller(limits)).body == b"a" * 100


def test_a_packed_body_is_bounded_unpacked():
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) > QUICK.most_bytes
    small = Limits(1, 1, 2, most_bytes=100_000)
    packed = reply(bomb, "200 OK", "Content-Encoding: gzip")
    with serving(packed) as server, pytest.raises(CallFailed, match="bytes allowed"):
        fetch(server.url(), caller=caller(small))


def test_a_packed_body_is_unpacked():
    with serving(reply(gzip.compress(b"hello"), "200 OK", "Content-Encoding: gzip")) as server:
        assert fetch(server.url(), caller=caller()).body == b"hello"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        reply(b"no gzip", "200 OK", "Content-Encoding: gzip"),
        reply(gzip.compress(b"a" * 1000)[:-20], "200 OK", "Content-Encoding: gzip"),
        reply(b"x", "200 OK", "Content-Encoding: br"),
    ],
)
def test_what_is_broken_ends_in_a_sentence(broken):
    with serving(broken) as server, pytest.raises(CallFailed, match=r"hooks\.example"):
        fetch(server.url(), caller=caller())


def test_no_proxy_is_taken_from_the_environment(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    with serving(reply(b"straight")) as server:
        assert fetch(server.url(), caller=caller()).body == b"straight"


def test_a_name_that_nobody_knows_is_a_failure():
    def unknown(host, *, timeout_s):
        raise OSError("unknown")

    with pytest.raises(CallFailed, match="cannot be resolved"):
        fetch("http://nowhere.example/", caller=Caller(QUICK, unknown, AllowedPlaces()))


def test_the_operators_setting_is_read(settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.0/8"]
    with serving(reply(b"here")) as server:
        assert fetch(server.url("127.0.0.1")).body == b"here"
    settings.OUTGOING_ALLOWED_HOSTS = []
    with pytest.raises(AddressRefused, match="OUTGOING_ALLOWED_HOSTS"):
        fetch("http://127.0.0.1/")


def test_a_download_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a.ogg"
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", reply(b"whole")) as server:
        with pytest.raises(CallFailed):
            download(server.url(), target, caller=caller())
        assert list(tmp_path.iterdir()) == []
        assert download(server.url(), target, caller=caller()).is_ok
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


def test_a_download_that_is_refused_writes_no_file(tmp_path):
    with serving(reply(b'{"detail": "Not found."}', "404 Not Found")) as server:
        answer = download(server.url(), tmp_path / "a.ogg", caller=caller())
    assert (answer.status, answer.body) == (404, b'{"detail": "Not found."}')
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def certificate(tmp_path):
    """A certificate of hooks.example and its key, in one file."""
    path = tmp_path / "own.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    day = timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - day)
        .not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@contextmanager
def serving_tls(certificate, body: bytes):
    """Serve over TLS; collect the names that clients ask for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked: list[str | None] = []
    context.sni_callback = lambda sock, name, ctx: asked.append(name)

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(reply(body))

    with serving(answer, reads_request=False) as server:
        yield server, asked


def test_a_certificate_is_checked_against_the_name_although_an_address_is_called(certificate):
    trusting = ssl.create_default_context(cafile=certificate)
    calling = dataclasses.replace(caller(other_example=LOOPBACK), tls=trusting)
    allowed = parse_allowed(["hooks.example", "other.example"])
    calling = dataclasses.replace(calling, allowed=allowed)
    with serving_tls(certificate, b"secure") as (server, asked):
        good = server.url().replace("http:", "https:")
        assert fetch(good, caller=calling).body == b"secure"
        assert asked == ["hooks.example"]
        with pytest.raises(CallFailed, match="certificate"):
            fetch(good.replace("hooks.", "other."), caller=calling)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate):
    tls = serving_tls(certificate, b"secure")
    with tls as (server, _), pytest.raises(CallFailed, match="certificate"):
        fetch(server.url().replace("http:", "https:"), caller=caller())
