"""Handing in: bytes that a program sends, over whatever wire, become a document like one that was dropped.

    1. receive   into a hidden file on the shelf, hashed       a crash here: nobody was told anything, and it is removed
    2. stage     the claim, and metadata beside it             … it is cleared away again
    3. note      which document came under which key           … the key leads nowhere, and is taken anew;
                 whoever has the bytes from elsewhere confirms that they are still to be taken
    4. put       the file is given its name on the shelf       … it is ours: any watcher takes it up under the same id
    5. keep      and is kept where it outlives the machine     … any machine does
    6. judge     as everything that comes in; the sender need not wait for that

From step 5 on the sender may be told the document's id.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.hand_in import HandIn, KeyReused, Once, Receipt
from jobs.model.names import DocumentId
from jobs.model.records import Refusal
from worker.clock import utc_now
from worker.inbox.claim import Claim
from worker.inbox.intake import Intake
from worker.inbox.staging import Staging
from worker.storage.hand_in_book import HandedIn
from worker.storage.threads import in_thread
from worker.storage.uploads import Upload, opened_upload

log = structlog.get_logger()

PATIENCE = 5.0
"""Seconds that a sender waits for the document to be judged."""
_JUDGED_AT_ONCE = 4
_PAUSE, _LONGEST_PAUSE = 2.0, 60.0
"""Seconds until what could not be judged is tried again."""

HandInOutcome = Document | Refusal | Duplicate
Confirm = Callable[[], Awaitable[None]]
"""Raises where nothing is to be taken any more."""


class HandInBook(Protocol):
    """Remembers which document came under which key. Every method blocks, and raises OSError."""

    def holding(self, once: Once) -> AbstractContextManager[None]:
        """Keep others on this machine from handing in under the same key. Raises UnderWay when they do."""
        ...

    def read(self, once: Once) -> HandedIn | None:
        """What was, or was to be, handed in under that key."""
        ...

    def reserve(self, once: Once, record: HandedIn) -> HandedIn:
        """Note what is about to be ours; gives what counts, which may be another one's note."""
        ...

    def note_taken(self, once: Once, record: HandedIn) -> None:
        """Note that it is ours."""
        ...

    def forget(self, once: Once) -> None:
        """Forget one key, under which nothing will be sent again. Raises UnderWay."""
        ...

    def drop(self, now: datetime, life: timedelta) -> int:
        """Remove what is older than `life`, but for keys of places; gives how many records were."""
        ...


