"""Telling in a bucket: position and boxes below `notices/`, and one process of all machines that holds the lease."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from worker.objects.bucket import Bucket
from worker.objects.feed_position import ObjectFeedPosition
from worker.objects.leases import LIFE, ObjectLeases
from worker.objects.notice_box import ObjectNoticeBox
from worker.storage.notice_box import FOLDER

_LEASE = f"{FOLDER}/lease"


class ObjectNotices:
    """Implements `worker.storage.notice_ports.Notices` in a bucket; who tells and dies is followed after `life`."""

    def __init__(self, bucket: Bucket, *, life: timedelta = LIFE) -> None:
        self._bucket = bucket
        self._leases = ObjectLeases(bucket, life=life)
        self.position = ObjectFeedPosition(bucket)

    def box(self, target: str) -> ObjectNoticeBox:
        """The box of the target with that name."""
        return ObjectNoticeBox(self._bucket, target)

    def telling(self) -> AbstractAsyncContextManager[asyncio.Event | None]:
        """Be the one that tells for the time of the block; None while another process is."""
        return self._leases.hold_turn(_LEASE)
