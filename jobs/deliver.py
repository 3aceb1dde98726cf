"""Verified values become sealed files in the outbox: finalize once, look, archive, download, verify, deliver."""

from jobs.concurrency import wait_for_all
from jobs.finalize import LET_GO, archive, fetch, finalize, sealed_items
from jobs.model.documents import Validation, sealed_name
from jobs.model.errors import Rejected
from jobs.model.history import History
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.reasons import Reason
from jobs.model.records import Archived, Delivered, Outcome, PreparedDocument, Refusal, Signing
from jobs.model.seals import SealedBy, SealedCopy
from jobs.model.text import Text
from jobs.ports import Tools
from jobs.right_clock import require_right_clock
from jobs.sealed_before import settle_by_outbox
from jobs.settle import settle
from jobs.unexpected import refusing_unexpected


async def deliver(batch: BatchId, tools: Tools) -> History:
    """Bring a signed batch to its end from wherever it stands; idle before that.

    Raises Conflict, and Retryable or Uncertain while a sealed file cannot be fetched.
    """
    history = await tools.ledger.read(batch)
    if not history.is_over:
        await require_right_clock(tools)
    history = await archive(await finalize(history, tools), tools)
    if history.state in {State.SEALED, State.ARCHIVED}:
        record = Delivered(outcomes=await _outcomes(history, tools), at=tools.now())
        history = await tools.ledger.append(history, record)
    if history.is_over:
        await settle(history, tools)
    return history


async def _outcomes(history: History, tools: Tools) -> tuple[Outcome, ...]:
    """One outcome for every gathered document: refused at preparation or finalize, or fetched and verified."""
    unfinished = [
        Refusal(
            document=result.document,
            reason=Reason.SEALED_BEFORE if result.error == LET_GO else Reason.NOT_FINALIZED,
            detail=result.error,
        )
        for result in history.sealed.results
        if result.error is not None
    ]
    fetched = await wait_for_all(_deliver_one(item, history, tools) for item in sealed_items(history))
    # Where the data folder is an older copy, the outbox may hold what the vendor has let go of.
    earlier = await settle_by_outbox([*unfinished, *fetched], history, tools)
    settled: tuple[Outcome, ...] = (*history.prepared.refused, *history.prepared.delivered)
    outcomes = {outcome.document: outcome for outcome in (*settled, *unfinished, *fetched, *earlier)}
    return tuple(outcomes[document] for document in history.documents)


async def _deliver_one(item: PreparedDocument, history: History, tools: Tools) -> Outcome:
    document = history.documents[item.document]
    try:
        with refusing_unexpected(document.id, tools):
            return await tools.outbox.deliver(history.batch, document, await _fetch_copy(item, history, tools))
    except Rejected as error:
        if error.reason is Reason.NOT_FINALIZED:
            # The vendor said that it sealed it: to send it again would be to seal it twice.
            why = Text(
                "it was sealed in this batch, and fetched before if zimogs was restored from an older copy of its data "
                "since: {why}",
                why=error.detail,
            )
            return Refusal(document=document.id, reason=Reason.SEALED_BEFORE, detail=why)
        return Refusal(document=document.id, reason=error.reason, detail=error.detail)


async def _fetch_copy(item: PreparedDocument, history: History, tools: Tools) -> SealedCopy:
    document, profile = history.documents[item.document], history.gathered.profile
    proof = await fetch(item, history, tools)
    if profile.level is SealLevel.LTA and proof.level is not SealLevel.LTA:
        errors = {result.document: result.error for result in history.last(Archived).results}
        raise Rejected(
            Reason.NOT_ARCHIVED,
            errors[item.document]
            or Text("the vendor says it was archived, and there is no archive timestamp in the file"),
        )
    is_asked = profile.validation is Validation.VENDOR
    report = await tools.service.validation(item.session, document, profile) if is_asked else None
    approval, seal = history.last(Signing), history.prepared.seal
    sealed_by = SealedBy(
        label=seal.label, certificate=seal.certificate, approver=approval.approver, approved_at=approval.at
    )
    return SealedCopy(name=sealed_name(document, profile.format), proof=proof, report=report, sealed_by=sealed_by)
