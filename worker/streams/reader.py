"""Reading the intake: each entry becomes a document that nothing loses, and only then is it done with.

    1. begin    the entry is this consumer's               killed here: taken over, begun with once more
    2. take     its document is handed in under its key     … found again under that key, and not taken twice
    3. remove   the file or object that it names, where it says so    … gone already, which its key explains
    4. settle   the result is told, and the entry done with

What is refused for what it is goes to quarantine like any other document, and its entry is done with. An entry of which
no document can be made is put aside with the reason.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from structlog.contextvars import bound_contextvars

from jobs.model.digest import Digest
from jobs.model.hand_in import HandIn, KeyReused, Once, Receipt, UnderWay
from worker.error_text import error_text
from worker.storage.fingerprint import Changing
from worker.storage.tree import Location
from worker.storage.uploads import TooManyBytes
from worker.streams.entry import FilePath, InlineContent, StoredObject, StreamEntry, WebAddress, Wish, read_entry
from worker.streams.poison import Poison, PoisonReason
from worker.streams.results import describe_receipt
from worker.streams.sources import SourceAway, SourceGone, find_file, read_content, read_file, remove_file
from worker.streams.stream import IntakeStream

log = structlog.get_logger()

_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds until an entry that could not be taken yet is tried again."""
_TRIES = 5
"""Tries after which an entry is put aside for a fault of ours, a file that is still written to, a host that is away."""
_HELD_UP = 2.0
"""Seconds until it is looked again whether anything may be taken, or Redis is there."""
_HURRY = 0.2  # seconds until what was cancelled in vain is cancelled again
_PASSING = (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError)
T = TypeVar("T")


class EntryOutcome(StrEnum):
    """What became of an entry. Values are metric labels."""

    TAKEN = "taken"
    REPEATED = "repeated"
    """Its document had been taken before."""
    DEAD = "dead"


class HandInPort(Protocol):
    """What takes documents from programs (`worker.inbox.handing_in`)."""

    async def hand_in(self, pieces: AsyncIterable[bytes], about: HandIn, *, most: int) -> Receipt:
        """Make a document of the bytes. Raises KeyReused, UnderWay, TooManyBytes, OSError, and what `pieces` does."""
        ...

    async def find(self, once: Once) -> Receipt | None:
        """What came under that key, whatever it was. Raises OSError."""
        ...


class ObjectPort(Protocol):
    """Objects of a storage (`worker.streams.buckets`). Both raise Poison for what will not do, and SourceAway."""

    def fetch(self, source: StoredObject, most: int) -> AsyncIterator[bytes]:
        """The bytes of one, so many at most."""
        ...

    async def remove(self, source: StoredObject) -> None:
        """Remove it."""
        ...


OpenAddress = Callable[[str, int], AsyncIterator[bytes]]
"""The bytes behind an address, so many at most. Raises Poison for what will not do, and SourceAway to try again."""


@dataclass(frozen=True, slots=True)
class Rules:
    """From where and for which routes documents are taken; `most` bytes, `most_content` of those within an entry."""

    routes: Collection[str]
    folders: Sequence[Path]
    removes_files: bool
    most: int
    most_content: int


