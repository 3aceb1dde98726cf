"""Networks of machines: each a namespace of the kernel, from which one cable leads to where the servers are.

A namespace lives for as long as somebody is in it, and its cable with it (network_namespaces(7), veth(4)): here a
thread of ours and the processes that enter. So nothing is left behind, whatever ends us.
"""

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_CABLE = "cable"
_OUTER, _INNER, _NOBODY = (f"02:00:00:00:00:{last:02x}" for last in (1, 2, 3))
"""Hardware addresses of both ends of a cable, and one that none has."""
_PATIENCE = 10.0  # seconds


class Cut(StrEnum):
    """How a cable is cut."""

    SILENT = "silent"
    """Nothing comes through, either way, and nobody is told: a switch on the way has died."""
    DOWN = "down"
    """The machine knows that it has no network."""


@dataclass(frozen=True)
class Network:
    """One machine's network. The outer end of its cable, `device`, is ours, as the address `servers`.

    Processes enter it by `path`; `address` is where it is reached.
    """

    inside: ThreadPoolExecutor
    path: Path
    device: str
    servers: str
    address: str

    def plug(self) -> None:
        """Have the cable lead to the servers, and back."""
        self._ip("link", "set", _CABLE, "up")
        self._lead_to(inner=_INNER, outer=_OUTER)

    def cut(self, how: Cut) -> None:
        """Have nothing come through any more."""
        if how is Cut.DOWN:
            self._ip("link", "set", _CABLE, "down")
        else:
            self._lead_to(inner=_NOBODY, outer=_NOBODY)

    def ask(self, address: str, path: str) -> tuple[int, bytes]:
        """Status and body of what a process in there answers somebody in there. Blocks; raises OSError."""
        return self.inside.submit(_ask, address, path).result()

    def _lead_to(self, *, inner: str, outer: str) -> None:
        # Known beforehand, so that neither end finds out by asking that there is nobody.
        _ip("neighbour", "replace", self.address, "lladdr", inner, "nud", "permanent", "dev", self.device)
        self._ip("neighbour", "replace", self.servers, "lladdr", outer, "nud", "permanent", "dev", _CABLE)

    def _ip(self, *words: str) -> None:
        self.inside.submit(_ip, *words).result()


def find_obstacle() -> str:
    """Why no networks can be made here; nothing where they can."""
    if os.geteuid() != 0:
        return "only an administrator can make network namespaces"
    return "" if which("ip") else "there is no program `ip` (iproute2)"


@contextmanager
def networks(count: int) -> Iterator[Sequence[Network]]:
    """So many networks for the time of the block; all of them reach us by one address."""
    # A range that no real network has: it is set aside for measuring (RFC 2544, appendix C.2.2).
    block = f"198.{18 + os.getpid() // 256 % 2}.{os.getpid() % 256}"
    with ExitStack() as stack:
        yield [stack.enter_context(_network(block, number)) for number in range(1, count + 1)]


def enter(path: Path) -> None:
    """Have this thread, and what it starts, in that network. Raises OSError."""
    with path.open("rb") as network:
        _require(_LIBC.setns(network.fileno(), _CLONE_NEWNET))


@contextmanager
def _network(block: str, number: int) -> Iterator[Network]:
    with ThreadPoolExecutor(1) as inside:
        thread = inside.submit(_leave).result()
        path = Path(f"/proc/{os.getpid()}/task/{thread}/ns/net")
        device, servers, address = f"torture{os.getpid()}-{number}"[-15:], f"{block}.1", f"{block}.{10 + number}"
        network = Network(inside, path, device, servers, address)
        inner = ("peer", "name", _CABLE, "address", _INNER, "netns", str(thread))
        _ip("link", "add", device, "address", _OUTER, "type", "veth", *inner)
        try:
            _ip("address", "add", servers, "peer", address, "dev", device)
            _ip("link", "set", device, "up")
            network._ip("link", "set", "lo", "up")
            network._ip("address", "add", address, "peer", servers, "dev", _CABLE)
            network.plug()
            yield network
        finally:
            _ip("link", "delete", device)


def _leave() -> int:
    """Have this thread in a network of its own, in which there is nothing; gives its number."""
    _require(_LIBC.unshare(_CLONE_NEWNET))
    return threading.get_native_id()


def _require(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def _ask(address: str, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
