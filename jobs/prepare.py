"""A frozen batch gets its digests. Documents that the vendor refuses are set aside here, before anyone is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from jobs.approve import is_expired
from jobs.concurrency import wait_for_all
from jobs.enrol import require_not_ended
from jobs.isolate import isolate
from jobs.lapse import has_renewed_seal
from jobs.model.digest import DigestSet
from jobs.model.documents import Document, Profile
from jobs.model.errors import Permanent, Rejected, SealingError, TooMany, Uncertain
from jobs.model.history import History
from jobs.model.lifecycle import TO_PREPARE
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned, Delivery, Prepared, PreparedDocument, Refusal
from jobs.model.seals import Seal
from jobs.model.text import Text
from jobs.model.vendor_limits import LearnedLimit, LimitKind
from jobs.ports import Tools
from jobs.right_clock import require_right_clock
from jobs.sealed_before import SealedBefore, look_into_outbox, look_into_sessions
from jobs.settle import settle
from jobs.split import open_rest, split
from jobs.unexpected import refusing_unexpected

_TRIES = 8
"""Uploads of one document whose answers may be lost before it is suspected: even where one in five is lost, a good
document meets that once in half a million times."""
_SUSPECTS = 4
"""At most one document in so many (and always one) is suspected; when more fail, it is the vendor that fails."""


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """What the vendor holds for a batch: documents by session, their digests, and which documents it refused.

    `digests` is None when no document is left; `delivered` were sealed before and are not sent.
    """

    sessions: dict[str, DocumentId]
    digests: DigestSet | None
    refused: tuple[Refusal, ...]
    delivered: tuple[Delivery, ...] = ()
    caution: str = ""

    def record(self, digests: DigestSet, seal: Seal, now: datetime, life: timedelta) -> Prepared:
        """The same as a record, which is void after `life`."""
        return Prepared(
            at=now,
            documents=tuple(
                PreparedDocument(document=self.sessions[item.session], session=item.session, digest=item.digest)
                for item in digests.digests
            ),
            refused=self.refused,
            delivered=self.delivered,
            caution=self.caution,
            seal=seal,
            summary=digests.summary,
            summary_algorithm=digests.summary_algorithm,
            signature_algorithm=digests.signature_algorithm,
            expires_at=now + life,
        )


@dataclass(frozen=True, slots=True)
class _Unanswered:
    """A document that the vendor never said anything about, however often it was sent."""

    document: DocumentId
    error: Uncertain


async def prepare(batch: BatchId, tools: Tools) -> History:
    """Open sessions, upload, have the digests calculated, and record them; idle unless the batch needs it.

    A batch that is too large for one authorization is split first, as far as the vendor's limit is known or met.
    Raises NotEnrolled while nobody enrolled the route's seal, SealExpired and SealRefused, Conflict, and whatever the
    vendor's calls raise.
    """
    history = await tools.ledger.read(batch)
    if history.state not in TO_PREPARE:
        return history
    history = await open_rest(history, tools)
    seal = await tools.seals.find(history.gathered.seal)
    require_not_ended(seal, tools)
    if history.is_stopped and not await has_renewed_seal(history.glance, tools):
        return history
    await require_right_clock(tools)
    most = (await tools.limits.known()).most_documents(len(history.documents))
    if most < len(history.documents):
        history = await split(history, most, tools)
    known = await look_into_outbox(history, tools)
    try:
        preparation = await _renew_digests(history, seal, known, tools)
        if preparation is None:
            known = await look_into_sessions(history, known, tools)
            preparation = await _prepare_from_start(history, seal, known, tools)
    except TooMany as error:
        learned = LearnedLimit(kind=LimitKind.CONSENT, most=error.most, learned_at=tools.now(), said=str(error))
        await tools.limits.learn(learned)
        await split(history, error.most, tools)
        return await prepare(batch, tools)
    if preparation.digests is None:
        why = known.caution or Text("no document of this batch could be prepared")
        record = Abandoned(at=tools.now(), why=why, refused=preparation.refused, delivered=preparation.delivered)
        history = await tools.ledger.append(history, record)
        await settle(history, tools)
        return history
    life = min(tools.patience.approval, await tools.service.session_life())
    return await tools.ledger.append(history, preparation.record(preparation.digests, seal, tools.now(), life))


async def _renew_digests(history: History, seal: Seal, known: SealedBefore, tools: Tools) -> PreparedBatch | None:
    """New digests in the sessions of an earlier preparation; None when there is none or the vendor lets go of it.

    None too when a document in it is known to be sealed before.
    """
    if not history.has(Prepared) or is_expired(history.prepared, tools.age):
        return None
    earlier = history.prepared
    if not known.documents.isdisjoint(item.document for item in earlier.documents):
        return None
    sessions = {item.session: item.document for item in earlier.documents if item.document in history.documents}
    try:
        digests = await tools.service.digests(tuple(sessions), seal, history.gathered.profile)
    except Permanent:
        return None
    refused = tuple(one for one in earlier.refused if one.document in history.documents)
    delivered = tuple(one for one in earlier.delivered if one.document in history.documents)
    return PreparedBatch(sessions, digests, refused, delivered, earlier.caution)


async def _prepare_from_start(history: History, seal: Seal, known: SealedBefore, tools: Tools) -> PreparedBatch:
    profile = history.gathered.profile
    sealed_before = known.documents
    documents = tuple(one for one in history.documents.values() if one.id not in sealed_before)
    if not documents:
        return PreparedBatch({}, None, known.refused, known.delivered)

    is_asked_about = False

    async def calculate(some: Sequence[str]) -> DigestSet:
        nonlocal is_asked_about
        try:
            return await tools.service.digests(some, seal, profile)
        except Permanent:
            # Before any document is looked for, or blamed: of thousands each would be asked about.
            if not is_asked_about:
                is_asked_about = True
                await tools.service.require_accepted(seal)
            raise

    async with _Sessions(tools) as sessions:
        pairs = zip(await sessions.begin(len(documents)), documents, strict=True)
        uploads = await wait_for_all(sessions.upload(session, document, profile) for session, document in pairs)
        refused = [*known.refused, *(upload for upload in uploads if isinstance(upload, Refusal))]
        refused += _suspect([upload for upload in uploads if isinstance(upload, _Unanswered)], len(documents))
        held = dict(upload for upload in uploads if isinstance(upload, tuple))
        if not held:
            return PreparedBatch(held, None, tuple(refused), known.delivered)
        digests, culprits = await isolate(tuple(held), calculate)
        await sessions.close(*culprits)
        refused += [_refusal(held[session], error) for session, error in culprits.items()]
        return PreparedBatch(held, digests, tuple(refused), known.delivered, known.caution)


class _Sessions:
    """The vendor's sessions of one try, each filled with one document.

    A try that fails leaves none of them open at the vendor: the next one begins with sessions of its own.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._open: set[str] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SealingError):
            await self.close(*self._open)

    async def begin(self, count: int) -> tuple[str, ...]:
        opened = await self._tools.service.open_sessions(count)
        self._open.update(opened)
        return opened

    async def close(self, *sessions: str) -> None:
        self._open.difference_update(sessions)
        await wait_for_all(self._tools.service.close(session) for session in sessions)

    async def upload(
        self, session: str, document: Document, profile: Profile
    ) -> tuple[str, DocumentId] | Refusal | _Unanswered:
        """Fill the session, or another one: after a lost answer nobody knows what the first holds (vendor §4.3)."""
        tries = 0
        while True:
            try:
                with refusing_unexpected(document.id, self._tools):
                    await self._tools.service.upload(session, document, profile)
            except Rejected as error:
                await self.close(session)
                return _refusal(document.id, error)
            except Uncertain as error:
                await self.close(session)
                tries += 1
                if tries == _TRIES:
                    return _Unanswered(document.id, error)
                (session,) = await self.begin(1)
            else:
                return session, document.id


def _suspect(unanswered: Sequence[_Unanswered], count: int) -> list[Refusal]:
    """Refuse the few documents that the vendor fails on while it takes all the others; raises when it fails on many."""
    if unanswered and (count == 1 or len(unanswered) > max(1, count // _SUSPECTS)):
        raise unanswered[0].error
    return [
        Refusal(
            document=one.document,
            reason=Reason.REFUSED_BY_VENDOR,
            detail=Text.counted(
                "the sealing service failed on this document once: {why}",
                "the sealing service failed on this document {count} times: {why}",
                _TRIES,
                why=one.error,
            ),
        )
        for one in unanswered
    ]


def _refusal(document: DocumentId, error: Rejected) -> Refusal:
    return Refusal(document=document, reason=error.reason, detail=error.detail)
