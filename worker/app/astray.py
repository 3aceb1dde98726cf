"""Originals on the shelf that nothing leads on: no list and no batch that can be read knows them any more."""

import asyncio
from pathlib import Path

from config.settings import Settings
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.names import DocumentId, is_document_id
from worker.app.on_disk import OnDisk

ASTRAY_ADVICE = (
    "Nothing leads it on any more. Hand its original in again with `zimogs submit --route NAME`, unless its sealed "
    "file has reached you; then delete the original."
)


async def find_astray(disk: OnDisk, settings: Settings) -> tuple[Path, ...]:
    """Their paths; none that a damaged batch may hold, which `zimogs repair` leads to an end."""
    if settings.storage.is_in_bucket:
        # What stands on this machine's shelf are copies; which originals nothing leads on is for the bucket to tell.
        return ()
    unheld = await asyncio.to_thread(disk.layout.unheld, ())
    listed = await asyncio.to_thread(_find_entries, disk)
    known: set[DocumentId] = set()
    for route in settings.routes:
        known |= {document.id for document in await disk.shelf.waiting_list(route)}
    for batch in await disk.ledger.open_batches():
        try:
            known |= (await disk.ledger.read(batch)).documents.keys()
        except UnknownBatch:
            continue
        except BrokenLedger:
            damage = await disk.ledger.find_damage(batch)
            if damage is None or damage.sound is None:
                return ()
            known |= damage.sound.documents.keys()
    originals = {*unheld, *(disk.layout.place(document).original for document in listed)}
    # What has left the shelf meanwhile was settled.
    return tuple(sorted(path for path in originals if path.stem not in known and path.exists()))


def _find_entries(disk: OnDisk) -> tuple[DocumentId, ...]:
    """Whatever has an entry in a waiting list, readable or not, of a route that is there or not."""
    names = (path.name for path in (disk.layout.root / "waiting").glob("*/*"))
    return tuple(DocumentId(name) for name in names if is_document_id(name))
