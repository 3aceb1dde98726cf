"""After the last record: every document goes where people look for it. Doing it again changes nothing."""

from collections.abc import Mapping

from jobs.concurrency import wait_for_all
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned, Delivered, Delivery, Finalizing, Outcome, Prepared, Refusal, Sealed
from jobs.ports import Tools


async def settle(history: History, tools: Tools) -> None:
    """Move what a finished batch refused to quarantine, retire delivered originals, close the vendor's sessions.

    Idle for one that is settled already: its ring came late, from a sweep that looked before it was.
    """
    if history.batch not in await tools.ledger.open_batches():
        return
    refusals = refusals_of(history)
    puts = (tools.quarantine.put(history.documents[one], refusal, history.batch) for one, refusal in refusals.items())
    delivered = [document for document in history.documents.values() if document.id not in refusals]
    # One that cannot be moved keeps none of the others where it is.
    await wait_for_all([*puts, tools.originals.retire(history.batch, delivered)])
    if not _has_closed_sessions(history):
        await close_sessions(history, tools)
    await tools.ledger.close(history.batch)


async def close_sessions(history: History, tools: Tools) -> None:
    """Let the vendor forget the newest preparation, if there was one."""
    if history.has(Prepared):
        await wait_for_all(tools.service.close(item.session) for item in history.prepared.documents)


def _has_closed_sessions(history: History) -> bool:
    """Whether its last finalize sealed nothing: that ends with closing every session."""
    steps = (record for record in reversed(history.records) if isinstance(record, Prepared | Finalizing | Sealed))
    return isinstance(next(steps, None), Finalizing)


def refusals_of(history: History) -> Mapping[DocumentId, Refusal]:
    """Why each document of a finished batch was not sealed; those that were are left out.

    Raises IllegalTransition for a batch that is not over.
    """
    if history.state is State.DELIVERED:
        outcomes = history.last(Delivered).outcomes
        return {outcome.document: outcome for outcome in outcomes if isinstance(outcome, Refusal)}
    abandoned = history.last(Abandoned)
    known = {refusal.document: refusal for refusal in abandoned.refused}
    delivered = {delivery.document for delivery in abandoned.delivered}
    return {
        document: known.get(document, Refusal(document=document, reason=Reason.ABANDONED, detail=abandoned.why))
        for document in history.documents
        if document not in delivered
    }


def known_outcomes(history: History) -> Mapping[DocumentId, Outcome]:
    """What is known so far of each document's end; those that are still on their way are left out."""
    if history.state is State.DELIVERED:
        return {outcome.document: outcome for outcome in history.last(Delivered).outcomes}
    if history.state is State.ABANDONED:
        delivered = history.last(Abandoned).delivered
        return {**refusals_of(history), **{delivery.document: delivery for delivery in delivered}}
    if not history.has(Prepared):
        return {}
    settled: tuple[Outcome, ...] = (*history.prepared.refused, *history.prepared.delivered)
    return {outcome.document: outcome for outcome in settled if outcome.document in history.documents}


def deliveries_of(history: History) -> tuple[Delivery, ...]:
    """What of a batch is in the outbox, or was: nothing before it is over."""
    if history.has(Delivered):
        return tuple(outcome for outcome in history.last(Delivered).outcomes if isinstance(outcome, Delivery))
    return history.last(Abandoned).delivered if history.has(Abandoned) else ()
