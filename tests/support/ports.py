"""Ports of this machine that servers of a test listen at."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

HOST = "127.0.0.1"


@contextmanager
def reserved_ports(count: int = 1) -> Iterator[list[int]]:
    """Ports that servers of ours may listen at with SO_REUSEADDR, and nobody else, for the time of the block.

    A socket that is bound and never listens keeps the kernel from giving a port away, also between two servers.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.bind((HOST, 0))
        yield [int(each.getsockname()[1]) for each in sockets]
