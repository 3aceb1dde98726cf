"""Level B-LTA: a document timestamp over seal and proofs, accepted by other people's verifiers."""

from datetime import timedelta
from pathlib import Path

import pytest
from pikepdf import Encryption
from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed

from sandbox.pades import NotArchivable, archive
from sandbox.pki import KeyKind
from tests.sandbox.practice import NOW, an_invoice, change_pdf, seal_pdf, the_authority
from tests.sandbox.test_pades_originals import EVERY_ORIGINAL
from tests.sandbox.verifiers import (
    lt_verdicts,
    lta_indication,
    openssl_verifies_timestamp,
    pdfsig_report,
    signatures,
)

ROOT = the_authority().root_pem
# pyHanko wants what is proven to lie in the past of the clock on the wall.
SEALED, ARCHIVED, AGAIN = (NOW - timedelta(minutes=minutes) for minutes in (9, 6, 3))


def a_seal_of_then(document: bytes | None = None, kind: KeyKind = KeyKind.P256) -> bytes:
    return seal_pdf(an_invoice() if document is None else document, kind, SEALED)


def archive_pdf(document: bytes) -> bytes:
    return archive(document, the_authority(), ARCHIVED)


def twice() -> bytes:
    return archive(archive_pdf(a_seal_of_then()), the_authority(), AGAIN)


@pytest.mark.parametrize("kind", list(KeyKind))
async def test_an_archived_seal_is_available_for_the_long_term_and_a_mere_lt_seal_is_not(kind: KeyKind) -> None:
    before = a_seal_of_then(kind=kind)
    assert await lta_indication(before, ROOT, NOW) is AdESIndeterminate.NO_POE
    assert await lta_indication(archive_pdf(before), ROOT, NOW) is AdESPassed.OK


async def test_a_second_archive_timestamp_proves_the_first(tmp_path: Path) -> None:
    document = twice()
    assert await lta_indication(document, ROOT, NOW) is AdESPassed.OK
    assert [openssl_verifies_timestamp(document, place, ROOT, tmp_path) for place in (1, 2)] == [True, True]


def test_openssl_accepts_the_document_timestamp(tmp_path: Path) -> None:
    assert openssl_verifies_timestamp(archive_pdf(a_seal_of_then()), 1, ROOT, tmp_path)


def test_openssl_refuses_it_over_other_proofs(tmp_path: Path) -> None:
    before = a_seal_of_then()
    tampered = archive_pdf(before).replace(b"/OCSPs [", b"/OCSPs  [", 1)[: len(archive_pdf(before))]
    assert not openssl_verifies_timestamp(tampered, 1, ROOT, tmp_path)


@EVERY_ORIGINAL
async def test_the_seal_stays_valid(document: bytes, tmp_path: Path) -> None:
    before = a_seal_of_then(document)
    after = archive_pdf(before)
    assert after.startswith(before)
    assert (await lt_verdicts(before, ROOT, NOW))[0].bottom_line
    assert "Signature is Valid" in pdfsig_report(after, tmp_path)
    assert await lta_indication(after, ROOT, NOW) is AdESPassed.OK


def test_the_document_timestamp_covers_the_whole_file() -> None:
    document = archive_pdf(a_seal_of_then())
    _, timestamp = signatures(document)
    assert timestamp.sig_object["/Type"] == "/DocTimeStamp"
    begin, length, resume, rest = timestamp.byte_range
    assert (begin, resume + rest) == (0, len(document))
    assert document[length : length + 1] + document[resume - 1 : resume] == b"<>"


def test_the_first_one_needs_no_proofs_of_its_own_and_the_second_brings_newer_ones() -> None:
    stores = [
        signatures(document)[0].reader.root["/DSS"]
        for document in (a_seal_of_then(), archive_pdf(a_seal_of_then()), twice())
    ]
    counted = [tuple(len(store[key]) for key in ("/Certs", "/OCSPs", "/CRLs")) for store in stores]
    assert counted == [(5, 2, 1), (5, 2, 1), (5, 3, 2)]


def test_two_archive_timestamps_within_a_second_share_their_proofs() -> None:
    document = archive(archive_pdf(seal_pdf(an_invoice(), now=ARCHIVED)), the_authority(), ARCHIVED)
    assert len(signatures(document)[0].reader.root["/DSS"]["/OCSPs"]) == 2


def without_proofs() -> bytes:
    """A seal at level B-T: the file up to the end of its first new revision."""
    document = a_seal_of_then()
    return document[: document.index(b"%%EOF\n", len(an_invoice())) + len(b"%%EOF\n")]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "no sound PDF"),
        (b"<Invoice/>", "no sound PDF"),
        (an_invoice(), "holds no signature"),
        (without_proofs(), "not at level B-LT"),
        (a_seal_of_then()[:1000], "no sound PDF"),
        (change_pdf(an_invoice(), encryption=Encryption(owner="owner", user="")), "holds no signature"),
    ],
    ids=["empty", "xml", "unsigned", "B-T", "half", "encrypted"],
)
def test_what_holds_no_long_term_seal_is_not_archived(document: bytes, why: str) -> None:
    with pytest.raises(NotArchivable, match=why):
        archive_pdf(document)
