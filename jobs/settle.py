"""After the last record: every document goes where people look for it. Doing it again changes nothing."""

from jobs.concurrency import wait_for_all
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned, Delivered, Prepared, Refusal
from jobs.ports import Tools


async def settle(history: History, tools: Tools) -> None:
    """Move what a finished batch refused to quarantine, retire delivered originals, close the vendor's sessions."""
    refusals = _refusals(history)
    for refusal in refusals:
        await tools.quarantine.put(history.documents[refusal.document], refusal, history.batch)
    refused = {refusal.document for refusal in refusals}
    delivered = [document for document in history.documents.values() if document.id not in refused]
    await tools.originals.retire(history.batch, delivered)
    await close_sessions(history, tools)
    await tools.ledger.close(history.batch)


async def close_sessions(history: History, tools: Tools) -> None:
    """Let the vendor forget the newest preparation, if there was one."""
    if history.has(Prepared):
        await wait_for_all(tools.service.close(item.session) for item in history.prepared.documents)


def _refusals(history: History) -> tuple[Refusal, ...]:
    if history.state is State.DELIVERED:
        return tuple(outcome for outcome in history.last(Delivered).outcomes if isinstance(outcome, Refusal))
    abandoned = history.last(Abandoned)
    known = {refusal.document: refusal for refusal in abandoned.refused}
    return tuple(
        known.get(document, Refusal(document=document, reason=Reason.ABANDONED, detail=abandoned.why))
        for document in history.documents
    )
