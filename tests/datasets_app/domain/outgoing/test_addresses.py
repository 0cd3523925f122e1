"""Which addresses may be called, however they are written."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.outgoing.addresses import (
    GLOBAL_V6,
    SPECIAL_V4,
    SPECIAL_V6,
    AllowedPlaces,
    check_place,
    is_public,
    parse_allowed,
    parse_place,
)

PUBLIC = ip_address("93.184.215.14")


def inside(network) -> st.SearchStrategy:
    """Any address of a network, its ends among them."""
    low, high = int(network.network_address), int(network.broadcast_address)
    return st.integers(low, high).map(type(network.network_address))


special_v4 = st.sampled_from(SPECIAL_V4).flatmap(inside)
special_v6 = st.sampled_from(SPECIAL_V6).flatmap(inside)
PREFIXES = {
    "mapped": "::ffff:0:0",
    "NAT64": "64:ff9b::",
    "6to4": "2002::",
    "ISATAP": "2a00::5efe:0:0",
}


def written_inside(prefix: str, address: IPv4Address) -> IPv6Address:
    shift = 80 if prefix == PREFIXES["6to4"] else 0
    return IPv6Address(int(IPv6Address(prefix)) | int(address) << shift)


@given(special_v4)
def test_no_special_ipv4_address_is_public(address):
    assert not is_public(address)


@given(special_v6)
def test_no_special_ipv6_address_is_public(address):
    assert not is_public(address)


@given(st.sampled_from(sorted(PREFIXES.values())), special_v4)
def test_a_special_ipv4_address_is_not_public_inside_an_ipv6_address_either(prefix, address):
    assert not is_public(written_inside(prefix, address))


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_outside_what_is_given_out_only_nat64_and_mapped_addresses_may_be_public(address):
    inner = address.ipv4_mapped or address in ip_network("64:ff9b::/96")
    if address not in GLOBAL_V6 and not inner:
        assert not is_public(address)


@given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address))
def test_the_standard_librarys_own_tables_call_nothing_special_that_is_public_here(address):
    if is_public(address) and not getattr(address, "ipv4_mapped", None):
        inner = address if address not in ip_network("64:ff9b::/96") else PUBLIC
        assert inner.is_global
        assert not (inner.is_private or inner.is_loopback or inner.is_link_local)
        assert not (inner.is_multicast or inner.is_reserved or inner.is_unspecified)


@pytest.mark.parametrize(
    "text", ["93.184.215.14", "1.1.1.1", "2606:2800:21f::1", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_ordinary_addresses_are_public(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192"]
)
def test_where_clouds_tell_their_machines_secrets_is_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.01/",
        "http://１２７.1/",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/",
        "//example.org/",
        "http:///x",
        "http://exa mple.org/",
        "http://example.org/a\r\nHost: b",
        "http://example.org\\@127.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://-example.org/",
        "http://" + "a" * 2000,
        "",
    ],
)
def test_an_address_that_programs_read_differently_is_refused(url):
    with pytest.raises(RuleError):
        parse_place(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://localhost./", "localhost", 80),
        ("HTTPS://Bücher.Example:8443/", "xn--bcher-kva.example", 8443),
        ("http://[::FFFF:127.0.0.1]/", "::ffff:7f00:1", 80),
        ("http://169.254.169.254/latest", "169.254.169.254", 80),
    ],
)
def test_a_host_is_read_in_one_way(url, host, port):
    place = parse_place(url)
    assert (place.host, place.port) == (host, port)


@given(special_v4 | special_v6, st.booleans())
def test_one_special_address_among_public_ones_is_enough_to_refuse(address, comes_first):
    addresses = [address, PUBLIC] if comes_first else [PUBLIC, address]
    with pytest.raises(RuleError, match="private or reserved"):
        check_place(parse_place("https://example.org/"), addresses, AllowedPlaces())


@pytest.mark.parametrize("port", [22, 25, 3306, 5432, 6379, 11211])
def test_ports_of_other_services_are_not_called(port):
    place = parse_place(f"http://example.org:{port}/")
    with pytest.raises(RuleError, match=f"Port {port}"):
        check_place(place, [PUBLIC], AllowedPlaces())
    check_place(place, [PUBLIC], parse_allowed(["example.org"]))


def test_an_operator_allows_names_and_networks_and_nothing_beside_them():
    allowed = parse_allowed(["hooks.lan", "10.1.0.0/16"])
    within, beside = ip_address("10.1.2.3"), ip_address("10.2.0.1")
    check_place(parse_place("http://a.example:9999/"), [within], allowed)
    check_place(parse_place("http://HOOKS.lan./"), [beside], allowed)
    with pytest.raises(RuleError):
        check_place(parse_place("http://a.example/"), [beside], allowed)
    with pytest.raises(RuleError):
        check_place(parse_place("http://evil.hooks.lan/"), [beside], allowed)


@pytest.mark.parametrize("entry", ["http://a", "10.1.0.1/16", "0x7f000001", "a b", "*", ""])
def test_what_an_operator_allows_is_checked(entry):
    with pytest.raises(RuleError):
        parse_allowed([entry])
