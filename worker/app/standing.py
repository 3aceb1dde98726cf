"""All that stands still, looked up at one moment: what was noted by whoever tried, and what can be seen without trying.

One list for the desk, `zimogs status` and the metrics, so that they never tell different stories.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Settings
from jobs.model.documents import Route
from jobs.model.errors import NotEnrolled
from jobs.model.standstill import Cause, Foundation, Standstill, is_place
from worker.app.on_disk import OnDisk
from worker.clock import utc_now

_LEAST_SPACE = 1 << 20
"""Bytes; with less, not even a record can be counted on."""
_OUTDATED = timedelta(minutes=1)
"""A foundation, or a folder elsewhere, says when it is looked at next: what nobody notes so long after is over."""


async def find_standstills(settings: Settings, disk: OnDisk) -> tuple[Standstill, ...]:
    """Everything that stands still now in the configured folders and routes."""
    folders = settings.folders
    written = (folders.data, folders.outbox, folders.quarantine)
    return await collect_standstills(disk, settings.routes_by_name.values(), written, utc_now())


async def collect_standstills(
    disk: OnDisk, routes: Collection[Route], folders: Iterable[Path], now: datetime
) -> tuple[Standstill, ...]:
    """Everything that stands still now: first the foundations, then routes, then open batches."""
    # First, since it tells whether the storage answers at all: what is read below keeps that to itself, one by one.
    open_batches = await disk.ledger.open_batches()
    noted = {each.subject: each for each in await disk.standstills.all()}
    useless = await asyncio.to_thread(_find_useless_folder, folders, now)
    seen = [useless] if useless else []
    last_seen = await disk.presence.last_seen()
    if last_seen is not None:
        has_ever_run = last_seen > datetime.fromtimestamp(0, UTC)
        since = last_seen if has_ever_run else now
        seen.append(Standstill(subject=Foundation.WORKER, cause=Cause.NO_WORKER, since=since))
    seen += [standstill async for standstill in _find_useless_seals(disk, routes, now)]
    frozen = [standstill async for standstill in _find_frozen(disk, routes)]
    # A route that fails is frozen all the same.
    standing = {each.subject: each for each in seen} | noted | {each.subject: each for each in frozen}
    places = [subject for subject in standing if is_place(subject)]
    subjects = [*Foundation, *places, *(route.name for route in routes), *open_batches]
    for subject in (*Foundation, *places):
        next_try = standing[subject].next_try if subject in standing else None
        if next_try is not None and now > next_try + _OUTDATED:
            del standing[subject]
    return tuple(standing[one] for one in subjects if one in standing)


def _find_useless_folder(folders: Iterable[Path], now: datetime) -> Standstill | None:
    for folder in filter(Path.is_dir, folders):
        space = os.statvfs(folder)
        if space.f_bavail * space.f_frsize < _LEAST_SPACE:
            return Standstill(subject=Foundation.DATA, cause=Cause.DISK_FULL, detail=str(folder), since=now)
        if not os.access(folder, os.W_OK | os.X_OK):
            # Who tried to write cannot leave a note where it is the data folder itself.
            detail = f"no file can be made in {folder}"
            return Standstill(subject=Foundation.DATA, cause=Cause.DISK_REFUSES, detail=detail, since=now)
    return None


async def _find_frozen(disk: OnDisk, routes: Iterable[Route]) -> AsyncIterator[Standstill]:
    for route in routes:
        freeze = await disk.freezes.find(route.name)
        if freeze is not None:
            yield Standstill(subject=route.name, cause=Cause.FROZEN, detail=freeze.sentence, since=freeze.at)


async def _find_useless_seals(disk: OnDisk, routes: Iterable[Route], now: datetime) -> AsyncIterator[Standstill]:
    for route in routes:
        try:
            seal = await disk.seals.find(route.seal)
        except NotEnrolled as error:
            waiting = await disk.shelf.waiting_list(route.name)
            if waiting:
                since = min(document.received_at for document in waiting)
                cause = Cause.SEAL_NOT_ENROLLED
                yield Standstill(subject=route.name, cause=cause, detail=str(error), since=since)
            continue
        if seal.expires_at is not None and seal.has_ended(now):
            yield Standstill(subject=route.name, cause=Cause.SEAL_EXPIRED, since=seal.expires_at)
