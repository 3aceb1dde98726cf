"""Documents that come by a Redis Stream, put together."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from config.queue import S3Settings
from config.settings import Settings
from worker.app.on_disk import OnDisk
from worker.inbox.handing_in import HandingIn
from worker.storage.copying import SPARED
from worker.streams.buckets import Buckets
from worker.streams.connecting import opened_redis
from worker.streams.consumer import named_consumer
from worker.streams.fetching import Fetcher
from worker.streams.reader import EntryOutcome, Rules, StreamReader
from worker.streams.stream import IntakeStream

_RESERVE = 4 * SPARED
"""Bytes that have to be free on our disk before an entry is begun with."""


async def take_from_stream(
    settings: Settings, disk: OnDisk, handing_in: HandingIn, url: str, count: Callable[[EntryOutcome], None]
) -> None:
    """Take what comes, until cancelled. Raises redis' errors that do not pass by themselves, and OSError."""
    queue = settings.queue
    rules = Rules(
        routes=queue.routes or frozenset(settings.routes),
        folders=queue.paths,
        removes_files=queue.remove_files,
        most=settings.inbox.max_bytes,
        most_content=queue.max_bytes,
    )
    async with AsyncExitStack() as stack:
        consumer = stack.enter_context(named_consumer(settings.folders.data / "consumers"))
        stream = IntakeStream(
            await stack.enter_async_context(opened_redis(url)),
            consumer,
            claim_after=queue.claim_after,
            deliveries=queue.deliveries,
            keeps_entries=queue.keep_entries,
            max_results=queue.max_results,
        )
        fetcher = Fetcher(queue.url_hosts, allow_private=queue.allow_private)
        holds_up = partial(_find_hindrance, disk, stream, queue.max_waiting)
        reader = StreamReader(
            stream,
            handing_in,
            rules,
            open_address=fetcher.fetch,
            objects=_make_buckets(queue.s3),
            holds_up=holds_up,
            count=count,
        )
        await reader.read_for_ever(queue.at_once)


def _make_buckets(s3: S3Settings) -> Buckets:
    keys = None
    if s3.access_key_id is not None and s3.secret_access_key is not None:
        keys = s3.access_key_id, s3.secret_access_key.get_secret_value()
    return Buckets(s3.buckets, s3.address, s3.region, keys)


async def _find_hindrance(disk: OnDisk, stream: IntakeStream, most: int) -> str:
    """Why nothing may be taken at the moment; empty where something may."""
    if await asyncio.to_thread(_measure_room, disk.layout.root) < _RESERVE:
        return "the disk of the data folder is nearly full"
    waiting = await asyncio.to_thread(disk.shelf.count_waiting)
    # Redis that is full of entries takes no approvals either, and then nothing here would ever end.
    if waiting >= most and not await stream.is_crowded():
        return f"{waiting} documents wait for a batch already, and queue.max_waiting is {most}"
    return ""


def _measure_room(folder: Path) -> int:
    system = os.statvfs(folder)
    return system.f_bavail * system.f_frsize
