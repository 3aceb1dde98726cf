"""A frozen batch gets its digests. Documents that the vendor refuses are set aside here, before anyone is asked."""

from collections.abc import Mapping, Sequence

from jobs.concurrency import wait_for_all
from jobs.isolate import isolated
from jobs.model.digest import DigestSet
from jobs.model.documents import Document, Profile
from jobs.model.errors import Permanent, Rejected, Uncertain
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, DocumentId
from jobs.model.records import Abandoned, Prepared, PreparedDocument, Refusal
from jobs.model.seals import Seal
from jobs.ports import Tools
from jobs.settle import settle

Sessions = Mapping[str, DocumentId]
Refusals = tuple[Refusal, ...]

_REPLACEMENTS = 2  # sessions that are given up for one document before the batch has to rest


async def prepare(batch: BatchId, tools: Tools) -> History:
    """Open sessions, upload, have the digests calculated, and record them; idle unless the batch needs it.

    Raises NotEnrolled while nobody enrolled the route's seal, Outrun, and whatever the vendor's calls raise.
    """
    history = await tools.ledger.read(batch)
    if history.state not in {State.GATHERED, State.LAPSED}:
        return history
    seal = await tools.seals.find(history.gathered.seal)
    sessions, digests, refused = await _refreshed(history, seal, tools) or await _begun(history, seal, tools)
    if digests is None:
        return await _given_up(history, refused, tools)
    record = await _record(sessions, digests, seal, refused, tools)
    return await tools.ledger.append(history, record)


async def _refreshed(history: History, seal: Seal, tools: Tools) -> tuple[Sessions, DigestSet | None, Refusals] | None:
    """New digests in the sessions of an earlier preparation; None when there is none or the vendor lets go of it."""
    if not history.has(Prepared) or tools.now() >= history.prepared.expires_at:
        return None
    earlier = history.prepared
    sessions = {item.session: item.document for item in earlier.documents}
    try:
        digests = await tools.service.digests(tuple(sessions), seal, history.gathered.profile)
    except Permanent:
        return None
    return sessions, digests, earlier.refused


async def _begun(history: History, seal: Seal, tools: Tools) -> tuple[Sessions, DigestSet | None, Refusals]:
    profile = history.gathered.profile
    sessions, refused = await _uploaded(tuple(history.documents.values()), profile, tools)
    if not sessions:
        return sessions, None, refused

    async def calculate(some: Sequence[str]) -> DigestSet:
        return await tools.service.digests(some, seal, profile)

    digests, culprits = await isolated(tuple(sessions), calculate)
    unsealable = (_refusal(sessions[session], error) for session, error in culprits.items())
    return sessions, digests, (*refused, *unsealable)


async def _uploaded(documents: Sequence[Document], profile: Profile, tools: Tools) -> tuple[Sessions, Refusals]:
    opened = await tools.service.open_sessions(len(documents))
    pairs = zip(opened, documents, strict=True)
    uploads = await wait_for_all(_upload(session, document, profile, tools) for session, document in pairs)
    refused = tuple(upload for upload in uploads if isinstance(upload, Refusal))
    return dict(upload for upload in uploads if not isinstance(upload, Refusal)), refused


async def _upload(session: str, document: Document, profile: Profile, tools: Tools) -> tuple[str, DocumentId] | Refusal:
    """Fill the session, or another one: after a lost answer nobody knows what the first holds (§4.3)."""
    for _ in range(_REPLACEMENTS):
        try:
            return await _upload_once(session, document, profile, tools)
        except Uncertain:
            (session,) = await tools.service.open_sessions(1)
    return await _upload_once(session, document, profile, tools)


async def _upload_once(
    session: str, document: Document, profile: Profile, tools: Tools
) -> tuple[str, DocumentId] | Refusal:
    try:
        await tools.service.upload(session, document, profile)
    except Rejected as error:
        await tools.service.close(session)
        return _refusal(document.id, error)
    return session, document.id


def _refusal(document: DocumentId, error: Rejected) -> Refusal:
    return Refusal(document=document, reason=error.reason, detail=error.detail)


async def _record(sessions: Sessions, digests: DigestSet, seal: Seal, refused: Refusals, tools: Tools) -> Prepared:
    now = tools.now()
    documents = tuple(
        PreparedDocument(document=sessions[item.session], session=item.session, digest=item.digest)
        for item in digests.digests
    )
    return Prepared(
        at=now,
        documents=documents,
        refused=refused,
        seal=seal,
        summary=digests.summary,
        summary_algorithm=digests.summary_algorithm,
        signature_algorithm=digests.signature_algorithm,
        expires_at=now + min(tools.patience.approval, await tools.service.session_life()),
    )


async def _given_up(history: History, refused: Refusals, tools: Tools) -> History:
    record = Abandoned(at=tools.now(), why="no document of this batch could be prepared", refused=refused)
    history = await tools.ledger.append(history, record)
    await settle(history, tools)
    return history
