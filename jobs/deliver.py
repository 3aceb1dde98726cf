"""Verified values become sealed files in the outbox: finalize once, look, download, verify, deliver."""

from functools import partial

from jobs.errors import Rejected
from jobs.finalize import finalize
from jobs.history import History
from jobs.lifecycle import State
from jobs.names import BatchId, DocumentId
from jobs.ports import Expectation, Tools
from jobs.reasons import Reason
from jobs.records import Delivered, Outcome, PreparedDocument, Refusal
from jobs.settle import settle
from jobs.together import together


async def deliver(batch: BatchId, tools: Tools) -> History:
    """Bring a signed batch to its end from wherever it stands; idle before that.

    Raises Outrun, and Retryable or Uncertain while a sealed file cannot be fetched.
    """
    history = await finalize(await tools.ledger.read(batch), tools)
    if history.state is State.SEALED:
        record = Delivered(outcomes=await _outcomes(history, tools), at=tools.now())
        history = await tools.ledger.append(history, record)
    if history.is_over:
        await settle(history, tools)
    return history


async def _outcomes(history: History, tools: Tools) -> tuple[Outcome, ...]:
    """One outcome for every gathered document: refused at preparation or finalize, or fetched and verified."""
    refused = {refusal.document: refusal for refusal in (*history.prepared.refused, *_not_finalized(history))}
    sealed = [item for item in history.prepared.documents if item.document not in refused]
    expected = _expectations(history)
    fetch = partial(_fetched, history=history, tools=tools)
    fetched = await together(fetch(item, expected[item.document]) for item in sealed)
    outcomes: dict[DocumentId, Outcome] = {**refused, **{outcome.document: outcome for outcome in fetched}}
    return tuple(outcomes[document] for document in history.documents)


def _not_finalized(history: History) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(document=result.document, reason=Reason.NOT_FINALIZED, detail=result.error)
        for result in history.sealed.results
        if result.error is not None
    )


def _expectations(history: History) -> dict[DocumentId, Expectation]:
    values = {signed.document: signed.value for signed in history.signed.values}
    certificate = history.prepared.seal.certificate
    return {
        item.document: Expectation(
            digest=item.digest, value=values[item.document], certificate=certificate, profile=history.gathered.profile
        )
        for item in history.prepared.documents
    }


async def _fetched(item: PreparedDocument, expected: Expectation, history: History, tools: Tools) -> Outcome:
    document = history.documents[item.document]
    try:
        await tools.service.download(item.session, document)
        proof = await tools.verifier.sealed(document, expected)
    except Rejected as error:
        return Refusal(document=document.id, reason=error.reason, detail=error.detail)
    return await tools.outbox.deliver(history.batch, document, proof)
