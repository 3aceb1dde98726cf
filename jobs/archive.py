"""Sealed files get an archive timestamp where their route asks for one (B-LTA). Called once, like finalize."""

import asyncio
from functools import partial

from jobs.errors import Rejected, SealingError
from jobs.fetch import fetch, sealed_items
from jobs.history import History
from jobs.lifecycle import State
from jobs.look import Results, looked
from jobs.model import SealLevel
from jobs.ports import Tools
from jobs.records import Archived, Archiving, DocumentResult, PreparedDocument


async def archive(history: History, tools: Tools) -> History:
    """Have the files of a sealed batch archived, or find out what became of a call that was begun; else idle.

    Raises Outrun; Retryable while the vendor may still be working on it.
    """
    if history.state is State.SEALED and history.gathered.profile.level is SealLevel.LTA:
        history = await tools.ledger.append(history, Archiving(at=tools.now()))
        return await asyncio.shield(_call_and_keep(history, tools))
    if history.state is State.ARCHIVING:
        return await _look(history, tools)
    return history


async def _call_and_keep(history: History, tools: Tools) -> History:
    items = sealed_items(history)
    try:
        errors = await tools.service.archive(tuple(item.session for item in items), history.prepared.seal)
    except SealingError:
        return await _look(history, tools)
    results = tuple(DocumentResult(document=item.document, error=errors[item.session]) for item in items)
    return await _keep(history, results, tools)


async def _look(history: History, tools: Tools) -> History:
    """Fetch every file and see whether its timestamp is there."""
    is_archived = partial(_is_archived, history=history, tools=tools)
    items = sealed_items(history)
    results = await looked(history, items, is_archived, tools, done="archived", missing="no archive timestamp")
    return await _keep(history, results, tools)


async def _is_archived(item: PreparedDocument, history: History, tools: Tools) -> bool:
    try:
        return (await fetch(item, history, tools)).reached is SealLevel.LTA
    except Rejected:
        return False


async def _keep(history: History, results: Results, tools: Tools) -> History:
    return await tools.ledger.append(history, Archived(at=tools.now(), results=results))
