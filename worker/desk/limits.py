"""How many dialogs at the platform may be begun: nobody fills Redis, or the vendor's pages, for the others."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from jobs.model.text import Text
from worker.desk.dialogs import DIALOG_LIFE, Dialog
from worker.desk.errors import Refused
from worker.desk.ports import DESK
from worker.desk.sessions import SESSION

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOME = 64
"""Bits of an IPv6 address that name somebody; all behind them are theirs (RFC 6177)."""
_WINDOW = DIALOG_LIFE.total_seconds()
_MOST_IN_ALL = 10_000
"""Dialogs of strangers that may be open at once: 20 MB of Redis, which has other things to keep."""
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]+|\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?")
"""As some proxies write addresses (RFC 7239 §6)."""


class DialogLimit:
    """Lets each address begin `most` dialogs within the life of one, so that no more of its are ever open.

    Strangers of all addresses together may begin `in_all`. Kept in this process, and counted by its monotonic clock.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic, *, in_all: int = _MOST_IN_ALL) -> None:
        self._most = most
        self._in_all = in_all
        self._clock = clock
        self._begun: deque[tuple[float, str]] = deque()
        self._by_address: dict[str, deque[float]] = {}

    def admit(self, address: str, *, is_signed_in: bool = False) -> float | None:
        """Count one more dialog; gives the seconds to wait, and counts nothing, where there were too many."""
        now, who = self._clock(), _who(address)
        while self._begun and self._begun[0][0] <= now - _WINDOW:
            _, earlier = self._begun.popleft()
            self._by_address[earlier].popleft()
            if not self._by_address[earlier]:
                del self._by_address[earlier]
        begun = self._by_address.get(who)
        if begun is not None and len(begun) >= self._most:
            return begun[0] + _WINDOW - now
        # A flood from everywhere keeps out who would come in; who is in goes on.
        if len(self._begun) >= self._in_all and not is_signed_in:
            return self._begun[0][0] + _WINDOW - now
        self._begun.append((now, who))
        self._by_address.setdefault(who, deque()).append(now)
        return None


LIMIT = web.AppKey("LIMIT", DialogLimit)


async def begin_dialog(request: web.Request, dialog: Dialog) -> str:
    """Keep the dialog; gives its state. Raises Refused when the address has begun too many."""
    desk = request.app[DESK]
    address = client_address(
        request.remote or "", request.headers.getall("X-Forwarded-For", []), desk.settings.trusted_proxies
    )
    wait = request.app[LIMIT].admit(address, is_signed_in=request[SESSION].person is not None)
    if wait is not None:
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            Text("That was often"),
            Text(
                "Too many people went to eParaksts from your network address just now. Nothing was changed. Wait a few "
                "minutes, then try again."
            ),
            retry_after=max(1, round(wait)),
        )
    return await desk.dialogs.begin(dialog)


def client_address(remote: str, forwarded: Iterable[str], trusted: Iterable[Network]) -> str:
    """Whose request it is: what the nearest proxy that is not trusted, or nobody's, says of itself.

    Each proxy adds whom it was asked by to the end of `X-Forwarded-For`; what stands further left, anybody may have
    written.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    address = remote
    while hops and (there := _read_address(address)) and any(there in network for network in trusted):
        address = hops.pop()
    return address


def _who(address: str) -> str:
    there = _read_address(address)
    if there is None:
        return address[:_HOME]
    return str(IPv6Network((there, _HOME), strict=False)) if isinstance(there, IPv6Address) else str(there)


def _read_address(text: str) -> Address | None:
    """The address without port and zone; the IPv4 one that a listener for both families shows as IPv6."""
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2]
    try:
        there = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # RFC 4291 §2.5.5.2.
    return (there.ipv4_mapped if isinstance(there, IPv6Address) else None) or there
