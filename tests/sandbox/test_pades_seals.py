"""What the practice vendor seals is a real PAdES B-LT seal in the eyes of other people's verifiers."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms

from sandbox.pades import PreparedPdf, finish, prepare
from sandbox.pki import Authority, KeyKind, NotIssuedHere, verifies
from tests.sandbox.practice import LIFE, NOW, a_seal, an_invoice, seal_pdf, the_authority
from tests.sandbox.verifiers import cms_of, lt_verdicts, openssl_verifies, pdfsig_report, signatures

ROOT = the_authority().root_pem
EVERY_KEY = pytest.mark.parametrize("kind", list(KeyKind))


def alter_page(document: bytes) -> bytes:
    """The document with another invoice number, in place."""
    return document.replace(b"Invoice 1", b"Invoice 7", 1)


@EVERY_KEY
async def test_a_seal_is_valid_for_the_long_term_from_the_file_alone(kind: KeyKind) -> None:
    (verdict,) = await lt_verdicts(seal_pdf(an_invoice(), kind), ROOT, NOW)
    assert verdict.bottom_line
    assert verdict.timestamp_validity is not None
    assert verdict.timestamp_validity.trusted


@EVERY_KEY
def test_pdfsig_calls_the_seal_valid(kind: KeyKind, tmp_path: Path) -> None:
    assert "Signature is Valid" in pdfsig_report(seal_pdf(an_invoice(), kind), tmp_path)


@EVERY_KEY
def test_openssl_accepts_the_seal_and_its_chain(kind: KeyKind, tmp_path: Path) -> None:
    assert openssl_verifies(seal_pdf(an_invoice(), kind), ROOT, tmp_path)


@EVERY_KEY
async def test_pyhanko_refuses_a_tampered_document(kind: KeyKind) -> None:
    (verdict,) = await lt_verdicts(alter_page(seal_pdf(an_invoice(), kind)), ROOT, NOW)
    assert not verdict.intact
    assert not verdict.bottom_line


def test_pdfsig_refuses_a_tampered_document(tmp_path: Path) -> None:
    assert "Digest Mismatch" in pdfsig_report(alter_page(seal_pdf(an_invoice())), tmp_path)


def test_openssl_refuses_a_tampered_document(tmp_path: Path) -> None:
    assert not openssl_verifies(alter_page(seal_pdf(an_invoice())), ROOT, tmp_path)


async def test_another_root_is_not_trusted() -> None:
    (verdict,) = await lt_verdicts(seal_pdf(an_invoice()), Authority.create(NOW).root_pem, NOW)
    assert verdict.intact
    assert not verdict.trusted


async def test_a_wrong_signature_value_is_written_down_and_found_out() -> None:
    seal = a_seal()
    prepared = prepare(an_invoice(), seal.certificate_der, the_authority().chain, NOW)
    value = seal.sign_digest(hashlib.sha256(b"something else").digest())
    assert not verifies(seal.certificate, prepared.digest, value)
    (verdict,) = await lt_verdicts(finish(prepared, value, the_authority(), seal.certificate, NOW), ROOT, NOW)
    assert not verdict.valid


@EVERY_KEY
def test_the_original_is_a_prefix_of_the_sealed_file(kind: KeyKind) -> None:
    original = an_invoice()
    assert seal_pdf(original, kind).startswith(original)


@pytest.mark.parametrize(("kind", "size"), [(KeyKind.RSA3072, 32), (KeyKind.P256, 32), (KeyKind.P384, 48)])
def test_the_digest_is_as_long_as_the_key_asks(kind: KeyKind, size: int) -> None:
    prepared = prepare(an_invoice(), a_seal(kind).certificate_der, the_authority().chain, NOW)
    assert len(prepared.digest) == size


def test_two_copies_of_one_document_have_two_digests() -> None:
    one, other = (prepare(an_invoice(), a_seal().certificate_der, the_authority().chain, NOW) for _ in range(2))
    assert one.digest != other.digest


def test_the_claimed_signing_time_is_the_vendors() -> None:
    (signature,) = signatures(seal_pdf(an_invoice()))
    assert signature.self_reported_timestamp == NOW.replace(microsecond=0)


def test_the_cms_carries_the_seal_and_its_issuer_but_no_root() -> None:
    (signature,) = signatures(seal_pdf(an_invoice()))
    names = {one.chosen.subject.native["common_name"] for one in content_of(cms_of(signature))["certificates"]}
    assert names == {"SIA DEMO : eZīmogs", "zimogs practice issuing CA"}


def test_the_store_holds_the_proofs_for_seal_timestamp_and_chain() -> None:
    (signature,) = signatures(seal_pdf(an_invoice()))
    store = signature.reader.root["/DSS"]
    assert {key: len(store[key]) for key in ("/Certs", "/OCSPs", "/CRLs")} == {"/Certs": 5, "/OCSPs": 2, "/CRLs": 1}


def test_only_the_signature_itself_is_outside_the_byte_range() -> None:
    document = seal_pdf(an_invoice())
    (signature,) = signatures(document)
    _, end, resume, _ = signature.byte_range
    assert document[end : end + 1] == b"<"
    assert document[resume - 1 : resume] == b">"
    assert bytes.fromhex(document[end + 1 : resume - 1].decode()).startswith(cms_of(signature))


def test_a_prepared_document_waits_in_little_more_than_its_own_size() -> None:
    original = an_invoice()
    prepared = prepare(original, a_seal().certificate_der, the_authority().chain, NOW)
    assert len(prepared.to_bytes()) < len(original) + 30_000


async def test_a_seal_finished_hours_later_is_valid_as_well() -> None:
    seal, later = a_seal(KeyKind.P384), NOW + timedelta(hours=8)
    waiting = prepare(an_invoice(), seal.certificate_der, the_authority().chain, NOW).to_bytes()
    prepared = PreparedPdf.from_bytes(waiting)
    value = seal.sign_digest(prepared.digest)
    (verdict,) = await lt_verdicts(finish(prepared, value, the_authority(), seal.certificate, later), ROOT, later)
    assert verdict.bottom_line


def test_what_was_prepared_is_read_again_as_it_was() -> None:
    prepared = prepare(an_invoice(), a_seal().certificate_der, the_authority().chain, NOW)
    assert PreparedPdf.from_bytes(prepared.to_bytes()) == prepared


@pytest.mark.parametrize("junk", [b"", b"{}\n%PDF-1.7", b"\x80\x04\x95"])
def test_what_was_not_prepared_here_is_not_read(junk: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        PreparedPdf.from_bytes(junk)


def test_another_certificate_than_the_prepared_one_is_refused() -> None:
    prepared = prepare(an_invoice(), a_seal(KeyKind.P256).certificate_der, the_authority().chain, NOW)
    with pytest.raises(ValueError, match="another certificate"):
        finish(prepared, b"value", the_authority(), a_seal(KeyKind.P384).certificate, NOW)


def test_a_certificate_of_another_authority_is_refused() -> None:
    stranger = Authority.create(NOW)
    seal = stranger.seal_identity("SIA X", "SIA X", "40000000001", KeyKind.P256, **LIFE)
    prepared = prepare(an_invoice(), seal.certificate_der, stranger.chain, NOW)
    with pytest.raises(NotIssuedHere):
        finish(prepared, seal.sign_digest(prepared.digest), the_authority(), seal.certificate, NOW)


def test_a_signature_value_beyond_the_room_is_refused() -> None:
    seal = a_seal()
    prepared = prepare(an_invoice(), seal.certificate_der, the_authority().chain, NOW)
    with pytest.raises(ValueError, match="reserved"):
        finish(prepared, bytes(10_000), the_authority(), seal.certificate, NOW)


def content_of(der: bytes) -> cms.SignedData:
    return cms.ContentInfo.load(der)["content"]
