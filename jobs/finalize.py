"""Verified values become sealed files at the vendor, are archived where their route asks for it, fetched and verified.

Finalize and archive are called once each. After a lost answer we look at what became of each document, and never
call again: every session is asked (finalize), or every file fetched and looked into (archive).
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from jobs.concurrency import wait_for_all
from jobs.model.errors import Rejected, Retryable, SealingError
from jobs.model.history import History
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from jobs.model.records import (
    Archived,
    Archiving,
    DocumentResult,
    Finalizing,
    Lapsed,
    PreparedDocument,
    Sealed,
    Signing,
)
from jobs.model.seals import Expectation, Proof
from jobs.ports import Story, Tools
from jobs.reconcile import find_doubt, give_way
from jobs.settle import close_sessions

Results = tuple[DocumentResult, ...]
IsDone = Callable[[PreparedDocument], Coroutine[Any, Any, bool]]


async def finalize(history: History, tools: Tools) -> History:
    """Finalize a signed batch, or find out what became of a finalize that was begun; idle in any other state.

    Raises Conflict; Retryable while the vendor may still be working on it.
    """
    if history.state is State.SIGNED:
        if why := await find_doubt(history, tools):
            return await give_way(history, why, tools)
        intent = Finalizing(at=tools.now(), attempt=history.count(Finalizing) + 1)
        history = await tools.ledger.append(history, intent)
        # Shielded: a worker asked to stop must not throw away the answer to a call that cannot be repeated.
        return await asyncio.shield(_call_finalize(history, tools))
    if history.state is State.FINALIZING:
        return await _look_for_seals(history, tools)
    return history


async def archive(history: History, tools: Tools) -> History:
    """Have the files of a sealed batch archived, or find out what became of a call that was begun; else idle.

    Raises Conflict; Retryable while the vendor may still be working on it.
    """
    if history.state is State.SEALED and history.gathered.profile.level is SealLevel.LTA:
        history = await tools.ledger.append(history, Archiving(at=tools.now()))
        return await asyncio.shield(_call_archive(history, tools))
    if history.state is State.ARCHIVING:
        return await _look_for_archive_timestamps(history, tools)
    return history


async def fetch(item: PreparedDocument, history: History, tools: Tools) -> Proof:
    """Bring one sealed file to the shelf and verify it; doing it again changes nothing.

    Raises Rejected when it is not what was approved.
    """
    document, profile = history.documents[item.document], history.gathered.profile
    (value,) = (signed.value for signed in history.signed.values if signed.document == item.document)
    certificate = history.prepared.seal.certificate
    await tools.service.download(item.session, document, profile)
    expectation = Expectation(
        digest=item.digest,
        value=value,
        certificate=certificate,
        profile=profile,
        approved_at=history.last(Signing).at,
    )
    return await tools.verifier.verify_sealed(document, expectation)


def sealed_items(history: History) -> tuple[PreparedDocument, ...]:
    """The prepared documents that the vendor said it sealed."""
    failed = {result.document for result in history.sealed.results if result.error is not None}
    return tuple(item for item in history.prepared.documents if item.document not in failed)


async def _call_finalize(history: History, tools: Tools) -> History:
    values = {signed.document: signed.value for signed in history.signed.values}
    prepared = history.prepared
    try:
        errors = await tools.service.finalize(
            {item.session: values[item.document] for item in prepared.documents}, prepared.seal
        )
    except SealingError:
        return await _look_for_seals(history, tools)
    results = tuple(DocumentResult(document=item.document, error=errors[item.session]) for item in prepared.documents)
    return await _record_finalized(history, results, tools)


async def _look_for_seals(history: History, tools: Tools) -> History:
    async def is_sealed(item: PreparedDocument) -> bool:
        document, profile = history.documents[item.document], history.gathered.profile
        return await tools.service.is_sealed(item.session, document, profile)

    items = history.prepared.documents
    results = await _look(history, items, is_sealed, tools, done="sealed", missing="no sealed file")
    return await _record_finalized(history, results, tools)


async def _record_finalized(history: History, results: Results, tools: Tools) -> History:
    errors = [result.error for result in results if result.error is not None]
    if len(errors) < len(results):
        return await tools.ledger.append(history, Sealed(at=tools.now(), results=results))
    # Sessions are closed first: a finalize that still runs at the vendor must not leave a sealed file behind.
    await close_sessions(history, tools)
    history = await tools.ledger.append(history, Lapsed(at=tools.now(), why=f"nothing was sealed: {errors[0]}"))
    await tools.doorbell.ring(Story.PREPARE, history.batch)
    return history


async def _call_archive(history: History, tools: Tools) -> History:
    items = sealed_items(history)
    try:
        errors = await tools.service.archive(tuple(item.session for item in items), history.prepared.seal)
    except SealingError:
        return await _look_for_archive_timestamps(history, tools)
    results = tuple(DocumentResult(document=item.document, error=errors[item.session]) for item in items)
    return await tools.ledger.append(history, Archived(at=tools.now(), results=results))


async def _look_for_archive_timestamps(history: History, tools: Tools) -> History:
    async def is_archived(item: PreparedDocument) -> bool:
        try:
            return (await fetch(item, history, tools)).level is SealLevel.LTA
        except Rejected:
            return False

    items = sealed_items(history)
    results = await _look(history, items, is_archived, tools, done="archived", missing="no archive timestamp")
    return await tools.ledger.append(history, Archived(at=tools.now(), results=results))


async def _look(
    history: History, items: Sequence[PreparedDocument], is_done: IsDone, tools: Tools, *, done: str, missing: str
) -> Results:
    """Say of each item whether it is `done`, or what is `missing`. Raises Retryable while it may still come.

    Both are words for the sentences that people read: "sealed", "no sealed file".

    The vendor keeps working on a request whose caller has hung up, so an early "not yet" proves nothing.
    """
    found = await wait_for_all(is_done(item) for item in items)
    if not all(found) and tools.now() - history.since < tools.patience.look:
        raise Retryable(f"{found.count(False)} of {len(found)} documents are not {done} yet; looking again")
    return tuple(
        DocumentResult(document=item.document, error=None if is_there else f"{missing} after a lost answer")
        for item, is_there in zip(items, found, strict=True)
    )
