"""A vendor, a verifier and a person, twice: in memory, and the practice vendor over HTTP. The suites run on both."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Protocol

from pydantic import SecretStr

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.errors import Uncertain
from jobs.model.records import Prepared, PreparedDocument
from jobs.model.seals import Authorization, Expectation, Seal
from jobs.ports import SealingService, Verifier
from sandbox.people.person import Peculiarity
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.support.builders import ANNA, NOON, a_document, a_seal
from tests.support.small import MemoryVerifier
from tests.support.vendor import MemoryVendor
from tests.wire.practice import BATCH, PDF, Practice, utc_now
from worker.verification.verifier import LocalVerifier

LARGEST = 100_000
"""Bytes that the practice vendor of these suites takes."""


class VendorSide(Protocol):
    """What a suite may touch."""

    @property
    def service(self) -> SealingService: ...
    @property
    def verifier(self) -> Verifier: ...
    def document(self, number: int) -> Document: ...
    def too_large(self, number: int) -> Document: ...
    def unsealable(self, number: int) -> Document: ...
    def alter(self, document: Document) -> None:
        """Change the sealed file that was downloaded."""

    def lost_answer(self, call: str) -> AbstractContextManager[None]:
        """Let the next such call do its work, and lose its answer."""
        ...

    async def seal(self) -> Seal: ...
    async def revoked_seal(self) -> Seal: ...
    async def consent(self, prepared: Prepared) -> Authorization: ...


@dataclass(frozen=True)
class InMemory:
    """The fakes of the story tests."""

    service: MemoryVendor = field(default_factory=MemoryVendor)
    _codes: Iterator[int] = field(default_factory=count)

    @property
    def verifier(self) -> Verifier:
        return MemoryVerifier(self.service.downloaded)

    def document(self, number: int) -> Document:
        return a_document(number)

    def too_large(self, number: int) -> Document:
        self.service.refused_at_upload.add(a_document(number).id)
        return a_document(number)

    def unsealable(self, number: int) -> Document:
        self.service.unsealable.add(a_document(number).id)
        return a_document(number)

    def alter(self, document: Document) -> None:
        file = self.service.downloaded[document.id]
        self.service.downloaded[document.id] = replace(file, digest=Digest.sha256(b"another document"))

    @contextmanager
    def lost_answer(self, call: str) -> Iterator[None]:
        self.service.faults, self.service.after_work = {call: Uncertain("reset")}, {call}
        yield
        self.service.faults, self.service.after_work = {}, set()

    async def seal(self) -> Seal:
        return a_seal()

    async def revoked_seal(self) -> Seal:
        self.service.revoked.add("cmV2b2tlZA==")
        return a_seal().model_copy(update={"certificate": "cmV2b2tlZA=="})

    async def consent(self, prepared: Prepared) -> Authorization:
        code = SecretStr(f"code-{next(self._codes)}")
        return Authorization(batch=BATCH, approver=ANNA, summary=prepared.summary, code=code, granted_at=NOON)


@dataclass(frozen=True)
class OverHttp:
    """The real client of the practice vendor, and the real verifier of what it sends."""

    practice: Practice

    @property
    def service(self) -> SealingService:
        return self.practice.client.service

    @property
    def verifier(self) -> Verifier:
        return LocalVerifier(self.practice.place, [self.practice.vendor.authority.root.certificate], utc_now)

    def document(self, number: int) -> Document:
        return self.practice.document(number)

    def too_large(self, number: int) -> Document:
        return self.practice.document(number, content=b"%PDF-1.7\n".ljust(LARGEST + 1))

    def unsealable(self, number: int) -> Document:
        return self.practice.document(number, content=b"not a PDF")

    def alter(self, document: Document) -> None:
        _, sealed = self.practice.place(document)
        content = sealed.read_bytes()
        sealed.write_bytes(content.replace(b"/ByteRange", b"/ByteRangf", 1) + b" ")

    @contextmanager
    def lost_answer(self, call: str) -> Iterator[None]:
        at = {"finalize": At.FINALIZE, "archive": At.ARCHIVE, "sign": At.SIGN}[call]
        self.practice.order(at, Kind.RESET, after_work=True)
        yield

    async def seal(self) -> Seal:
        return await self.practice.seal()

    async def revoked_seal(self) -> Seal:
        karlis = self.practice.vendor.people["karlis"]
        revoked = next(seal for seal in karlis.seals if seal.peculiarity is Peculiarity.REVOKED)
        certificate = base64.b64encode(revoked.credential.certificate_der).decode()
        return (await self.seal()).model_copy(update={"certificate": certificate})

    async def consent(self, prepared: Prepared) -> Authorization:
        return await self.practice.consent(prepared)


async def prepare(side: VendorSide, documents: Sequence[Document], profile: Profile = PDF) -> Prepared:
    """One session for each document, filled, with its digest."""
    sessions = await side.service.open_sessions(len(documents))
    held = dict(zip(sessions, documents, strict=True))
    for session, document in held.items():
        await side.service.upload(session, document, profile)
    seal = await side.seal()
    digests = await side.service.digests(sessions, seal, profile)
    return Prepared(
        at=NOON,
        documents=tuple(
            PreparedDocument(document=held[each.session].id, session=each.session, digest=each.digest)
            for each in digests.digests
        ),
        seal=seal,
        summary=digests.summary,
        summary_algorithm=digests.summary_algorithm,
        signature_algorithm=digests.signature_algorithm,
        expires_at=NOON + await side.service.session_life(),
    )


async def sign(side: VendorSide, prepared: Prepared) -> dict[str, SignatureValue]:
    """Values by session, as finalize wants them."""
    values = await side.service.sign(prepared, await side.consent(prepared))
    pairs = [(item.digest, value) for item, value in zip(prepared.documents, values, strict=True)]
    verified = await side.verifier.verify_values(prepared.seal, pairs)
    return {item.session: value for item, value in zip(prepared.documents, verified, strict=True)}


@dataclass(frozen=True)
class SealedDocument:
    """One document that the vendor has sealed."""

    document: Document
    session: str
    prepared: Prepared
    value: SignatureValue
    profile: Profile

    @property
    def expectation(self) -> Expectation:
        (item,) = self.prepared.documents
        certificate = self.prepared.seal.certificate
        return Expectation(digest=item.digest, value=self.value, certificate=certificate, profile=self.profile)


async def seal_one(side: VendorSide, number: int = 1, profile: Profile = PDF) -> SealedDocument:
    """Bring one document through to its sealed file at the vendor."""
    document = side.document(number)
    prepared = await prepare(side, [document], profile)
    ((session, value),) = (await sign(side, prepared)).items()
    assert await side.service.finalize({session: value}, prepared.seal) == {session: None}
    return SealedDocument(document, session, prepared, value, profile)
