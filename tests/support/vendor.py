"""A vendor in memory that implements `jobs.ports.SealingService`: sessions, digests, values, sealed files.

It passes the same suite as the real client of the practice vendor. Anna is who consents. Bad weather is set by name:
`faults["finalize"]` is raised when finalize is called, after the work where `after_work` holds the name.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from jobs.model.digest import Digest, DigestSet, SessionDigest, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.errors import ConsentRefused, ConsentVoid, Permanent, Rejected, SealRefused
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Prepared
from jobs.model.seals import Authorization, Seal
from jobs.ports import SessionState
from tests.support.builders import ANNA


def value_for(digest: Digest) -> SignatureValue:
    return SignatureValue.of(b"signed:" + digest.value)


@dataclass(frozen=True)
class MemorySealedFile:
    """A sealed file: what was signed, by which value, and whether an archive timestamp is in it."""

    digest: Digest
    value: SignatureValue
    is_archived: bool = False


@dataclass
class MemorySession:
    """What the vendor holds in one session; `digest` waits for its value, `sealed` has got it."""

    documents: list[Document] = field(default_factory=list)
    digest: Digest | None = None
    sealed: MemorySealedFile | None = None


class MemoryVendor:
    def __init__(self) -> None:
        self.sessions: dict[str, MemorySession] = {}
        self.downloaded: dict[DocumentId, MemorySealedFile] = {}
        self.spent: set[str] = set()
        self.archived: Counter[str] = Counter()
        self.calls: list[str] = []
        self.opened: list[str] = []
        self.closed: list[str] = []
        # What it is told to do badly, and to which documents
        self.faults: dict[str, Exception] = {}
        self.after_work: set[str] = set()
        self.refused_at_upload: set[DocumentId] = set()
        self.unsealable: set[DocumentId] = set()
        self.revoked: set[str] = set()
        """Certificates that nothing is taken with."""
        self.errors_at_finalize: dict[DocumentId, str] = {}
        self.errors_at_archive: dict[DocumentId, str] = {}
        self.archived_in_words_only: set[DocumentId] = set()
        self.altered: set[DocumentId] = set()
        self.objected: set[DocumentId] = set()
        self.most_digests: int | None = None
        """How many it calculates at once; it does not say so."""
        self.offset: timedelta | None = timedelta(0)
        self._numbers = itertools.count()

    async def open_sessions(self, count: int) -> tuple[str, ...]:
        with self._call("open_sessions"):
            opened = tuple(f"session-{next(self._numbers)}" for _ in range(count))
            self.opened += opened
            self.sessions |= {session: MemorySession() for session in opened}
            return opened

    async def upload(self, session: str, document: Document, profile: Profile) -> None:
        with self._call("upload"):
            held = self._held(session)
            if document.id in self.refused_at_upload:
                raise Rejected(Reason.TOO_LARGE, "over the limit")
            if held.sealed is not None:
                raise Rejected(Reason.REFUSED_BY_VENDOR, "the session holds a sealed file")
            held.documents.append(document)

    async def digests(self, sessions: Sequence[str], seal: Seal, profile: Profile) -> DigestSet:
        with self._call("digests"):
            held = {session: self._held(session) for session in sessions}
            if seal.certificate in self.revoked:
                raise Rejected(Reason.REFUSED_BY_VENDOR, "signing:certificate")
            if self.most_digests is not None and len(held) > self.most_digests:
                raise Rejected(Reason.REFUSED_BY_VENDOR, "signing:calculateDigest")
            if not held or not all(self._can_be_sealed(one) for one in held.values()):
                raise Rejected(Reason.REFUSED_BY_VENDOR, "one of these cannot be sealed")
            for session, one in held.items():
                one.digest = Digest.sha256(f"{session}{one.documents[0].id}".encode())
            # In another order than it was asked: nobody may rely on it.
            return DigestSet(
                digests=tuple(
                    SessionDigest(session=s, digest=one.digest) for s, one in reversed(held.items()) if one.digest
                ),
                summary=f"summary-{self.calls.count('digests')}",
                summary_algorithm="SHA256",
                signature_algorithm="ecdsa",
            )

    async def require_accepted(self, seal: Seal) -> None:
        with self._call("require_accepted"):
            if seal.certificate in self.revoked:
                raise SealRefused("signing:certificate")

    async def sign(self, prepared: Prepared, authorization: Authorization) -> tuple[SignatureValue, ...]:
        with self._call("sign"):
            code = authorization.code.get_secret_value()
            if code in self.spent or authorization.summary != prepared.summary:
                raise ConsentVoid("invalid_grant")
            self.spent.add(code)
            if authorization.approver != ANNA:
                raise ConsentRefused("Another person than the approver consented.")
            return tuple(value_for(item.digest) for item in prepared.documents)

    async def finalize(self, values: Mapping[str, SignatureValue], seal: Seal) -> Mapping[str, str | None]:
        with self._call("finalize"):
            return {session: self._finalize(session, value) for session, value in values.items()}

    async def is_sealed(self, session: str, document: Document, profile: Profile) -> bool:
        with self._call("is_sealed"):
            return session in self.sessions and self.sessions[session].sealed is not None

    async def is_untouched(self, session: str, document: Document, profile: Profile) -> bool:
        with self._call("is_untouched"):
            held = self.sessions.get(session)
            return held is not None and held.sealed is None and held.documents == [document]

    async def session_state(self, session: str, document: Document, profile: Profile) -> SessionState:
        with self._call("session_state"):
            held = self.sessions.get(session)
            if held is None:
                return SessionState.GONE
            return SessionState.WAITS if held.sealed is None else SessionState.SEALED

    async def archive(self, sessions: Sequence[str], seal: Seal) -> Mapping[str, str | None]:
        with self._call("archive"):
            return {session: self._archive(session) for session in sessions}

    async def download(self, session: str, document: Document, profile: Profile) -> None:
        with self._call("download"):
            file = self._sealed_file(session)
            if document.id in self.altered:
                file = MemorySealedFile(Digest.sha256(b"another document"), file.value)
            self.downloaded[document.id] = file

    async def validation(self, session: str, document: Document, profile: Profile) -> str:
        with self._call("validation"):
            self._sealed_file(session)
            if document.id in self.objected:
                raise Rejected(Reason.NOT_VERIFIED, "TOTAL-FAILED")
            return "{}"

    async def close(self, session: str) -> None:
        self.closed.append(session)
        self.sessions.pop(session, None)

    async def session_life(self) -> timedelta:
        return timedelta(days=1)

    async def clock_offset(self) -> timedelta | None:
        return self.offset

    def finish_late(self) -> None:
        """Finalize at last what nobody waited for: every session whose digest is still without a value."""
        for session, held in self.sessions.items():
            if held.digest is not None:
                self._finalize(session, value_for(held.digest))

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        """Count the call, and let it fail before or after its work where the weather says so."""
        self.calls.append(name)
        fault = self.faults.get(name)
        if fault and name not in self.after_work:
            raise fault
        yield
        if fault:
            raise fault

    def _held(self, session: str) -> MemorySession:
        if session not in self.sessions:
            raise Permanent(f"unknown session {session}")
        return self.sessions[session]

    def _can_be_sealed(self, held: MemorySession) -> bool:
        return held.sealed is None and len(held.documents) == 1 and held.documents[0].id not in self.unsealable

    def _finalize(self, session: str, value: SignatureValue) -> str | None:
        held = self.sessions.get(session)
        if held is None:
            return "session:notFound"
        if held.digest is None or value != value_for(held.digest):
            return "signing:finalizeSigning"
        error = self.errors_at_finalize.get(held.documents[0].id)
        if error is None:
            held.sealed, held.digest = MemorySealedFile(held.digest, value), None
        return error

    def _archive(self, session: str) -> str | None:
        held = self.sessions.get(session)
        if held is None:
            return "session:notFound"
        if held.sealed is None:
            return "signing:addArchive"
        document = held.documents[0].id
        error = self.errors_at_archive.get(document)
        if error is None and document not in self.archived_in_words_only:
            self.archived[session] += 1
            held.sealed = MemorySealedFile(held.sealed.digest, held.sealed.value, is_archived=True)
        return error

    def _sealed_file(self, session: str) -> MemorySealedFile:
        held = self.sessions.get(session)
        if held is None or held.sealed is None:
            raise Rejected(Reason.NOT_FINALIZED, "the vendor holds no sealed file of this document")
        return held.sealed
