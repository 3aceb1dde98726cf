"""A watcher that is killed right before each change that it makes on disk, one after the other."""

import asyncio
from functools import partial
from itertools import count
from pathlib import Path

from jobs.model.digest import Digest
from jobs.model.documents import Profile, SealFormat
from jobs.model.duplicates import Duplicates
from jobs.model.names import RouteName, batch_id
from jobs.model.seals import Proof, SealedCopy
from tests.support.builders import INVOICES, NOON, a_document
from tests.support.dying import is_killed
from tests.support.pdfs import a_pdf
from tests.whole.station import Station

CONTRACTS = RouteName("contracts")
PROFILES = {CONTRACTS: Profile(format=SealFormat.EDOC)}
DROPPED = {"contracts/a.txt": b"a file", "contracts/x.edoc/b.txt": b"in a folder", "contracts/x.edoc/c.txt": b"with it"}

REPEATED = a_pdf("an invoice")
SIDECARS = {"contracts/a.txt.json": b'{"number": "1"}', "contracts/x.edoc.json": b'{"number": "2"}'}


def die_everywhere(base: Path) -> None:
    """In `base/1`, `base/2`, …: drop files, be killed before that many changes, and let another watcher look twice.

    Ends with the first folder in which nobody was killed any more. Runs in a process of its own, which has one thread.
    """
    for step in count(1):
        folder = base / str(step)
        station = Station(folder, profiles=PROFILES)
        for name, content in (DROPPED | SIDECARS).items():
            station.drop(name, content)
        was_killed = is_killed(partial(_rescan, folder), before=step)
        is_killed(partial(_rescan, folder, times=2))
        if not was_killed:
            return


def die_while_retrying(base: Path) -> None:
    """The same, while a document in quarantine is sent through again."""
    for step in count(1):
        folder = base / str(step)
        station = Station(folder, profiles=PROFILES)
        for name, content in {**DROPPED, **SIDECARS}.items():
            if name.startswith("contracts/a."):
                station.drop(name, content)
        is_killed(partial(_rescan, folder, limit=1))
        was_killed = is_killed(partial(_retry, folder), before=step)
        is_killed(partial(_rescan, folder, times=2))
        if not was_killed:
            return


def die_while_repeating(base: Path, rule: Duplicates) -> None:
    """The same, while a document comes whose content was delivered before."""
    for step in count(1):
        folder = base / str(step)
        asyncio.run(_deliver_before(folder, rule))
        was_killed = is_killed(partial(_rescan_repeating, folder, rule), before=step)
        is_killed(partial(_rescan_repeating, folder, rule, times=2))
        if not was_killed:
            return


async def _deliver_before(folder: Path, rule: Duplicates) -> None:
    station = Station(folder, duplicates={INVOICES: rule})
    proof = Proof(sha256=Digest.sha256(b"sealed"), size=6, sealed_at=NOON)
    earlier = a_document(1, name="a.pdf").model_copy(update={"sha256": Digest.sha256(REPEATED), "size": len(REPEATED)})
    place = station.layout.place(earlier.id)
    place.folder.mkdir(parents=True)
    place.sealed.write_bytes(b"sealed")
    await station.outbox.deliver(batch_id(INVOICES, 1), earlier, SealedCopy(name="a.pdf", proof=proof))
    place.clear()
    station.drop("invoices/b.pdf", REPEATED)


def _rescan_repeating(folder: Path, rule: Duplicates, *, times: int = 1) -> None:
    async def look() -> None:
        station = Station(folder, duplicates={INVOICES: rule})
        for _ in range(times):
            await station.intake.rescan()

    asyncio.run(look())


def _retry(folder: Path) -> None:
    async def send() -> None:
        station = Station(folder, profiles=PROFILES)
        (entry,) = await station.quarantine.entries()
        await station.intake.retry(entry.explanation.document)

    asyncio.run(send())


def _rescan(folder: Path, *, times: int = 1, limit: int | None = None) -> None:
    async def look() -> None:
        station = Station(folder, profiles=PROFILES)
        station.limit = limit
        for _ in range(times):
            await station.intake.rescan()

    asyncio.run(look())
