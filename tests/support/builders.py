"""Values for tests: each builder says only what matters to the test that calls it."""

import base64
from datetime import UTC, datetime, timedelta

from jobs.model.digest import Digest
from jobs.model.documents import Document, Limits, Profile, Route
from jobs.model.names import DocumentId, PersonalCode, RouteName, document_id, personal_code
from jobs.model.seals import Seal
from jobs.ports import Age

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANNA: PersonalCode = personal_code("PNOLV-000123-00001")
JANIS: PersonalCode = personal_code("PNOLV-000123-00002")
INVOICES = RouteName("invoices")


def age_at(now: datetime) -> Age:
    """Ages as they are at that time."""
    return lambda at: max(timedelta(0), now - at)


def a_document_id(number: int = 1) -> DocumentId:
    return document_id(NOON, number.to_bytes(6, "big"))


def a_document(number: int = 1, *, age: float = 0, size: int = 1000, name: str | None = None) -> Document:
    """A document that came `age` seconds before noon."""
    return Document(
        id=a_document_id(number),
        route=INVOICES,
        name=name or f"invoice-{number}.pdf",
        size=size,
        sha256=Digest.sha256(str(number).encode()),
        received_at=NOON - timedelta(seconds=age),
    )


def documents(count: int) -> tuple[Document, ...]:
    return tuple(a_document(number) for number in range(1, count + 1))


def limits(*, max_documents: int = 100, max_bytes: int = 10**9, max_wait: float = 30) -> Limits:
    return Limits.model_validate(
        {"max_documents": max_documents, "max_bytes": max_bytes, "max_wait": timedelta(seconds=max_wait)}
    )


def a_route(*, max_documents: int = 100, max_wait: float = 30, profile: Profile | None = None) -> Route:
    return Route(
        name=INVOICES,
        seal="CN:SIA PARAUGS: eZīmogs",
        profile=profile or Profile(),
        limits=limits(max_documents=max_documents, max_wait=max_wait),
        approvers=frozenset({ANNA}),
    )


def a_seal(label: str = "CN:SIA PARAUGS: eZīmogs") -> Seal:
    return Seal(
        label=label,
        identity="sealidentity1",
        certificate=base64.b64encode(b"seal certificate").decode(),
        authentication_certificate=base64.b64encode(b"authentication certificate").decode(),
        holder=ANNA,
        enrolled_at=NOON,
    )
