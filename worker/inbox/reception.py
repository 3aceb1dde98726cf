"""From a claimed file to a document that waits, or to a file in quarantine. Works in threads, group by group.

    1. to 3.    claims are staged, seized and brought onto the shelf
    4. judge    the file is inspected, and the document      a crash here: it is taken up again
                added to the claim
    5. admit    the claim is renamed onto the waiting list   … it waits

A refused file goes to quarantine instead of step 5; that is finished in the same way.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

import structlog

from jobs.model.documents import Document, SealFormat
from jobs.model.errors import Rejected
from jobs.model.names import DocumentId, RouteName
from jobs.model.reasons import Reason
from worker.error_text import error_text
from worker.guarded import TooSlow
from worker.inbox.candidates import Candidate
from worker.inbox.claim import Claim
from worker.inbox.claims import Arrival, Claims
from worker.inbox.hashing import media_type_of
from worker.inbox.judgement import Judge
from worker.inbox.outcomes import IntakeOutcome, Slow, Stuck, Uncompared
from worker.storage.explanation import Explanation
from worker.storage.layout import Place
from worker.storage.ports import DocumentShelf, KeptQuarantine

log = structlog.get_logger()


class Reception:
    """Judges and admits what `claims` bring. Every method blocks; `Intake` calls them from threads.

    What comes on `compared` routes is not admitted here: it is `Uncompared`.
    """

    def __init__(
        self,
        claims: Claims,
        shelf: DocumentShelf,
        quarantine: KeptQuarantine,
        judge: Judge,
        *,
        now: Callable[[], datetime],
        compared: Collection[RouteName] = (),
    ) -> None:
        self.claims = claims
        self.quarantine = quarantine
        self._shelf = shelf
        self._judge = judge
        self._now = now
        self._compared = frozenset(compared)

    def receive(self, candidates: Iterable[Candidate], *, alone: bool = False) -> list[IntakeOutcome]:
        """All five steps. `alone` gives each document all the time that it may take to be read."""
        claims, others = self.claims.claim(candidates)
        return [*self.finish(claims, alone=alone), *others]

    def finish(self, claims: Iterable[Claim], *, alone: bool = False) -> list[IntakeOutcome]:
        """Steps 3 to 5."""
        arrivals, outcomes = self.claims.bring_all(claims)
        settled = [self._settle_guarded(arrival, alone=alone) for arrival in arrivals]
        errors = self._shelf.write([outcome for outcome in settled if isinstance(outcome, Document)])
        for arrival, outcome in zip(arrivals, settled, strict=True):
            end = self._end(arrival, outcome, errors) if isinstance(outcome, Document) else outcome
            outcomes += [] if end is None else [end]
        self._shelf.admit([outcome for outcome in outcomes if isinstance(outcome, Document)])
        return outcomes

    def rest(self) -> None:
        """Keep nothing running for documents that are read alone."""
        self._judge.rest()

    def _settle_guarded(self, arrival: Arrival, *, alone: bool) -> IntakeOutcome | None:
        """Settle one whatever happens to it: the others of its group are innocent."""
        try:
            return self._settle(arrival, alone=alone)
        except Exception as error:  # noqa: BLE001
            return Stuck(arrival.place.original, error)

    def _settle(self, arrival: Arrival, *, alone: bool) -> IntakeOutcome | None:
        claim, place = arrival.claim, arrival.place
        try:
            try:
                document = self._document(arrival, alone=alone)
            except Rejected as error:
                return self._put_aside(arrival, error)
            except (TooSlow, OSError):
                raise
            except Exception as error:
                log.exception("file met a fault of zimogs", document=claim.id)
                return self._put_aside(arrival, Rejected(Reason.UNEXPECTED, error_text(error)))
        except TooSlow:
            return Slow(claim)
        except OSError as error:
            return _stick(place, error)
        return document

    def _end(self, arrival: Arrival, document: Document, errors: Mapping[DocumentId, OSError]) -> IntakeOutcome | None:
        """What becomes of a document that was judged, as far as it could be written."""
        if document.id in errors:
            return _stick(arrival.place, errors[document.id])
        is_compared = document.route in self._compared
        return Uncompared(document, is_wanted=arrival.claim.is_wanted) if is_compared else document

    def _document(self, arrival: Arrival, *, alone: bool) -> Document:
        """Raises Rejected, and TooSlow unless it is read `alone`."""
        claim, hashed = arrival.claim, arrival.hashed
        if hashed is None or arrival.refusal is not None:
            raise arrival.refusal or ValueError(f"{claim.name} was not read")
        route, remarks = self._judge.judge(claim, arrival.place.original, hashed, alone=alone)
        metadata = self._judge.judge_metadata(claim, arrival.place)
        is_pdf = self._judge.format_of(route) is SealFormat.PDF
        return Document(
            id=claim.id,
            route=route,
            name=claim.name,
            size=hashed.size,
            sha256=hashed.sha256,
            media_type="application/pdf" if is_pdf else media_type_of(claim.name),
            data_files=hashed.data_files,
            received_at=claim.received_at,
            way_in=claim.way_in,
            remarks=remarks,
            metadata=metadata,
        )

    def _put_aside(self, arrival: Arrival, error: Rejected) -> Explanation:
        claim = arrival.claim
        explanation = Explanation(
            document=claim.id,
            reason=error.reason,
            detail=error.detail,
            route=claim.route,
            name=claim.name,
            sha256=arrival.hashed.sha256.hex if arrival.hashed else "",
            size=arrival.size,
            received_at=claim.received_at,
            quarantined_at=self._now(),
        )
        self.quarantine.put_aside(explanation)
        return explanation


def _stick(place: Place, error: OSError) -> Stuck | None:
    """It is tried again; unless another process took up the same claim and was faster."""
    return Stuck(place.original, error) if place.original.exists() else None
