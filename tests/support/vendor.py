"""A vendor in memory that implements `jobs.ports.SealingService`: sessions, digests, values, sealed files.

Bad weather is set by name: `faults["finalize"]` is raised when finalize is called, after the work where
`after_work` holds the name.
"""

import itertools
from collections.abc import Mapping, Sequence
from datetime import timedelta

from jobs.model.digest import Digest, DigestSet, SessionDigest, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.errors import Permanent, Rejected
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Prepared
from jobs.model.seals import Authorization, Seal


def value_for(digest: Digest) -> SignatureValue:
    return SignatureValue.of(b"signed:" + digest.value)


class MemoryVendor:
    def __init__(self) -> None:
        self.sessions: dict[str, Document | None] = {}
        self.sealed: set[str] = set()
        self.downloaded: set[DocumentId] = set()
        self.refused_at_upload: set[DocumentId] = set()
        self.unsealable: set[DocumentId] = set()
        self.errors_at_finalize: dict[DocumentId, str] = {}
        self.archived: set[DocumentId] = set()
        self.errors_at_archive: dict[DocumentId, str] = {}
        self.objected: set[DocumentId] = set()
        self.faults: dict[str, Exception] = {}
        self.after_work: set[str] = set()
        self.calls: list[str] = []
        self.spent: set[str] = set()
        self._numbers = itertools.count()

    async def open_sessions(self, count: int) -> tuple[str, ...]:
        self._called("open_sessions")
        opened = tuple(f"session-{next(self._numbers)}" for _ in range(count))
        self.sessions |= dict.fromkeys(opened)
        return opened

    async def upload(self, session: str, document: Document, profile: Profile) -> None:
        self._called("upload")
        if document.id in self.refused_at_upload:
            raise Rejected(Reason.TOO_LARGE, "over the limit")
        self.sessions[session] = document

    async def digests(self, sessions: Sequence[str], seal: Seal, profile: Profile) -> DigestSet:
        self._called("digests")
        held = [(session, self._held(session)) for session in sessions]
        if any(document.id in self.unsealable for _, document in held):
            raise Rejected(Reason.REFUSED_BY_VENDOR, "one of these cannot be sealed")
        digests = [SessionDigest(session=s, digest=Digest.sha256(f"{s}{d.id}".encode())) for s, d in reversed(held)]
        return DigestSet(
            digests=tuple(digests),
            summary=f"summary-{self.calls.count('digests')}",
            summary_algorithm="SHA256",
            signature_algorithm="ecdsa",
        )

    async def sign(self, prepared: Prepared, authorization: Authorization) -> tuple[SignatureValue, ...]:
        self._called("sign")
        code = authorization.code.get_secret_value()
        if code in self.spent or authorization.summary != prepared.summary:
            raise Permanent("invalid_grant")
        self.spent.add(code)
        self._lost("sign")
        return tuple(value_for(item.digest) for item in prepared.documents)

    async def finalize(self, values: Mapping[str, SignatureValue], seal: Seal) -> Mapping[str, str | None]:
        self._called("finalize")
        errors = {session: self.errors_at_finalize.get(self._held(session).id) for session in values}
        self.sealed |= {session for session, error in errors.items() if error is None}
        self._lost("finalize")
        return errors

    async def is_sealed(self, session: str, document: Document, profile: Profile) -> bool:
        self._called("is_sealed")
        return session in self.sealed

    async def archive(self, sessions: Sequence[str], seal: Seal) -> Mapping[str, str | None]:
        self._called("archive")
        errors = {session: self.errors_at_archive.get(self._held(session).id) for session in sessions}
        self.archived |= {self._held(session).id for session, error in errors.items() if error is None}
        self._lost("archive")
        return errors

    async def download(self, session: str, document: Document, profile: Profile) -> None:
        self._called("download")
        self._lost("download")
        self.downloaded.add(document.id)

    async def validation(self, session: str, document: Document, profile: Profile) -> str:
        self._called("validation")
        if document.id in self.objected:
            raise Rejected(Reason.NOT_VERIFIED, "TOTAL-FAILED")
        return "{}"

    async def close(self, session: str) -> None:
        self.sessions.pop(session, None)

    async def session_life(self) -> timedelta:
        return timedelta(days=1)

    def _held(self, session: str) -> Document:
        document = self.sessions.get(session)
        if document is None:
            raise Permanent(f"unknown session {session}")
        return document

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.faults and name not in self.after_work:
            raise self.faults[name]

    def _lost(self, name: str) -> None:
        if name in self.faults and name in self.after_work:
            raise self.faults[name]
