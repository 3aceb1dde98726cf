"""How many dialogs at the platform one address may begin: nobody fills Redis, or the vendor's pages, for the others."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from worker.desk.dialogs import DIALOG_LIFE, Dialog
from worker.desk.errors import Refused
from worker.desk.ports import DESK

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOME = 64
"""Bits of an IPv6 address that name somebody; all behind them are theirs (RFC 6177)."""
_WINDOW = DIALOG_LIFE.total_seconds()


class DialogLimit:
    """Lets each address begin `most` dialogs within the life of one, so that no more of its are ever open.

    Kept in this process, and counted by its monotonic clock.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._begun: dict[str, deque[float]] = {}

    def admit(self, address: str) -> float | None:
        """Count one more dialog; gives the seconds to wait, and counts nothing, where there were too many."""
        now = self._clock()
        self._forget(now - _WINDOW)
        begun = self._begun.setdefault(_who(address), deque())
        if len(begun) >= self._most:
            return begun[0] + _WINDOW - now
        begun.append(now)
        return None

    def _forget(self, before: float) -> None:
        for who, begun in list(self._begun.items()):
            while begun and begun[0] <= before:
                begun.popleft()
            if not begun:
                del self._begun[who]


LIMIT = web.AppKey("LIMIT", DialogLimit)


async def begin_dialog(request: web.Request, dialog: Dialog) -> str:
    """Keep the dialog; gives its state. Raises Refused when the address has begun too many."""
    desk = request.app[DESK]
    address = client_address(
        request.remote or "", request.headers.getall("X-Forwarded-For", []), desk.settings.trusted_proxies
    )
    wait = request.app[LIMIT].admit(address)
    if wait is not None:
        raise _too_many(wait)
    return await desk.dialogs.begin(dialog)


def client_address(remote: str, forwarded: Iterable[str], trusted: Iterable[Network]) -> str:
    """Whose request it is: what the nearest proxy that is not trusted, or nobody's, says of itself.

    Each proxy adds whom it was asked by to the end of `X-Forwarded-For`; what stands further left, anybody may have
    written.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    address = remote
    while hops and _is_within(address, trusted):
        address = hops.pop()
    return address


def _is_within(address: str, networks: Iterable[Network]) -> bool:
    try:
        there = ip_address(address)
    except ValueError:
        return False
    return any(there in network for network in networks)


def _who(address: str) -> str:
    try:
        there = ip_address(address)
    except ValueError:
        return address[:_HOME]
    return str(IPv6Network((there, _HOME), strict=False)) if isinstance(there, IPv6Address) else str(there)


def _too_many(wait: float) -> Refused:
    return Refused(
        HTTPStatus.TOO_MANY_REQUESTS,
        "That was often",
        "Too many people went to eParaksts from your network address just now. Nothing was changed. Wait a few "
        "minutes, then try again.",
        retry_after=max(1, round(wait)),
    )
