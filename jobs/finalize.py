"""Verified values become sealed files at the vendor. Called once; after a lost answer we look, and never call again."""

import asyncio
from functools import partial

from jobs.errors import SealingError
from jobs.history import History
from jobs.lifecycle import State
from jobs.look import Results, looked
from jobs.ports import Story, Tools
from jobs.records import DocumentResult, Finalizing, Lapsed, PreparedDocument, Record, Sealed
from jobs.settle import close_sessions


async def finalize(history: History, tools: Tools) -> History:
    """Finalize a signed batch, or find out what became of a finalize that was begun; idle in any other state.

    Raises Outrun; Retryable while the vendor may still be working on it.
    """
    if history.state is State.SIGNED:
        intent = Finalizing(at=tools.now(), attempt=history.count(Finalizing) + 1)
        history = await tools.ledger.append(history, intent)
        return await asyncio.shield(_call_and_keep(history, tools))
    if history.state is State.FINALIZING:
        return await _look(history, tools)
    return history


async def _call_and_keep(history: History, tools: Tools) -> History:
    values = {signed.document: signed.value for signed in history.signed.values}
    prepared = history.prepared
    try:
        errors = await tools.service.finalize(
            {item.session: values[item.document] for item in prepared.documents}, prepared.seal
        )
    except SealingError:
        return await _look(history, tools)
    results = tuple(DocumentResult(document=item.document, error=errors[item.session]) for item in prepared.documents)
    return await _keep(history, results, tools)


async def _look(history: History, tools: Tools) -> History:
    """Ask every session whether it holds a sealed file."""
    is_sealed = partial(_is_sealed, history=history, tools=tools)
    items = history.prepared.documents
    results = await looked(history, items, is_sealed, tools, done="sealed", missing="no sealed file")
    return await _keep(history, results, tools)


async def _is_sealed(item: PreparedDocument, history: History, tools: Tools) -> bool:
    return await tools.service.is_sealed(item.session, history.documents[item.document], history.gathered.profile)


async def _keep(history: History, results: Results, tools: Tools) -> History:
    errors = [result.error for result in results if result.error is not None]
    if len(errors) < len(results):
        return await tools.ledger.append(history, Sealed(at=tools.now(), results=results))
    return await _lapse(history, f"nothing was sealed: {errors[0]}", tools)


async def _lapse(history: History, why: str, tools: Tools) -> History:
    # Sessions are closed first: a finalize that still runs at the vendor must not leave a sealed file behind.
    await close_sessions(history, tools)
    record: Record = Lapsed(at=tools.now(), why=why)
    history = await tools.ledger.append(history, record)
    await tools.doorbell.ring(Story.PREPARE, history.batch)
    return history
