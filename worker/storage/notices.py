"""Telling on disk: position and boxes below `data/notices`, and one process of all that share the folder that tells."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from worker.storage.durable import make_folder
from worker.storage.feed_position import FeedBook
from worker.storage.leases import open_lock, try_lock
from worker.storage.notice_box import FOLDER, Backlog, NoticeBox
from worker.storage.notice_ports import Notices
from worker.storage.threads import in_thread

_LOCK = "lock"


class NoticeFolder:
    """Implements `worker.storage.notice_ports.Notices` below one data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER
        self.position = FeedBook(self._folder)

    def box(self, target: str) -> NoticeBox:
        """The box of the target with that name."""
        return NoticeBox(self._folder / target)

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[asyncio.Event | None]:
        """Be the one that tells for the time of the block; None while another process is.

        A lock of the kernel is never lost, so the event is never set.
        """
        await asyncio.to_thread(make_folder, self._folder, 0o700)
        descriptor = await asyncio.to_thread(open_lock, self._folder / _LOCK)
        try:
            yield asyncio.Event() if try_lock(descriptor) else None
        finally:
            os.close(descriptor)


@in_thread
def find_backlogs(notices: Notices, targets: Iterable[str]) -> tuple[Backlog, ...]:
    """How these targets stand."""
    return tuple(notices.box(target).backlog() for target in targets)
