"""A person gives a batch up. Every original that was not delivered before goes to quarantine, to be sent again."""

from datetime import datetime

from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode
from jobs.model.records import Abandoned, Prepared
from jobs.model.text import Text
from jobs.ports import Story, Tools


async def abandon(batch: BatchId, by: PersonalCode, tools: Tools) -> History:
    """Cancel a batch that nobody has consented to yet; a worker then settles it, under its lease.

    Raises IllegalTransition when somebody has, and Conflict.
    """
    history = await tools.ledger.read(batch)
    history = await tools.ledger.append(history, end_of(history, tools.now(), Text("cancelled on the desk"), by))
    await tools.doorbell.ring(Story.DELIVER, batch)
    return history


def end_of(history: History, at: datetime, why: Text, by: PersonalCode | None = None) -> Abandoned:
    """The record that gives the batch up; what was put aside or delivered before stays so."""
    refused, delivered = (history.prepared.refused, history.prepared.delivered) if history.has(Prepared) else ((), ())
    return Abandoned(
        at=at,
        why=why,
        by=by,
        refused=tuple(one for one in refused if one.document in history.documents),
        delivered=tuple(one for one in delivered if one.document in history.documents),
    )
