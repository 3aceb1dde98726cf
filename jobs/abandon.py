"""A person gives a batch up. Every original that was not delivered before goes to quarantine, to be sent again."""

from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode
from jobs.model.records import Abandoned, Prepared
from jobs.model.text import Text
from jobs.ports import Story, Tools

ON_THE_DESK = Text("cancelled on the desk")


async def abandon(batch: BatchId, by: PersonalCode | None, tools: Tools, *, why: str = ON_THE_DESK) -> History:
    """Cancel a batch that nobody has consented to yet; a worker then settles it, under its lease.

    Raises IllegalTransition when somebody has, and Conflict.
    """
    history = await tools.ledger.read(batch)
    refused, delivered = (history.prepared.refused, history.prepared.delivered) if history.has(Prepared) else ((), ())
    record = Abandoned(at=tools.now(), why=why, by=by, refused=refused, delivered=delivered)
    history = await tools.ledger.append(history, record)
    await tools.doorbell.ring(Story.DELIVER, batch)
    return history
