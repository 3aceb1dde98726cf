"""Verified values become sealed files at the vendor, are archived where their route asks for it, fetched and verified.

After a lost answer nothing is called again blindly: every session is asked (finalize), or every file fetched and looked
into (archive). Where that still shows after all patience that nothing happened to a document, the call is made once
more for that document alone. It makes no second seal: the same signature value goes into the same session.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from jobs.concurrency import wait_for_all
from jobs.lapse import lapse
from jobs.model.errors import CredentialsRefused, Permanent, Rejected, Retryable, SealingError
from jobs.model.history import History
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from jobs.model.names import DocumentId
from jobs.model.records import (
    Archived,
    Archiving,
    DocumentResult,
    Finalizing,
    PreparedDocument,
    Sealed,
    Signing,
)
from jobs.model.seals import Expectation, Proof
from jobs.model.text import Text
from jobs.ports import SessionState, Story, Tools
from jobs.reconcile import find_doubt, give_way
from jobs.right_clock import require_right_clock
from jobs.sealed_before import session_state
from jobs.settle import close_sessions
from jobs.unexpected import passing_unexpected, refusing_unexpected

Items = Sequence[PreparedDocument]
Errors = Mapping[DocumentId, str | None]
"""What became of documents in a call for many: None where it succeeded."""
Ask = Callable[[PreparedDocument], Coroutine[Any, Any, bool]]

LET_GO = Text("eParaksts had let go of its session before anybody looked: it may have been sealed")
"""What is recorded of a document where no look can tell any more what a finalize that was begun has done."""
_MOST_CALLS = 3
"""For one document and one consent: a call that three times did nothing is not worth a fourth."""


async def finalize(history: History, tools: Tools) -> History:
    """Finalize a signed batch, or find out what became of a finalize that was begun; idle in any other state.

    Raises Conflict; Retryable while the vendor may still be working on it.
    """
    if history.state is State.SIGNED:
        if why := await find_doubt(history, tools):
            return await give_way(history, why, tools)
        return await _finalize(history, history.prepared.documents, {}, tools)
    if history.state is State.FINALIZING:
        return await _look_for_seals(history, tools)
    return history


async def archive(history: History, tools: Tools) -> History:
    """Have the files of a sealed batch archived, or find out what became of a call that was begun; else idle.

    Raises Conflict; Retryable while the vendor may still be working on it.
    """
    if history.state is State.SEALED and history.gathered.profile.level is SealLevel.LTA:
        return await _archive(history, sealed_items(history), {}, tools)
    if history.state is State.ARCHIVING:
        return await _look_for_archive_timestamps(history, tools)
    return history


async def fetch(item: PreparedDocument, history: History, tools: Tools) -> Proof:
    """Bring one sealed file to the shelf and verify it; doing it again changes nothing.

    Raises Rejected when it is not what was approved, and WrongClock when our clock may be what is wrong.
    """
    document, profile = history.documents[item.document], history.gathered.profile
    certificate = history.prepared.seal.certificate
    expectation = Expectation(
        digest=item.digest,
        value=history.values[item.document],
        certificate=certificate,
        profile=profile,
        approved_at=history.last(Signing).at,
    )
    with refusing_unexpected(document.id, tools):
        await tools.service.download(item.session, document, profile)
        try:
            return await tools.verifier.verify_sealed(document, expectation)
        except Rejected:
            # The clock may have been set since it was looked at, and what was sealed is not called bad for that.
            await require_right_clock(tools)
            raise


def sealed_items(history: History) -> tuple[PreparedDocument, ...]:
    """The prepared documents that the vendor said it sealed."""
    failed = {result.document for result in history.sealed.results if result.error is not None}
    return tuple(item for item in history.prepared.documents if item.document not in failed)


async def _finalize(history: History, items: Items, decided: Errors, tools: Tools) -> History:
    """Have these documents sealed; what became of the others of the batch is `decided`."""
    intent = Finalizing(at=tools.now(), attempt=history.count(Finalizing) + 1)
    history = await tools.ledger.append(history, intent)
    # Shielded: a worker asked to stop must not throw away the answer to a call that is not repeated blindly.
    return await asyncio.shield(_call_finalize(history, items, decided, tools))


async def _call_finalize(history: History, items: Items, decided: Errors, tools: Tools) -> History:
    answer: Mapping[str, str | None]
    try:
        answer = await tools.service.finalize(
            {item.session: history.values[item.document] for item in items}, history.prepared.seal
        )
    except CredentialsRefused:
        # Of no batch and no seal: it goes on as soon as that is mended, with the same consent.
        raise
    except Permanent as error:
        # Refused as a whole: nothing runs there that is worth waiting for. One look, since a proxy may have said it.
        answer = dict.fromkeys((item.session for item in items), str(error))
    except SealingError:
        return await _look_for_seals(history, tools)
    refused = [item for item in items if answer[item.session] is not None]
    if len(refused) == len(items) or history.count_at_end(Finalizing) > 1:
        # The call before may have ended only now: then this one is refused, and the sealed file is there.
        refused = await _select(refused, _asks_for_seal(history, tools), tools, keep=False)
    sealed: Errors = dict.fromkeys(item.document for item in items)
    errors = {item.document: answer[item.session] for item in refused}
    return await _record_finalized(history, {**decided, **sealed, **errors}, tools, is_refusal=True)


async def _look_for_seals(history: History, tools: Tools) -> History:
    async def is_untouched(item: PreparedDocument) -> bool:
        document, profile = history.documents[item.document], history.gathered.profile
        return await tools.service.is_untouched(item.session, document, profile)

    async def has_ended(item: PreparedDocument) -> bool:
        return await session_state(item, history, tools) is SessionState.GONE

    items = history.prepared.documents
    missing = await _find_missing(history, items, _asks_for_seal(history, tools), tools, done="sealed")
    again = await _select(missing, is_untouched, tools) if history.count_at_end(Finalizing) < _MOST_CALLS else []
    ended = {item.document for item in await _select(missing, has_ended, tools)}
    lost = {
        item.document: LET_GO if item.document in ended else Text("no sealed file after a lost answer")
        for item in missing
    }
    repeated = {item.document for item in again}
    decided = {item.document: lost.get(item.document) for item in items if item.document not in repeated}
    if again:
        return await _finalize(history, again, decided, tools)
    return await _record_finalized(history, decided, tools, is_refusal=False)


def _asks_for_seal(history: History, tools: Tools) -> Ask:
    async def is_sealed(item: PreparedDocument) -> bool:
        document, profile = history.documents[item.document], history.gathered.profile
        return await tools.service.is_sealed(item.session, document, profile)

    return is_sealed


async def _record_finalized(history: History, errors: Errors, tools: Tools, *, is_refusal: bool) -> History:
    results = _results(history.prepared.documents, errors)
    failures = [result.error for result in results if result.error is not None]
    if len(failures) < len(results):
        return await tools.ledger.append(history, Sealed(at=tools.now(), results=results))
    # Sessions are closed first: a finalize that still runs at the vendor must not leave a sealed file behind.
    await close_sessions(history, tools)
    is_doubtful = LET_GO in failures
    why = LET_GO if is_doubtful else Text("eParaksts could not complete it: {why}", why=failures[0].rstrip("."))
    record = lapse(history, why, tools.now(), is_refusal=is_refusal, is_doubtful=is_doubtful)
    history = await tools.ledger.append(history, record)
    await tools.doorbell.ring(Story.PREPARE, history.batch)
    return history


async def _archive(history: History, items: Items, decided: Errors, tools: Tools) -> History:
    """Have these files archived; what became of the others of the batch is `decided`."""
    history = await tools.ledger.append(history, Archiving(at=tools.now()))
    return await asyncio.shield(_call_archive(history, items, decided, tools))


async def _call_archive(history: History, items: Items, decided: Errors, tools: Tools) -> History:
    answer: Mapping[str, str | None]
    try:
        answer = await tools.service.archive(tuple(item.session for item in items), history.prepared.seal)
    except CredentialsRefused:
        raise
    except Permanent as error:
        answer = dict.fromkeys((item.session for item in items), str(error))
    except SealingError:
        return await _look_for_archive_timestamps(history, tools)
    errors = {item.document: answer[item.session] for item in items}
    results = _results(sealed_items(history), {**decided, **errors})
    return await tools.ledger.append(history, Archived(at=tools.now(), results=results))


async def _look_for_archive_timestamps(history: History, tools: Tools) -> History:
    sound: set[DocumentId] = set()

    async def is_archived(item: PreparedDocument) -> bool:
        try:
            level = (await fetch(item, history, tools)).level
        except Rejected:
            return False
        sound.add(item.document)
        return level is SealLevel.LTA

    items = sealed_items(history)
    missing = await _find_missing(history, items, is_archived, tools, done="archived")
    # What could not be fetched, or is not what was approved, gets no timestamp either.
    is_worth_a_call = history.count_at_end(Archiving) < _MOST_CALLS
    again = [item for item in missing if is_worth_a_call and item.document in sound]
    lost = {item.document: Text("no archive timestamp after a lost answer") for item in missing}
    repeated = {item.document for item in again}
    decided = {item.document: lost.get(item.document) for item in items if item.document not in repeated}
    if again:
        return await _archive(history, again, decided, tools)
    return await tools.ledger.append(history, Archived(at=tools.now(), results=_results(items, decided)))


async def _find_missing(history: History, items: Items, is_done: Ask, tools: Tools, *, done: str) -> Items:
    """The items that are not `done` (for people: "sealed"). Raises Retryable while that may still come.

    The vendor keeps working on a request whose caller has hung up, so an early "not yet" proves nothing.
    """
    missing = await _select(items, is_done, tools, keep=False)
    if missing and tools.age(history.since) < tools.patience.look:
        raise Retryable(f"{len(missing)} of {len(items)} documents are not {done} yet; looking again")
    return missing


async def _select(items: Items, ask: Ask, tools: Tools, *, keep: bool = True) -> list[PreparedDocument]:
    async def answer(item: PreparedDocument) -> bool | None:
        # What nobody expected is neither yes nor no, and must not hold up the others: it shows when it is fetched.
        with passing_unexpected(item.document, tools):
            return await ask(item)
        return None

    answers = await wait_for_all(answer(item) for item in items)
    return [item for item, answer in zip(items, answers, strict=True) if answer is keep]


def _results(items: Items, errors: Errors) -> tuple[DocumentResult, ...]:
    return tuple(DocumentResult(document=item.document, error=errors[item.document]) for item in items)
