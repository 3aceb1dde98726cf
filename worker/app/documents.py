"""What the desk needs for single documents, put together."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from config.settings import Settings
from jobs.model.history import History
from jobs.model.names import DocumentId, RouteName
from jobs.settle import deliveries_of
from worker.anchors import load_anchors
from worker.app.astray import find_astray
from worker.app.on_disk import OnDisk
from worker.app.record_log import NameApprover
from worker.app.resending import find_sealed, send_again
from worker.app.whereabouts import trace
from worker.clock import utc_now
from worker.desk.document_tools import DocumentTools, Stray
from worker.evidence.bundle import Bundle, Sources, collect
from worker.inbox.intake import Intake
from worker.storage.resent import Resending
from worker.storage.threads import in_thread


def document_tools_of(settings: Settings, disk: OnDisk, intake: Intake, name: NameApprover) -> DocumentTools:
    """Put it together; what is sent again goes this way in, and `name` says how people are written in the log."""

    async def resend(documents: Sequence[DocumentId], *, again: bool = False) -> Sequence[Resending]:
        return await send_again(documents, intake, disk, again=again)

    return DocumentTools(
        quarantine=disk.quarantine,
        layout=disk.layout,
        outbox=settings.folders.outbox,
        reach=disk.reach,
        trace=partial(trace, disk=disk, settings=settings),
        send_again=resend,
        find_sealed=partial(find_sealed, disk=disk),
        find_strays=partial(_find_strays, disk, settings),
        collect_evidence=partial(_collect, settings, disk),
        name_in_log=name,
    )


async def _find_strays(disk: OnDisk, settings: Settings) -> tuple[Stray, ...]:
    paths = await find_astray(disk, settings)
    found = await asyncio.gather(*(_look_at(path, disk) for path in paths))
    return tuple(stray for stray in found if stray is not None)


@in_thread
def _look_at(original: Path, disk: OnDisk) -> Stray | None:
    document = DocumentId(original.stem)
    # One whose entry in a waiting list is damaged still stands in that list.
    listed = next((disk.layout.root / "waiting").glob(f"*/{document}"), None)
    try:
        status = original.stat()
    except FileNotFoundError:
        return None
    since = datetime.fromtimestamp(status.st_mtime, UTC)
    return Stray(document, None if listed is None else RouteName(listed.parent.name), status.st_size, since)


async def _collect(settings: Settings, disk: OnDisk, history: History) -> Bundle:
    await disk.reach.bring_ledger()
    for delivery in deliveries_of(history):
        await disk.reach.bring_delivered(history.gathered.route, delivery.name)
    return await _collect_here(settings, history)


@in_thread
def _collect_here(settings: Settings, history: History) -> Bundle:
    anchors = load_anchors(settings.trust.anchors)
    return collect(history, Sources(settings.folders.data / "ledger", settings.folders.outbox, anchors), utc_now())
