"""How many dialogs one address may begin, and whose address it is."""

from ipaddress import ip_network

import pytest

from worker.desk.limits import DialogLimit, client_address

PROXIES = (ip_network("10.0.0.0/24"), ip_network("::1/128"))


def test_an_address_that_began_too_many_waits_until_the_first_of_them_is_over() -> None:
    time = 0.0
    limit = DialogLimit(2, lambda: time)
    assert [limit.admit("192.0.2.1"), limit.admit("192.0.2.1")] == [None, None]
    time = 60.0
    assert limit.admit("192.0.2.1") == 840.0
    assert limit.admit("192.0.2.2") is None
    time = 900.0
    assert limit.admit("192.0.2.1") is None


def test_a_network_of_somebodys_home_is_one_address() -> None:
    limit = DialogLimit(1, lambda: 0.0)
    assert limit.admit("2001:db8:0:1::1") is None
    assert limit.admit("2001:db8:0:1:ffff::2") is not None
    assert limit.admit("2001:db8:0:2::1") is None


@pytest.mark.parametrize(
    "same",
    [
        ("192.0.2.1", "192.0.2.1:4711", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:80"),
        ("2001:db8::1", "[2001:db8::1]", "[2001:db8::2]:4711", "2001:db8::1%eth0"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(same: tuple[str, ...]) -> None:
    limit = DialogLimit(1, lambda: 0.0)
    assert [limit.admit(address) is None for address in same] == [True, *(False for _ in same[1:])]
    assert limit.admit("::ffff:198.51.100.7") is None


def test_strangers_of_all_addresses_together_keep_out_strangers_alone() -> None:
    limit = DialogLimit(5, lambda: 0.0, in_all=3)
    assert [limit.admit(f"192.0.2.{number}") is None for number in range(4)] == [True, True, True, False]
    assert limit.admit("198.51.100.7", is_signed_in=True) is None


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.5", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.5", ["made up, 198.51.100.7", "10.0.0.6"], "198.51.100.7"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("::1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.5", ["not an address"], "not an address"),
        # A listener for both families shows IPv4 as IPv6; some proxies add ports.
        ("::ffff:10.0.0.5", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.5", ["198.51.100.7, 10.0.0.6:4711"], "198.51.100.7"),
    ],
)
def test_only_a_trusted_proxy_is_asked_for_whom_it_speaks(remote: str, forwarded: list[str], found: str) -> None:
    assert client_address(remote, forwarded, PROXIES) == found
