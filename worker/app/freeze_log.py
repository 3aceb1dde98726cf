"""Whoever reads the log hears when sealing is frozen and when it goes on, wherever that was done."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

import structlog

from jobs.model.freeze import Freeze, LiftedFreeze
from jobs.ports import Freezes
from worker.app.record_log import NameApprover

log = structlog.get_logger()

FreezeChange = Freeze | LiftedFreeze


async def tell_freezes(freezes: Freezes, name: NameApprover, every: timedelta) -> None:
    """Look until cancelled; what is frozen already is told at the start, and what is over is not."""
    known: frozenset[FreezeChange] | None = None
    while True:
        # A storage that is away is told as a standstill, and what happened meanwhile by the next look.
        with suppress(OSError):
            standing = frozenset[FreezeChange](await freezes.all(may_lag=True))
            past = frozenset[FreezeChange](await freezes.past())
            tell_changes((standing | past) - (past if known is None else known), name)
            known = standing | past
        await asyncio.sleep(every.total_seconds())


def tell_changes(changes: Collection[FreezeChange], name: NameApprover) -> None:
    """Write a line for each freeze that began or was lifted, in the order of that."""
    for change in sorted(changes, key=lambda change: change.at):
        # Who was signed in on the desk stands here as approvers do; else it is a user of this machine.
        by = change.by if change.person is None else name(change.person)
        match change:
            case Freeze():
                log.warning("sealing frozen", route=change.route or "all", by=by, reason=change.reason)
            case LiftedFreeze():
                since = change.freeze.at.isoformat(timespec="seconds")
                log.warning("sealing goes on", route=change.freeze.route or "all", by=by, frozen_since=since)
