"""What happened, as log lines: which document of which route, why it was put aside, and who approved.

A log goes further than the data folder does: documents stand in it by their ids (the name of a file only where it is no
document yet), and people's codes only where the settings ask for them.
"""

import hashlib
import hmac
from collections.abc import Callable

import structlog

from config.sections import Approvers
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.history import History
from jobs.model.names import DocumentId, PersonalCode
from jobs.model.records import (
    Abandoned,
    Delivered,
    Delivery,
    Gathered,
    Lapsed,
    Prepared,
    Refusal,
    Released,
    Signing,
    Split,
)
from worker.inbox.outcomes import IntakeOutcome, Stuck
from worker.storage.explanation import Explanation
from worker.storage.names import escape_controls
from worker.storage.untaken import Untaken

log = structlog.get_logger()
_PSEUDONYM_DIGITS = 16

NameApprover = Callable[[PersonalCode], str]


def name_approver(key: bytes, how: Approvers) -> NameApprover:
    """How an approver is written: the code itself, or a pseudonym that only who has the key can tell from another's.

    The same person has the same pseudonym in all logs of one data folder (HMAC-SHA256, RFC 2104).
    """

    def pseudonym(code: PersonalCode) -> str:
        return f"approver-{hmac.new(key, code.encode(), hashlib.sha256).hexdigest()[:_PSEUDONYM_DIGITS]}"

    return str if how is Approvers.PLAIN else pseudonym


def log_record(history: History, name: NameApprover) -> None:
    """Write a line for the newest record of the batch, and one for each document whose end it tells."""
    record = history.records[-1]
    about = {"batch": history.batch, "route": history.gathered.route}
    match record:
        case Gathered() | Prepared():
            log.info("batch", **about, state=record.kind, documents=len(record.documents))
        case Split():
            told = {"rest": record.rest, "documents": len(history.documents)}
            log.warning("batch", **about, state=record.kind, why=record.why, **told)
        case Released():
            log.info("batch", **about, state=record.kind, releaser=name(record.releaser))
        case Signing():
            log.info("batch", **about, state=record.kind, approver=name(record.approver))
        case Lapsed():
            log.warning("batch", **about, state=record.kind, why=record.why)
        case Abandoned():
            by = {"approver": name(record.by)} if record.by else {}
            log.warning("batch", **about, state=record.kind, why=record.why, **by)
        case _:
            log.info("batch", **about, state=record.kind)
    outcomes = record.outcomes if isinstance(record, Delivered) else getattr(record, "refused", ())
    for outcome in outcomes:
        match outcome:
            case Delivery():
                log.info("document sealed", **about, document=outcome.document, level=outcome.level)
            case Refusal():
                log.warning("document refused", **about, document=outcome.document, reason=outcome.reason)


def log_fault(document: DocumentId, error: Exception) -> None:
    """Write where a fault of ours arose that one document met."""
    log.error("document met a fault of zimogs", document=document, exc_info=error)


def log_intake(outcome: IntakeOutcome) -> None:
    """Write a line for what became of one file of the inbox."""
    match outcome:
        case Document():
            log.info("document received", document=outcome.id, route=outcome.route, size=outcome.size)
        case Duplicate():
            document = outcome.document
            told = {"same_as": outcome.earlier.document, "duplicates": outcome.rule}
            log.info("document repeats another", document=document.id, route=document.route, **told)
        case Explanation():
            about = {"document": outcome.document, "route": outcome.route}
            log.warning("document quarantined", **about, reason=outcome.reason)
        case Stuck(path, error) if outcome.is_unexpected:
            log.error("file met a fault of zimogs", path=escape_controls(str(path)), exc_info=error)
        case Stuck(path, error):
            log.warning("file stuck", path=escape_controls(str(path)), error=str(error))
        case Untaken():
            told = {"why": outcome.obstacle, "advice": outcome.advice, "detail": outcome.detail}
            log.warning("file left in the inbox", path=outcome.path, **told)
