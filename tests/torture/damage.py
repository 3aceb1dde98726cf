"""What lies on the disk is damaged: a record is cut or gone, or an original vanishes. Everything else must go on."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from jobs.model.lifecycle import State
from jobs.model.names import BatchId, DocumentId, batch_id
from tests.torture.house import House
from tests.torture.matrix import RECORDS
from tests.torture.strikes import AtRecord
from tests.torture.trials import Trial, compare, settle
from tests.whole.rehearsal import zimogs
from worker.demo.plan import ROUTE


async def damage_settled(house: House, stem: str, chance: random.Random) -> Trial:
    """A record of a batch that is long over is cut or gone."""
    house.processes.revive()
    names = await house.drop(stem)
    settled, complaint = await settle(house, names)
    if settled:
        batch = await _newest_batch(house)
        what = _damage_record(_records(house, batch), chance)
        complaint = await _others_go_on(house, f"{stem}-other") or await _repair(house, batch)
        return Trial(f"damage: {what} of a settled batch", len(names), settled, complaint)
    return Trial("damage: of a settled batch", len(names), None, complaint)


async def damage_open(house: House, stem: str, chance: random.Random) -> Trial:
    """Killed behind a record, and one of the records so far is cut or gone."""
    at, what = chance.choice([record for record in RECORDS if record is not State.DELIVERED]), ""
    batch = batch_id(ROUTE, await house.disk.ledger.latest(ROUTE) + 1)

    def damage() -> None:
        nonlocal what
        what = _damage_record(_records(house, batch), chance)

    names, complaint = await _kill(house, stem, at, damage)
    complaint = complaint or await _others_go_on(house, f"{stem}-other") or await _repair(house, batch)
    settled = None
    if not complaint:
        settled, complaint = await settle(house, names)
    if settled:
        complaint = compare(settled, {"sealed": len(names) - settled.put_aside})
    return Trial(f"damage: {what} of a batch that is {at}", len(names), settled, complaint)


async def vanish(house: House, stem: str, chance: random.Random) -> Trial:
    """One of the originals of a batch vanishes while zimogs is down; the others are sealed."""
    at = chance.choice((State.GATHERED, State.PREPARED, State.SIGNED, State.SEALED))
    batch, shelf = batch_id(ROUTE, await house.disk.ledger.latest(ROUTE) + 1), house.disk.layout.shelf
    gone: list[str] = []

    def take_away() -> None:
        original = next(shelf.glob("*.original"))
        gone.append(original.stem)
        original.unlink()

    names, complaint = await _kill(house, stem, at, take_away)
    settled = None
    if not complaint:
        history = await house.disk.ledger.read(batch)
        names.remove(name := history.documents[DocumentId(gone[0])].name)
        del house.dropped[name]
        settled, complaint = await settle(house, names)
    if settled:
        complaint = compare(settled, {"sealed": len(names)})
    return Trial(f"damage: an original gone of a batch that is {at}", len(names), settled, complaint)


async def _kill(house: House, stem: str, at: State, then: Callable[[], None]) -> tuple[list[str], str]:
    """Drop documents and kill behind that record of their batch; gives their names, and what is wrong.

    Then something happens, and what can go on goes on.
    """
    house.processes.at_death = then

    async def happens() -> bool:
        return house.processes.at_death is None

    await house.processes.strike_down(AtRecord(at, written=True))
    names = await house.drop(stem)
    _, complaint = await settle(house, [], lambda: house.wait_for(happens))
    return names, complaint


async def _others_go_on(house: House, stem: str) -> str:
    settled, complaint = await settle(house, names := await house.drop(stem))
    return compare(settled, {"sealed": len(names)}) if settled else f"others do not go on: {complaint}"


async def _repair(house: House, batch: BatchId) -> str:
    """Do as the runbook says; gives what is still wrong then."""
    ended = await asyncio.to_thread(zimogs, "repair", batch, "--yes", "--config", house.config, "--json")
    if ended.code:
        return f"the repair failed: {ended.complaints.strip().rpartition(chr(10))[2]}"
    status = await asyncio.to_thread(zimogs, "status", "--config", house.config, "--json")
    return f"still damaged: {status.facts['damaged']}" if status.facts["damaged"] else ""


def _damage_record(records: list[Path], chance: random.Random) -> str:
    record = chance.choice(records)
    if chance.random() < 0.5:
        record.unlink()
        return f"record {record.stem} gone"
    content = record.read_bytes()
    record.write_bytes(content[: len(content) // 2])
    return f"record {record.stem} cut"


def _records(house: House, batch: BatchId) -> list[Path]:
    return sorted((house.settings.folders.data / "ledger" / batch).glob("*.json"))


async def _newest_batch(house: House) -> BatchId:
    return batch_id(ROUTE, await house.disk.ledger.latest(ROUTE))
