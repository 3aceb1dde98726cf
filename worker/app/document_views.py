"""Single documents as programs see them: from what is known here to what the API answers. Pure."""

from collections.abc import Mapping

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import DocumentId
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Delivery, Outcome, Refusal
from jobs.settle import known_outcomes
from worker.api.views import DocumentState, DocumentView
from worker.app.astray import ASTRAY_ADVICE
from worker.desk.document_facts import DocumentFacts, DocumentStanding
from worker.inbox.claim import Claim
from worker.storage.explanation import QuarantineEntry
from worker.storage.index.entries import Ending, IndexedDocument
from worker.storage.resent import Resent

OF_BATCH: Mapping[State, DocumentState] = {
    State.GATHERED: DocumentState.IN_BATCH,
    State.SPLIT: DocumentState.IN_BATCH,
    State.PREPARED: DocumentState.WAITING_FOR_APPROVAL,
    State.RELEASED: DocumentState.IN_BATCH,
    State.LAPSED: DocumentState.IN_BATCH,
    State.DELIVERED: DocumentState.SEALED,
    State.ABANDONED: DocumentState.CANCELLED,
}
"""What a document is whose batch stands so and which has no outcome of its own; else it is being sealed."""
_STANDINGS: Mapping[DocumentStanding, DocumentState] = {
    DocumentStanding.TAKEN_IN: DocumentState.RECEIVED,
    DocumentStanding.WAITING: DocumentState.WAITING,
    DocumentStanding.AWAITS_TWIN: DocumentState.DUPLICATE,
    DocumentStanding.SKIPPED: DocumentState.DUPLICATE,
    DocumentStanding.DELIVERED: DocumentState.SEALED,
    DocumentStanding.REFUSED: DocumentState.QUARANTINED,
    DocumentStanding.QUARANTINED: DocumentState.QUARANTINED,
    DocumentStanding.DISMISSED: DocumentState.QUARANTINED,
    DocumentStanding.SENT_AGAIN: DocumentState.SENT_AGAIN,
    DocumentStanding.ASTRAY: DocumentState.ASTRAY,
}


def view_facts(facts: DocumentFacts) -> DocumentView:
    """All that is known of one document."""
    view = DocumentView(
        id=facts.document,
        state=DocumentState.IN_BATCH,
        route=facts.route,
        name=facts.name,
        size=facts.size,
        sha256=facts.sha256,
        received_at=facts.received_at,
        batch=facts.batch,
        state_since=facts.history.since if facts.history else None,
        metadata=facts.metadata,
        became=facts.resent.became if facts.resent else None,
        duplicate_of=_twin_of(facts),
        detail=facts.duplicate.words if facts.duplicate else "",
        advice=str(ASTRAY_ADVICE) if facts.state is DocumentStanding.ASTRAY else "",
    )
    if facts.delivery is not None:
        return _with_outcome(view, facts.delivery)
    if facts.refusal is not None:
        view = _with_outcome(view, facts.refusal)
        is_on = facts.state is DocumentStanding.SENT_AGAIN
        return view.model_copy(update={"state": DocumentState.SENT_AGAIN, "advice": ""}) if is_on else view
    if facts.state is DocumentStanding.IN_BATCH and facts.history is not None:
        return view.model_copy(update={"state": OF_BATCH.get(facts.history.state, DocumentState.SEALING)})
    return view.model_copy(update={"state": _STANDINGS[facts.state]})


def view_claim(claim: Claim) -> DocumentView:
    """A document that is being looked at."""
    return DocumentView(
        id=claim.id, state=DocumentState.RECEIVED, route=claim.route, name=claim.name, received_at=claim.received_at
    )


def view_document(document: Document, state: DocumentState, history: History | None = None) -> DocumentView:
    """A document as it was inspected, and what its batch made of it."""
    view = DocumentView(
        id=document.id,
        state=state,
        route=document.route,
        name=document.name,
        size=document.size,
        sha256=document.sha256.hex,
        received_at=document.received_at,
        metadata=document.metadata,
        batch=history.batch if history else None,
        state_since=history.since if history else None,
    )
    outcome = known_outcomes(history).get(document.id) if history else None
    return view if outcome is None else _with_outcome(view, outcome)


def view_duplicate(duplicate: Duplicate) -> DocumentView:
    """A document that is not sealed because the same content came before."""
    view = view_document(duplicate.document, DocumentState.DUPLICATE)
    return view.model_copy(update={"duplicate_of": duplicate.earlier.document, "detail": duplicate.words})


def view_entry(entry: QuarantineEntry) -> DocumentView:
    """A document in quarantine."""
    why = entry.explanation
    view = DocumentView(
        id=why.document,
        state=DocumentState.QUARANTINED,
        route=why.route,
        name=why.name,
        size=why.size,
        sha256=why.sha256,
        received_at=why.received_at,
        batch=why.batch,
        state_since=why.quarantined_at,
    )
    return _with_outcome(view, why.refusal)


def view_indexed(found: IndexedDocument, history: History | None, resent: Resent | None) -> DocumentView:
    """A document of a batch as the index has it; with its batch while that is not over."""
    if history is not None and found.id in history.documents:
        state = OF_BATCH.get(history.state, DocumentState.SEALING)
        return view_document(history.documents[found.id], state, history)
    state = {
        Ending.UNDER_WAY: DocumentState.IN_BATCH,
        Ending.SEALED: DocumentState.SEALED,
        Ending.REFUSED: _state_of_reason(found.reason),
    }[found.ending]
    return DocumentView(
        id=found.id,
        state=state if resent is None else DocumentState.SENT_AGAIN,
        route=found.route,
        name=found.name,
        size=found.size,
        sha256=found.sha256,
        received_at=found.received_at,
        batch=found.batch,
        state_since=found.ended_at,
        sealed_as=found.path or None,
        metadata=found.metadata,
        reason=found.reason,
        advice="" if found.reason is None or resent else ADVICE[found.reason],
        became=resent.became if resent else None,
    )


def _with_outcome(view: DocumentView, outcome: Outcome) -> DocumentView:
    match outcome:
        case Delivery():
            return view.model_copy(
                update={
                    "state": DocumentState.SEALED,
                    "sealed_as": outcome.name,
                    "sealed_sha256": outcome.sha256.hex,
                    "sealed_size": outcome.size,
                }
            )
        case Refusal():
            advice = str(ADVICE[outcome.reason])
            state, reason = _state_of_reason(outcome.reason), outcome.reason
            return view.model_copy(
                update={"state": state, "reason": reason, "detail": outcome.detail, "advice": advice}
            )


def _twin_of(facts: DocumentFacts) -> DocumentId | None:
    """The document of the same content that came before, where that is why this one was not sealed itself."""
    if facts.duplicate is not None:
        return facts.duplicate.earlier.document
    return facts.sidecar.copy_of.document if facts.sidecar and facts.sidecar.copy_of else None


def _state_of_reason(reason: Reason | None) -> DocumentState:
    return DocumentState.CANCELLED if reason is Reason.ABANDONED else DocumentState.QUARANTINED