class StreamReader:
    """Takes entries of one stream. `holds_up` says why nothing may be taken at the moment, if so."""

    def __init__(
        self,
        stream: IntakeStream,
        port: HandInPort,
        rules: Rules,
        *,
        open_address: OpenAddress,
        objects: ObjectPort,
        holds_up: Callable[[], Awaitable[str]],
        count: Callable[[EntryOutcome], None],
    ) -> None:
        self._stream = stream
        self._port = port
        self._rules = rules
        self._open_address = open_address
        self._objects = objects
        self._holds_up = holds_up
        self._count = count
        self._is_cut_off = False

    async def read_for_ever(self, at_once: int) -> None:
        """Take one entry after the other, so many at once, until cancelled. Raises redis' errors that do not pass."""
        works = (self._give_signs_of_life(), *(self._read_one_by_one() for _ in range(at_once)))
        tasks = [asyncio.create_task(work) for work in works]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            # No TaskGroup, which cancels once: the Redis client loses a cancellation now and then.
            while not all(task.done() for task in tasks):
                for task in tasks:
                    task.cancel()
                with suppress(asyncio.CancelledError):
                    await asyncio.wait(tasks, timeout=_HURRY)

    async def _give_signs_of_life(self) -> None:
        while True:
            await self._outlast(self._stream.give_sign_of_life)
            await asyncio.sleep(self._stream.pulse)

    async def _read_one_by_one(self) -> None:
        while True:
            await self._await_leave()
            entry = await self._outlast(self._stream.next)
            if entry is not None:
                with bound_contextvars(entry=entry.id):
                    await self.take(entry)

    async def take(self, entry: StreamEntry) -> None:
        """Work off one entry, to its end. Raises redis' errors that do not pass."""
        try:
            wish, receipt = await self._hand_in_patiently(entry)
        except Poison as why:
            if await self._outlast(partial(self._stream.bury, entry, why)):
                log.warning("entry put aside", entry=entry.id, reason=why.reason)
                self._count(EntryOutcome.DEAD)
            return
        match wish.source:
            case FilePath(is_removed=True) as file:
                await self._remove(find_file(file, self._rules.folders), receipt.sha256, entry)
            case StoredObject(is_removed=True) as stored:
                await self._remove_object(stored, entry)
        if await self._outlast(partial(self._stream.settle, entry, describe_receipt(entry, wish, receipt))):
            log.info("entry taken", entry=entry.id, document=receipt.document, repeated=receipt.is_repeat)
            self._count(EntryOutcome.REPEATED if receipt.is_repeat else EntryOutcome.TAKEN)

    async def _outlast(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do it, and again until Redis is there: what is in hand stays in hand meanwhile."""
        while True:
            try:
                found = await act()
            except _PASSING as error:
                if not self._is_cut_off:
                    log.warning("intake lost redis", error=error_text(error))
                self._is_cut_off = True
                await asyncio.sleep(_HELD_UP)
            else:
                self._is_cut_off = False
                return found

    async def _hand_in_patiently(self, entry: StreamEntry) -> tuple[Wish, Receipt]:
        """Hand its document in, and again until it is ours. Raises Poison."""
        wish = await asyncio.to_thread(read_entry, entry, self._rules.routes, removes=self._rules.removes_files)
        pause, tries = _PAUSE, 0
        while True:
            try:
                return wish, await self._hand_in(wish)
            except Poison:
                raise
            except (Changing, SourceAway) as error:
                tries += 1
                if tries > _TRIES:
                    raise Poison(PoisonReason.UNREADABLE, f"tried {tries} times: {error_text(error)}") from None
            except (OSError, UnderWay) as error:
                # Our own disk, or another process that is just taking the same: it passes, and nothing else is read.
                log.warning("entry not taken yet", entry=entry.id, error=error_text(error), again_in=pause)
            except Exception as error:
                tries += 1
                log.exception("entry met a fault of zimogs", entry=entry.id)
                if tries > _TRIES:
                    raise Poison(PoisonReason.UNEXPECTED, f"zimogs met a fault: {error_text(error)}") from None
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _hand_in(self, wish: Wish) -> Receipt:
        """Hand its document in once. Raises Poison, and what may pass."""
        if not wish.is_idempotent and (earlier := await self._port.find(wish.once)):
            return earlier
        try:
            return await self._port.hand_in(self._open(wish), wish.about, most=self._rules.most)
        except SourceGone:
            # Taken, removed, and then killed: its key tells.
            if earlier := await self._port.find(wish.once):
                return earlier
            raise
        except KeyReused:
            why = "another document came under the same idempotency before: give this one another"
            raise Poison(PoisonReason.KEY_REUSED, why) from None
        except TooManyBytes as error:
            raise Poison(PoisonReason.TOO_LARGE, str(error)) from None

    def _open(self, wish: Wish) -> AsyncIterator[bytes]:
        match wish.source:
            case InlineContent(content):
                return read_content(content, self._rules.most_content)
            case FilePath():
                return read_file(find_file(wish.source, self._rules.folders))
            case WebAddress(url):
                return self._open_address(url, self._rules.most)
            case StoredObject() as stored:
                return self._objects.fetch(stored, self._rules.most)

    async def _remove(self, location: Location, content: Digest, entry: StreamEntry) -> None:
        try:
            await asyncio.to_thread(remove_file, location, content)
        except FileNotFoundError:
            return
        except Changing:
            log.warning("file of an entry is not removed", entry=entry.id, error="another one stands there by now")
        except OSError as error:
            # It is ours all the same; somebody else's folder may let nobody remove anything.
            log.warning("file of an entry is not removed", entry=entry.id, error=error.strerror)

    async def _remove_object(self, stored: StoredObject, entry: StreamEntry) -> None:
        try:
            await self._objects.remove(stored)
        except (Poison, SourceAway) as error:
            log.warning("object of an entry is not removed", entry=entry.id, error=error_text(error))

    async def _await_leave(self) -> None:
        """Wait until something may be taken."""
        told = ""
        while why := await self._holds_up():
            if why != told:
                log.warning("intake is held up", why=why)
            told = why
            await asyncio.sleep(_HELD_UP)
