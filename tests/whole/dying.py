"""A watcher that is killed right before each change that it makes on disk, one after the other."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

from jobs.model.digest import Digest
from jobs.model.documents import Profile, SealFormat
from jobs.model.duplicates import Duplicates
from jobs.model.hand_in import HandIn, Once
from jobs.model.levels import Form
from jobs.model.names import RouteName, batch_id
from jobs.model.seals import Proof, SealedCopy
from tests.support.builders import NOON, a_document
from tests.support.dying import is_killed
from tests.whole.station import Station

CONTRACTS = RouteName("contracts")
PROFILES = {CONTRACTS: Profile(format=SealFormat.EDOC)}
DROPPED = {"contracts/a.txt": b"a file", "contracts/x.edoc/b.txt": b"in a folder", "contracts/x.edoc/c.txt": b"with it"}

CONTENT = b"the same"
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


def die_at_a_duplicate(base: Path, rule: Duplicates) -> None:
    """The same, while a document comes whose content was delivered before."""
    for step in count(1):
        folder = base / str(step)
        asyncio.run(_deliver_before(folder))
        was_killed = is_killed(partial(_rescan_repeating, folder, rule), before=step)
        is_killed(partial(_rescan_repeating, folder, rule, times=2))
        if not was_killed:
            return


async def _deliver_before(folder: Path) -> None:
    station = Station(folder, profiles=PROFILES)
    proof = Proof(sha256=Digest.sha256(b"sealed"), size=6, form=Form.XADES, sealed_at=NOON)
    same = {"sha256": Digest.sha256(CONTENT), "size": len(CONTENT), "route": CONTRACTS}
    earlier = a_document(1, name="a.txt").model_copy(update=same)
    place = station.layout.place(earlier.id)
    place.folder.mkdir(parents=True)
    place.sealed.write_bytes(b"sealed")
    await station.outbox.deliver(batch_id(CONTRACTS, 1), earlier, SealedCopy(name="a.txt.edoc", proof=proof))
    place.clear()
    station.drop("contracts/b.txt", CONTENT)


def _rescan_repeating(folder: Path, rule: Duplicates, *, times: int = 1) -> None:
    async def look() -> None:
        station = Station(folder, profiles=PROFILES, duplicates={CONTRACTS: rule})
        # A claim whose file is gone is left alone for a while: another watcher may be at it.
        station.late = timedelta(hours=2) * (times - 1)
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


HANDED_IN = HandIn(
    route=CONTRACTS, name="a.txt", metadata=b'{"number": "1"}', once=Once(owner="a-key", key="invoice 1 of 2026")
)


def die_while_handing_in(base: Path) -> None:
    """The same, while a program hands a document in; it is told the id in `told`, and if it was not, sends it again."""
    for step in count(1):
        folder = base / str(step)
        was_killed = is_killed(partial(_hand_in, folder), before=step)
        is_killed(partial(_hand_in, folder))
        is_killed(partial(_rescan, folder, times=2))
        if not was_killed:
            return


def _hand_in(folder: Path) -> None:
    async def send() -> None:
        station = Station(folder, profiles=PROFILES)
        receipt = await station.handing_in.hand_in(one_piece(b"a contract"), HANDED_IN, most=100)
        os.write(os.open(folder / "told", os.O_RDWR | os.O_CREAT | os.O_APPEND), receipt.document.encode() + b"\n")

    asyncio.run(send())


async def one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content
