"""A program that hands documents in by the stream, and a process that takes them, on one real Valkey."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from redis.asyncio import Redis

from jobs.model.hand_in import HandIn, Once, Receipt
from tests.support.builders import INVOICES
from tests.support.waiting import PATIENCE
from tests.whole.station import ORDERS, Station
from worker.inbox.handing_in import HandingIn
from worker.streams.buckets import Buckets
from worker.streams.connecting import opened_redis
from worker.streams.fetching import Fetcher
from worker.streams.reader import EntryOutcome, Rules, StreamReader
from worker.streams.stream import DEAD, INTAKE, RESULTS, IntakeStream

SHORTLY = timedelta(seconds=2)

# Takes entries, and stops for ever right before it would say that one is done with.
_STOPPING = """
import asyncio, sys
from pathlib import Path
from tests.support.streams import Taking
from tests.whole.station import Station
from worker.streams.stream import IntakeStream

async def settle(self, entry, result):
    print("settles", result["document"], flush=True)
    await asyncio.Event().wait()

async def stop():
    IntakeStream.settle = settle
    folder = Path(sys.argv[2])
    taking = Taking(
        Station(folder), sys.argv[1], sys.argv[3], folders=[folder / "exports"], storage=sys.argv[4], removes=True
    )
    async with taking.reader() as (reader, _):
        await reader.read_for_ever(1)

asyncio.run(stop())
"""


@dataclass
class Program:
    """What an accounting system does with redis-py; fields of results and dead entries are text."""

    redis: Redis

    async def send(self, **fields: str | bytes) -> str:
        """Hand in; gives the entry's id."""
        whole: dict[str, str | bytes] = {"route": INVOICES, **fields}
        id_: bytes = await self.redis.xadd(INTAKE, whole)  # type: ignore[arg-type]
        return id_.decode()

    async def results(self, number: int) -> list[dict[str, str]]:
        """The first so many, once they are there."""
        return await self._wait_for(RESULTS, number)

    async def dead(self, number: int = 1) -> list[dict[str, str]]:
        """The first so many dead entries, once they are there."""
        return await self._wait_for(DEAD, number)

    async def is_done(self) -> bool:
        """Whether nothing waits and nothing is pending."""
        return not await self.redis.xlen(INTAKE)

    async def until_done(self) -> None:
        """Wait for that."""
        async with asyncio.timeout(PATIENCE):
            while not await self.is_done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def _wait_for(self, stream: str, number: int) -> list[dict[str, str]]:
        async with asyncio.timeout(PATIENCE):
            while len(rows := await self.redis.xrange(stream)) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return [{name.decode(): value.decode(errors="replace") for name, value in fields.items()} for _, fields in rows]


@dataclass(frozen=True)
class PatientPort:
    """Hands in, and waits for the judgement however slow the machine is."""

    handing_in: HandingIn

    async def hand_in(self, pieces: AsyncIterable[bytes], about: HandIn, *, most: int) -> Receipt:
        return await self.handing_in.hand_in(pieces, about, most=most, wait=PATIENCE)

    async def find(self, once: Once) -> Receipt | None:
        return await self.handing_in.find(once)


@dataclass
class Taking:
    """A process that takes entries into one data folder."""

    station: Station
    url: str
    consumer: str = "here-1"
    folders: Sequence[Path] = ()
    hosts: Sequence[str] = ()
    storage: str = "http://127.0.0.1:1"
    """Of objects in the bucket `invoices`."""
    claim_after: timedelta = SHORTLY
    deliveries: int = 5
    most: int = 10**6
    removes: bool = False
    hindrances: list[str] = field(default_factory=list)
    asked: int = 0
    """How often it was asked what holds it up."""
    outcomes: list[EntryOutcome] = field(default_factory=list)

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[tuple[StreamReader, IntakeStream]]:
        """Its reader, and its view of the stream."""
        handing_in = self.station.handing_in

        async def holds_up() -> str:
            self.asked += 1
            return self.hindrances[0] if self.hindrances else ""

        async with opened_redis(self.url) as redis:
            stream = IntakeStream(
                redis,
                self.consumer,
                claim_after=self.claim_after,
                deliveries=self.deliveries,
                keeps_entries=False,
                max_results=1000,
            )
            rules = Rules((INVOICES, ORDERS), self.folders, self.removes, self.most, self.most)
            fetcher = Fetcher(self.hosts, allow_private=True)
            count: Callable[[EntryOutcome], None] = self.outcomes.append
            try:
                yield (
                    StreamReader(
                        stream,
                        PatientPort(handing_in),
                        rules,
                        open_address=fetcher.fetch,
                        objects=Buckets(["invoices", "missing"], self.storage, "eu-north-1", ("key", "secret")),
                        holds_up=holds_up,
                        count=count,
                    ),
                    stream,
                )
            finally:
                await handing_in.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take what comes for the time of the block."""
        async with self.reader() as (reader, _):
            task = asyncio.create_task(reader.read_for_ever(2))
            try:
                yield
                assert not task.done(), task.result()
            finally:
                task.cancel()
                await asyncio.wait({task})


async def kill_before_done(taking: Taking, folder: Path, consumer: str) -> str:
    """Have another process take an entry, and kill it before it is done with; gives the document's id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _STOPPING,
        taking.url,
        str(folder),
        consumer,
        taking.storage,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    document = b""
    async for line in process.stdout:
        # Among lines of its log.
        if line.startswith(b"settles "):
            document = line.split()[1]
            break
    process.send_signal(signal.SIGKILL)
    await process.wait()
    return document.decode()
