"""What must not be sealed once more: after a restore of an older copy, outbox and vendor know more than the ledger.

What the outbox proves to be delivered is settled as that. What only may have been sealed is set apart for a person.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from jobs.approve import is_expired
from jobs.concurrency import wait_for_all
from jobs.model.documents import Document
from jobs.model.earlier import EarlierDelivery
from jobs.model.errors import SealingError
from jobs.model.history import History
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Delivery, Finalizing, Lapsed, Outcome, Prepared, PreparedDocument, Refusal
from jobs.model.text import Text
from jobs.ports import Age, Outbox, SealingService, SessionState

ENDED_EARLY = Text(
    "eParaksts let go of this batch before its time. If zimogs was restored from an older copy of its data, these "
    "documents may have been sealed since that copy: look for them among the sealed files before you approve."
)
"""The caution where nobody can say any more what became of an earlier preparation."""
_MINUTE = "%Y-%m-%d %H:%M %Z"


class Witnesses(Protocol):
    """Who may know more of a batch than the ledger. `Tools` are."""

    @property
    def outbox(self) -> Outbox:
        """What was delivered."""
        ...

    @property
    def service(self) -> SealingService:
        """What the sessions hold."""
        ...

    @property
    def age(self) -> Age:
        """Whether a session can still be there."""
        ...


@dataclass(frozen=True, slots=True)
class SealedBefore:
    """The documents of a batch that were sealed before, as far as anybody knows; `caution` is for whoever approves."""

    outcomes: tuple[Outcome, ...] = ()
    caution: str = ""

    @property
    def documents(self) -> frozenset[DocumentId]:
        """Which they are."""
        return frozenset(outcome.document for outcome in self.outcomes)

    @property
    def delivered(self) -> tuple[Delivery, ...]:
        """Those of which the outbox proves it."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Delivery))

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Those that a person has to look for."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Refusal))


def settle_earlier(document: Document, earlier: EarlierDelivery) -> Outcome:
    """Count the earlier delivery where it is proven to be of this very original; else set the document apart."""
    if earlier.is_proven and earlier.original == document.sha256:
        return earlier.delivery
    why = Text(
        "the outbox was given it before, as {name}, sealed {at}, in batch {batch}; that file is not there any more, or "
        "not proven to be the same",
        name=earlier.delivery.name,
        at=earlier.sealed_at.strftime(_MINUTE),
        batch=earlier.batch,
    )
    return Refusal(document=document.id, reason=Reason.SEALED_BEFORE, detail=why)


def warn_of_earlier(earlier: Sequence[EarlierDelivery]) -> str:
    """The sentence that tells a person why a batch is asked for again."""
    if not earlier:
        return ""
    first = min(each.sealed_at for each in earlier)
    return Text.counted(
        "A document of this batch was sealed before, according to the outbox, on {at}. It is not sealed again",
        "Documents of this batch were sealed before, according to the outbox: {count} of them, the first on {at}. They "
        "are not sealed again",
        len(earlier),
        at=first.strftime(_MINUTE),
    )


async def look_into_outbox(history: History, witnesses: Witnesses) -> SealedBefore:
    """Find the documents of a batch that the outbox was given before."""
    earlier = await witnesses.outbox.find_earlier(tuple(history.documents.values()))
    outcomes = tuple(settle_earlier(history.documents[each.delivery.document], each) for each in earlier)
    return SealedBefore(outcomes, warn_of_earlier(earlier))


async def settle_by_outbox(outcomes: Sequence[Outcome], history: History, witnesses: Witnesses) -> tuple[Outcome, ...]:
    """What the outbox shows of those that were refused, instead of the refusal."""
    refused = [history.documents[outcome.document] for outcome in outcomes if isinstance(outcome, Refusal)]
    earlier = await witnesses.outbox.find_earlier(refused)
    return tuple(settle_earlier(history.documents[each.delivery.document], each) for each in earlier)


async def look_into_sessions(history: History, known: SealedBefore, witnesses: Witnesses) -> SealedBefore:
    """Find, besides those known, documents that the sessions of an earlier preparation hold sealed.

    Raises whatever the vendor's calls raise.
    """
    if not history.has(Prepared):
        return known
    # What somebody was told goes on being told: that nobody approved in time has cleared up nothing.
    told = known.caution or history.prepared.caution or (ENDED_EARLY if _is_doubtful(history) else "")
    if is_expired(history.prepared, witnesses.age):
        return replace(known, caution=told)
    open_ones = history.documents.keys() - known.documents
    items = [item for item in history.prepared.documents if item.document in open_ones]
    states = await wait_for_all(session_state(item, history, witnesses) for item in items)
    sealed = [item for item, state in zip(items, states, strict=True) if state is SessionState.SEALED]
    await wait_for_all(_fetch_evidence(item, history, witnesses) for item in sealed)
    why = Text(
        "the session that it was prepared in holds a sealed file already, which nobody approved as far as we know"
    )
    found = tuple(Refusal(document=item.document, reason=Reason.SEALED_BEFORE, detail=why) for item in sealed)
    # A finalize that sealed nothing ends with closing every session.
    last = next(record for record in reversed(history.records) if isinstance(record, Prepared | Finalizing))
    is_doubtful = SessionState.GONE in states and not isinstance(last, Finalizing)
    return SealedBefore((*known.outcomes, *found), told or (ENDED_EARLY if is_doubtful else ""))


async def session_state(item: PreparedDocument, history: History, witnesses: Witnesses) -> SessionState:
    """Look at the session that a document was prepared in."""
    return await witnesses.service.session_state(
        item.session, history.documents[item.document], history.gathered.profile
    )


def _is_doubtful(history: History) -> bool:
    return any(isinstance(record, Lapsed) and record.is_doubtful for record in history.records)


async def _fetch_evidence(item: PreparedDocument, history: History, witnesses: Witnesses) -> None:
    with suppress(SealingError):
        document = history.documents[item.document]
        await witnesses.service.download(item.session, document, history.gathered.profile)
