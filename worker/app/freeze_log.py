"""Whoever reads the log hears when sealing is frozen and when it goes on, wherever that was done."""

import asyncio
from collections.abc import Collection
from datetime import timedelta

import structlog

from jobs.freezes import Freezes
from jobs.model.freeze import Freeze
from worker.app.record_log import NameApprover

log = structlog.get_logger()


async def tell_freezes(freezes: Freezes, name: NameApprover, every: timedelta) -> None:
    """Look until cancelled; what is frozen already is told at the start."""
    known: tuple[Freeze, ...] = ()
    while True:
        found = await freezes.all()
        tell_changes(known, found, name)
        known = found
        await asyncio.sleep(every.total_seconds())


def tell_changes(before: Collection[Freeze], after: Collection[Freeze], name: NameApprover) -> None:
    """Write a line for each freeze that began, and one for each that was lifted."""
    for freeze in after:
        if freeze not in before:
            log.warning("sealing frozen", **_describe(freeze, name), why=freeze.reason)
    for freeze in before:
        if freeze not in after:
            log.warning("sealing goes on", **_describe(freeze, name))


def _describe(freeze: Freeze, name: NameApprover) -> dict[str, str]:
    # Who was signed in stands here as approvers do; else it is a user of this machine.
    by = freeze.by if freeze.person is None else name(freeze.person)
    return {"route": freeze.route or "all", "by": by, "since": freeze.at.isoformat(timespec="seconds")}
