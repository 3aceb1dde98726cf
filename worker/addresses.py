"""Which network addresses are called: public ones alone, unless the settings say otherwise.

What is checked is the address of the very socket that is connected, so neither a name that is resolved anew in between
(DNS rebinding) nor an address in another spelling leads anywhere else.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import aiohttp
from aiohttp.abc import AbstractResolver

_NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv4 address stands in its last four bytes (RFC 6052 §2.1)."""
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
"""Which IPv4 address stands there is each network's own choice (RFC 8215 §5)."""
_IPV4_COMPATIBLE = IPv6Network("::/96")
"""Deprecated (RFC 4291 §2.5.5.1), and still understood by some systems."""

AddrInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class PrivateAddress(OSError):
    """The address lies inside a network of our own."""

    def __init__(self) -> None:
        super().__init__("its address is private, loopback or link-local, and allow_private is not set")


def is_public(address: str) -> bool:
    """Say whether an IP address, and any that is wrapped in it, is one of the whole internet's (RFC 6890)."""
    try:
        outer = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in _unwrap(outer))


def _unwrap(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped:
        # Mapped, it is the IPv4 address and nothing else (RFC 4291 §2.5.5.2).
        return [address.ipv4_mapped]
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return [last]
    if address in _LOCAL_NAT64 or address.is_site_local:
        return [IPv6Address("::1")]
    inner = [*filter(None, [address.sixtofour]), *(address.teredo or ())]
    return [address, *inner]


def connector(
    *, allow_private: bool, connections: int, resolver: AbstractResolver | None = None
) -> aiohttp.TCPConnector:
    """What connects to one receiver, at most so many times at once."""
    return aiohttp.TCPConnector(
        limit=connections, resolver=resolver, socket_factory=None if allow_private else _open_public, force_close=True
    )


def _open_public(info: AddrInfo) -> socket.socket:
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddress
    return socket.socket(family, kind, protocol)
