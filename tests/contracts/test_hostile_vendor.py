"""The worker's own client and judgement against every hand of the practice vendor: honest ones pass, hostile never."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509

from jobs.model.documents import Content, Document, Profile, SealFormat
from jobs.model.errors import Rejected
from jobs.model.levels import SealLevel
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation, Proof
from sandbox.variants import Variants
from sandbox.variants.signapi import ContainerWriter, OcspTime, PdfWriter
from sandbox.weather.acts import HostileAct
from sandbox.weather.rules import Kind
from tests.sandbox.practice import an_invoice
from tests.sandbox.test_pades_originals import ORIGINALS, hybrid
from tests.sandbox.written import KINDS, a_page
from tests.support.preflight import reason_against
from tests.wire.practice import PDF, Practice, practising, utc_now
from worker.audit import AuditOutcome, audit
from worker.verification.verifier import LocalVerifier

EDOC = Profile(format=SealFormat.EDOC)
HASHED = Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY)
LTA = Profile(level=SealLevel.LTA)
LACKING = a_page(b"", b" /Resources <</XObject <</Wm 9 0 R>>>>")
"""A page that shows what is not there: an object for a hostile hand to supply."""
OF_PDFS = [act for act in HostileAct if not act.__doc__ or not act.__doc__.startswith("container")]
OF_CONTAINERS = [act for act in HostileAct if not act.__doc__ or not act.__doc__.startswith("PDF")]
OF_HASHES = [act for act in OF_CONTAINERS if act is not HostileAct.SWAP_FILE and act is not HostileAct.ADD_FILE]
HONEST = {
    **ORIGINALS,
    "hybrid": hybrid(an_invoice()),
    "one key twice": a_page(b"", b" /Rotate 0 /Rotate 0"),
    **KINDS,
}


@pytest.fixture
async def practice(vendor_state: Path, tmp_path: Path) -> AsyncIterator[Practice]:
    async with practising(vendor_state, tmp_path) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Fetched:
    """A sealed file on the shelf, and what it must turn out to be."""

    document: Document
    expectation: Expectation


async def fetched(practice: Practice, documents: Sequence[Document], profile: Profile) -> list[Fetched]:
    """Have the documents sealed, and fetch what the vendor says it sealed."""
    service, seal = practice.client.service, await practice.seal()
    prepared = await practice.prepare(documents, seal, profile)
    approved_at = utc_now()
    values = await practice.sign(prepared)
    assert set((await service.finalize(values, seal)).values()) == {None}
    if profile.level is SealLevel.LTA:
        assert set((await service.archive([item.session for item in prepared.documents], seal)).values()) == {None}
    by_id = {document.id: document for document in documents}
    for item in prepared.documents:
        await service.download(item.session, by_id[item.document], profile)
    return [
        Fetched(
            by_id[item.document],
            Expectation(
                digest=item.digest,
                value=values[item.session],
                certificate=seal.certificate,
                profile=profile,
                approved_at=approved_at,
            ),
        )
        for item in prepared.documents
    ]


def anchors(practice: Practice) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(practice.vendor.authority.root_pem)]


async def judge(practice: Practice, sealed: Fetched) -> Proof:
    """Judge a file as the worker does before it delivers it."""
    return await LocalVerifier(practice.place, anchors(practice), utc_now).verify_sealed(
        sealed.document, sealed.expectation
    )


async def judge_one(practice: Practice, document: Document, profile: Profile) -> Proof:
    (sealed,) = await fetched(practice, [document], profile)
    return await judge(practice, sealed)


async def levels(practice: Practice, originals: Mapping[str, bytes], profile: Profile) -> dict[str, str]:
    """What is found of each original, sealed in one batch: its level, or why it is refused."""
    documents = [practice.document(number, content=content) for number, content in enumerate(originals.values(), 1)]
    found = {}
    for name, sealed in zip(originals, await fetched(practice, documents, profile), strict=True):
        try:
            found[name] = (await judge(practice, sealed)).level_name
        except Rejected as refusal:
            found[name] = str(refusal)
    return found


async def outcomes(practice: Practice, originals: Mapping[str, bytes]) -> dict[str, AuditOutcome]:
    """What libraries say of the file that was sealed last of each original."""
    places = [
        practice.place(practice.document(number, content=each)) for number, each in enumerate(originals.values(), 1)
    ]
    reports = [await audit(sealed, anchors(practice), utc_now()) for _, sealed in places]
    return {name: report.outcome for name, report in zip(originals, reports, strict=True)}


def choose(practice: Practice, writer: PdfWriter) -> None:
    practice.vendor.switchboard.set(Variants(pdf_writer=writer))


def altered() -> "pytest.RaisesExc[Rejected]":
    """The refusal that raises the alarm, and not that of a file nobody could judge."""
    return pytest.raises(Rejected, check=lambda error: error.reason is Reason.NOT_VERIFIED)


@pytest.mark.parametrize("writer", list(PdfWriter))
async def test_what_an_honest_hand_seals_is_delivered(practice: Practice, writer: PdfWriter) -> None:
    choose(practice, writer)
    assert await levels(practice, HONEST, PDF) == dict.fromkeys(HONEST, "PAdES B-LT")
    assert await outcomes(practice, HONEST) == dict.fromkeys(HONEST, AuditOutcome.SOUND)


def test_what_honest_hands_are_given_was_let_in_unless_a_part_is_missing(tmp_path: Path) -> None:
    reasons = {name: reason_against(content, tmp_path) for name, content in HONEST.items()}
    assert reasons == dict.fromkeys(HONEST) | {"reference to nothing": Reason.INCOMPLETE}


@pytest.mark.parametrize("writer", list(PdfWriter))
async def test_what_an_honest_hand_archives_is_delivered(practice: Practice, writer: PdfWriter) -> None:
    choose(practice, writer)
    assert await levels(practice, HONEST, LTA) == dict.fromkeys(HONEST, "PAdES B-LTA")


@pytest.mark.parametrize("writer", [PdfWriter.PYHANKO, PdfWriter.TABLE])
@pytest.mark.parametrize("act", OF_PDFS)
async def test_no_pdf_of_a_hostile_hand_is_delivered(practice: Practice, act: HostileAct, writer: PdfWriter) -> None:
    choose(practice, writer)
    practice.order(act.operation, Kind.HOSTILE, act=act)
    with altered():
        await judge_one(practice, practice.document(content=LACKING if act is HostileAct.SUPPLY else an_invoice()), PDF)


@pytest.mark.parametrize("act", OF_CONTAINERS)
async def test_no_container_of_a_hostile_hand_is_delivered(practice: Practice, act: HostileAct) -> None:
    practice.order(act.operation, Kind.HOSTILE, act=act)
    with altered():
        await judge_one(practice, practice.document(name="līgums.txt", content=b"Pay 100 EUR"), EDOC)


@pytest.mark.parametrize("act", OF_HASHES)
async def test_no_container_around_hashes_of_a_hostile_hand_is_delivered(practice: Practice, act: HostileAct) -> None:
    practice.order(act.operation, Kind.HOSTILE, act=act)
    with altered():
        await judge_one(practice, practice.document(name="līgums.txt", content=b"Pay 100 EUR"), HASHED)


def test_the_page_that_lacks_something_shows_nothing_of_it() -> None:
    with pikepdf.open(BytesIO(LACKING)) as pdf:
        assert pdf.get_object(9, 0) is None


@pytest.mark.parametrize("profile", [EDOC, HASHED])
@pytest.mark.parametrize("writer", list(ContainerWriter))
async def test_containers_are_delivered_from_either_librarys_hand(
    practice: Practice, profile: Profile, writer: ContainerWriter
) -> None:
    practice.vendor.switchboard.set(Variants(container_writer=writer))
    document = practice.document(name="līgums.txt", content=b"Pay 100 EUR")
    (sealed,) = await fetched(practice, [document], profile)
    assert (await judge(practice, sealed)).level_name == "XAdES B-LT"


@pytest.mark.parametrize(
    ("when", "pdf", "container"),
    [
        (OcspTime.BEFORE, "PAdES B-LT", "older than its timestamp"),
        (OcspTime.JUST_BEFORE, "PAdES B-LT", "older than its timestamp"),
        (OcspTime.AFTER, "PAdES B-LT", "XAdES B-LT"),
    ],
)
async def test_an_answer_older_than_the_timestamp_is_enough_for_a_pdf_and_not_for_a_container(
    practice: Practice, when: OcspTime, pdf: str, container: str
) -> None:
    practice.vendor.switchboard.set(Variants(ocsp_time=when))
    assert await levels(practice, {"invoice": an_invoice()}, PDF) == {"invoice": pdf}
    assert container in (await levels(practice, {"text": b"Pay 100 EUR"}, EDOC))["text"]