class HandingIn:
    """Takes documents from programs, by one intake; made within a running event loop.

    `is_known` tells whether a document of that id came to be and outlives this machine, wherever it is now.
    """

    def __init__(
        self,
        intake: Intake,
        staging: Staging,
        book: HandInBook,
        *,
        is_known: Callable[[DocumentId], Awaitable[bool]],
    ) -> None:
        self._intake = intake
        self._staging = staging
        self._book = book
        self._is_known = is_known
        self._judging: dict[DocumentId, asyncio.Task[HandInOutcome]] = {}
        self._turns = asyncio.Semaphore(_JUDGED_AT_ONCE)

    async def hand_in(
        self, pieces: AsyncIterable[bytes], about: HandIn, *, most: int, wait: float = PATIENCE
    ) -> Receipt:
        """Take all the bytes and make a document of them, which nothing loses once this returns.

        At most `most` bytes; `wait` seconds for its judgement. Raises as `opened`, `Upload.write` and `take` do.
        """
        async with self.opened(most) as upload:
            async for piece in pieces:
                await upload.write(piece)
            return await self.take(upload, about, wait=wait)

    @asynccontextmanager
    async def opened(self, most: int) -> AsyncIterator[Upload]:
        """Receive bytes for the time of the block; what was not taken by then is gone. Raises OSError."""
        async with opened_upload(await asyncio.to_thread(self._staging.reserve), most) as upload:
            yield upload

    async def take(
        self, upload: Upload, about: HandIn, *, wait: float = PATIENCE, confirm: Confirm | None = None
    ) -> Receipt:
        """Make a document of what was received, which nothing loses once this returns.

        Raises KeyReused, UnderWay, what `confirm` does, and OSError; then nothing was taken in.
        """
        content = await upload.finish()
        # Not broken off half-way when the sender goes away: the key would stay held by nobody.
        return await asyncio.shield(self._take(upload, about, content, wait, confirm))

    async def find(self, once: Once) -> Receipt | None:
        """What came under that key, whatever it was; None where nothing did. Raises OSError."""
        earlier = await self._find_known(once)
        return None if earlier is None else _answer(earlier)

    async def close(self) -> None:
        """Leave what is not judged yet to whoever watches the inbox next."""
        self._staging.leave()
        for task in self._judging.values():
            task.cancel()
        await asyncio.gather(*self._judging.values(), return_exceptions=True)

    @in_thread
    def forget_one(self, once: Once) -> None:
        """Forget one key, under which nothing will be sent again. Raises UnderWay, and OSError."""
        self._book.forget(once)

    @in_thread
    def forget(self, life: timedelta) -> int:
        """Forget keys that are older than that; gives how many. Raises OSError."""
        return self._book.drop(utc_now(), life)

    async def _take(
        self, upload: Upload, about: HandIn, content: Digest, wait: float, confirm: Confirm | None
    ) -> Receipt:
        async with AsyncExitStack() as stack:
            if about.once is not None:
                stack.enter_context(self._book.holding(about.once))
                if earlier := await self._find_earlier(about.once, about.fingerprint(content)):
                    return _answer(earlier)
            claim, record = await self._plan(about, content, upload.size)
            if confirm is not None:
                await confirm()
            await self._claim(claim, upload, about, record)
        task = asyncio.create_task(self._judge(claim))
        self._judging[claim.id] = task
        task.add_done_callback(lambda _: self._judging.pop(claim.id, None))
        await asyncio.wait({task}, timeout=wait)
        return Receipt(claim.id, content, upload.size, task.result() if task.done() else None)

    async def _find_earlier(self, once: Once, fingerprint: Digest) -> HandedIn | None:
        """What came under this key. Raises KeyReused when it was something else."""
        earlier = await self._find_known(once)
        if earlier is not None:
            _require_same(earlier, fingerprint)
        return earlier

    async def _find_known(self, once: Once) -> HandedIn | None:
        earlier = await asyncio.to_thread(self._book.read, once)
        if earlier is None or not (earlier.is_taken or await self._is_known(earlier.document)):
            return None
        return earlier

    @in_thread
    def _plan(self, about: HandIn, content: Digest, size: int) -> tuple[Claim, HandedIn | None]:
        claim, fingerprint = self._staging.plan(about), about.fingerprint(content)
        if about.once is None:
            return claim, None
        record = HandedIn(
            document=claim.id,
            fingerprint=fingerprint.hex,
            sha256=content.hex,
            size=size,
            at=claim.received_at,
        )
        record = self._book.reserve(about.once, record)
        _require_same(record, fingerprint)
        return claim.model_copy(update={"id": record.document, "received_at": record.at}), record

    @in_thread
    def _claim(self, claim: Claim, upload: Upload, about: HandIn, record: HandedIn | None) -> None:
        self._put(claim, about, upload)
        if about.once is not None and record is not None:
            self._book.note_taken(about.once, record)

    def _put(self, claim: Claim, about: HandIn, upload: Upload) -> None:
        with self._staging.staged(claim, about.metadata) as original:
            upload.put(original)
            try:
                self._intake.keep(claim.id)
            except OSError:
                # The sender hears that nothing was taken, so nothing may come of it.
                original.unlink()
                raise

    async def _judge(self, claim: Claim) -> HandInOutcome:
        """Judge until it is: while this process lives, no other takes the claim up."""
        pause = _PAUSE
        while True:
            try:
                async with self._turns:
                    return await self._intake.finish_one([claim], self._staging.find_original(claim))
            except Exception as error:  # noqa: BLE001  whatever it is, the document is ours and must go on
                log.warning("document handed in is not judged yet", document=claim.id, error=error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _require_same(earlier: HandedIn, fingerprint: Digest) -> None:
    if earlier.fingerprint != fingerprint.hex:
        raise KeyReused


def _answer(earlier: HandedIn) -> Receipt:
    digest = Digest(algorithm=HashAlgorithm.SHA256, hex=earlier.sha256)
    return Receipt(earlier.document, digest, earlier.size, is_repeat=True)
