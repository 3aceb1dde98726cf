"""The way in for programs, put together."""

import asyncio
from datetime import timedelta

import structlog

from config.settings import Settings
from jobs.model.errors import UnknownDocument
from jobs.model.names import DocumentId
from worker.app.on_disk import OnDisk
from worker.app.whereabouts import locate
from worker.clock import utc_now
from worker.inbox.handing_in import HandingIn
from worker.inbox.intake import Intake
from worker.inbox.staging import Staging

log = structlog.get_logger()


_FORGET = timedelta(hours=1)
"""How often keys that are old enough are forgotten."""


async def forget_for_ever(handing_in: HandingIn, life: timedelta) -> None:
    """Forget keys of documents that are older than that, until cancelled."""
    while True:
        try:
            await handing_in.forget(life)
        except OSError as error:
            log.warning("keys of documents handed in could not be forgotten", error=error)
        await asyncio.sleep(_FORGET.total_seconds())


def handing_in_of(settings: Settings, disk: OnDisk, intake: Intake) -> HandingIn:
    """Put it together; what is handed in goes that way in."""

    async def is_known(document: DocumentId) -> bool:
        # A claim alone is none: the file may never have come to it.
        if not await asyncio.to_thread(disk.layout.place(document).original.exists):
            try:
                await locate(document, disk, settings)
            except UnknownDocument:
                return False
            return not await asyncio.to_thread(disk.layout.place(document).claim.exists)
        # Put there before a crash, perhaps, and not yet where it outlives this machine.
        if error := (await asyncio.to_thread(disk.reach.keep, [document])).get(document):
            raise error
        return True

    staging = Staging(disk.layout, now=utc_now)
    return HandingIn(intake, staging, disk.hand_ins, is_known=is_known)
