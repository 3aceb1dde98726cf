"""`python -m tests.bench.client NAME`: one client as a program of its own, so that no other's work counts as its.

It reads a case as its first line, and then an order on each: {"files": […], "target": "…"}; each is carried out and
answered by a line. It ends with its input.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.bench.case import Case
from tests.bench.passage import BATCH, IN_FLIGHT, Passage, Transport

OpenTransport = Callable[[str, int], AbstractAsyncContextManager[Transport]]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client works: over which transport (loaded when it is wanted), and how many documents together."""

    module: str
    batch: int = BATCH
    in_flight: int = IN_FLIGHT

    def open(self, url: str) -> AbstractAsyncContextManager[Transport]:
        """The transport, for the time of a block."""
        opened: OpenTransport = getattr(import_module(f"tests.bench.{self.module}"), self.module)
        return opened(url, self.in_flight)


MANNERS = {
    "floor": Manner("floor"),
    "floor again": Manner("floor"),
    "lean": Manner("lean"),
    "bare": Manner("bare"),
    # One document after the other, each with an authorization of its own, as the obvious script does.
    "script": Manner("floor", batch=1, in_flight=1),
    # As quick as the vendor itself: every call of a batch that may be under way at once is.
    "wide": Manner("lean", in_flight=BATCH),
}
"""By the name of the contestant."""


async def serve(name: str) -> None:
    """Carry orders out until there are no more."""
    case = Case.from_json(sys.stdin.readline())
    manner = MANNERS[name]
    async with manner.open(case.url) as transport:
        passage = Passage(case, transport, manner.in_flight)
        # The loop goes on meanwhile, and hears when the vendor closes a connection.
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            await passage.run([Path(name) for name in order["files"]], Path(order["target"]), manner.batch)
            sys.stdout.write("done\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
