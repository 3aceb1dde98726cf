"""Telling on disk: position and boxes below `data/notices`, and one process of all that share the folder that tells."""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from worker.storage.feed_position import FeedBook
from worker.storage.leases import hold_lock
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

    def telling(self) -> AbstractAsyncContextManager[asyncio.Event | None]:
        """Be the one that tells for the time of the block; None while another process is."""
        return hold_lock(self._folder / _LOCK)


@in_thread
def find_backlogs(notices: Notices, targets: Iterable[str]) -> tuple[Backlog, ...]:
    """How these targets stand."""
    return tuple(notices.box(target).backlog() for target in targets)
