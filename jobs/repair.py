"""A batch whose records are damaged is led to its end. Nothing is sealed, nothing deleted, and nothing else touched.

What is known decides: a batch that had been settled only gets its records set aside. One that surely was not sealed is
abandoned. Of any other one, what was delivered stays delivered, and the rest goes to quarantine, for a person to look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.known_history import read_known
from jobs.model.damage import Damage
from jobs.model.documents import Document
from jobs.model.errors import BrokenArchive, BrokenLedger
from jobs.model.history import History
from jobs.model.lifecycle import TRANSITIONS, State
from jobs.model.names import BatchId, DocumentId, batch_id, batch_number, batch_route
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned, Delivery, Lapsed, Refusal, Split
from jobs.model.text import Text
from jobs.ports import Ledger, Now, Originals, Quarantine, Remains


@dataclass(frozen=True, slots=True)
class RepairTools:
    """What a repair may touch: the vendor is not among it."""

    ledger: Ledger
    quarantine: Quarantine
    originals: Originals
    remains: Remains
    now: Now


@dataclass(frozen=True, slots=True)
class Repair:
    """What would be done to a damaged batch, and why. `documents` are those it held, or may have held.

    `elsewhere` is what goes on in batches that were split from it: those are left alone.
    """

    damage: Damage
    documents: tuple[Document, ...]
    deliveries: Mapping[DocumentId, Delivery]
    elsewhere: Mapping[BatchId, tuple[DocumentId, ...]] = field(default_factory=dict)

    @property
    def is_settled(self) -> bool:
        """Whether the batch had been settled, and only its records are left to be moved."""
        return self.damage.is_closed and not self.documents

    @property
    def abandons(self) -> bool:
        """Whether its sound records go on, to its being abandoned."""
        return not self.damage.is_closed and self.damage.sound is not None and not self.damage.may_be_sealed

    @property
    def delivered(self) -> tuple[Document, ...]:
        """What was delivered, and stays so."""
        return tuple(document for document in self.documents if document.id in self.deliveries)

    @property
    def undelivered(self) -> tuple[Document, ...]:
        """What goes to quarantine, unless it is there or gone already."""
        return tuple(document for document in self.documents if document.id not in self.deliveries)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Why each undelivered document goes there."""
        detail = Text("it was not sealed, and it was not delivered; {fault}", fault=self.damage.fault)
        if self.damage.may_be_sealed:
            detail = Text("it may have been sealed, and it was not delivered; {fault}", fault=self.damage.fault)
        return tuple(
            Refusal(document=document.id, reason=Reason.DAMAGED_RECORDS, detail=detail) for document in self.undelivered
        )


async def plan_repair(batch: BatchId, tools: RepairTools) -> Repair | None:
    """Say what a repair would do; None when nothing is damaged. Changes nothing.

    Raises UnknownBatch, and BrokenArchive where the batch lies in an archive.
    """
    damage = await tools.ledger.find_damage(batch)
    if damage is None:
        return None
    if damage.is_archived:
        raise BrokenArchive(damage.fault)
    if damage.is_closed and not await _is_on_shelf(damage, tools):
        return Repair(damage, (), {})
    if damage.sound is None:
        strays = await _find_strays(damage, tools)
        return Repair(damage, strays, await tools.remains.find_deliveries(batch))
    deliveries = await tools.remains.find_deliveries(batch, {one.id for one in damage.sound.gathered.documents})
    elsewhere = await _find_elsewhere(damage.sound, tools.ledger)
    gone = {document for documents in elsewhere.values() for document in documents}
    # All that was gathered: the batch that a sound record names for the rest may never have been made.
    own = tuple(document for document in damage.sound.gathered.documents if document.id not in gone)
    return Repair(damage, own, deliveries, elsewhere)


async def repair(plan: Repair, tools: RepairTools) -> None:
    """Do as planned, under the batch's lease; doing it again finishes what a crash broke off. Raises Conflict."""
    batch, sound = plan.damage.batch, plan.damage.sound
    if plan.abandons and sound is not None:
        await tools.ledger.set_aside(batch, len(sound.records))
        for document, refusal in zip(plan.undelivered, plan.refusals, strict=True):
            if document.id not in sound.documents:
                await tools.quarantine.put(document, refusal, batch)
        sound = await _record_split(sound, plan, tools)
        # Whoever sweeps next puts the originals into quarantine, as with any abandoned batch.
        why = Text("its records were damaged ({fault})", fault=plan.damage.fault)
        if State.ABANDONED not in TRANSITIONS[sound.state]:
            sound = await tools.ledger.append(sound, Lapsed(at=tools.now(), why=why, is_stopped=True))
        refused = tuple(refusal for refusal in plan.refusals if refusal.document in sound.documents)
        await tools.ledger.append(sound, Abandoned(at=tools.now(), why=why, refused=refused))
        return
    for document, refusal in zip(plan.undelivered, plan.refusals, strict=True):
        await tools.quarantine.put(document, refusal, batch)
    await tools.originals.retire(batch, plan.delivered)
    # Last, since until then the records say that something is left to do.
    await tools.ledger.set_aside(batch, 0)


async def _is_on_shelf(damage: Damage, tools: RepairTools) -> bool:
    """Whether something of a batch that is marked as settled stands on the shelf all the same: the mark is wrong."""
    if damage.sound is None:
        return False
    return bool(await tools.remains.find_strays(damage.sound.documents))


async def _find_elsewhere(sound: History, ledger: Ledger) -> Mapping[BatchId, tuple[DocumentId, ...]]:
    """What was gathered in this batch and goes on in others, by these: their first records say where they are from."""
    route, number, found = sound.gathered.route, batch_number(sound.batch), {}
    for later in range(number + 1, await ledger.latest(route) + 1):
        known = await read_known(batch_id(route, later), ledger)
        if known is not None and known.gathered.split_from == sound.batch:
            found[known.batch] = tuple(document.id for document in known.gathered.documents)
    return found


async def _record_split(sound: History, plan: Repair, tools: RepairTools) -> History:
    """Write down again which documents went on elsewhere, where the record of that is not sound."""
    for rest, documents in plan.elsewhere.items():
        gone = tuple(document for document in documents if document in sound.documents)
        if gone:
            why = Text("the record that it was divided was damaged")
            sound = await tools.ledger.append(sound, Split(at=tools.now(), why=why, rest=rest, documents=gone))
    return sound


async def _find_strays(damage: Damage, tools: RepairTools) -> tuple[Document, ...]:
    """Originals that no other batch holds, and that came before this one was opened."""
    # In this order: an original that a batch gets meanwhile is held all the same.
    strays = await tools.remains.find_strays()
    held: set[DocumentId] = set()
    for batch in await tools.ledger.open_batches():
        try:
            held.update((await tools.ledger.read(batch)).documents)
        except BrokenLedger:
            other = await tools.ledger.find_damage(batch)
            held.update(other.sound.documents if other and other.sound else ())
    free = [stray for stray in strays if stray not in held]
    described = await tools.remains.describe_strays(free, batch_route(damage.batch))
    return tuple(stray for stray in described if damage.may_hold(stray))
