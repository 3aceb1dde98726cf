"""What the practice vendor seals as a container is a real XAdES B-LT seal in the eyes of other people's verifiers."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from asn1crypto import cms, ocsp, tsp
from lxml import etree

from sandbox.asice import Document, PreparedSignature, UnfitDocument, finish, prepare
from sandbox.pki import Authority, KeyKind, NotIssuedHere
from tests.sandbox.containers import FILES, a_container, rewritten, signature_over, with_another_signature
from tests.sandbox.practice import LIFE, NOW, a_seal, the_authority
from tests.sandbox.xades_verifiers import openssl_believes, signxml_accepts, xmlsec1_accepts

ROOT = the_authority().root_pem
EVERY_KEY = pytest.mark.parametrize("kind", list(KeyKind))
DOCUMENT = Document("līgums.xml", hashlib.sha256(b"contract").digest(), "text/xml")
NAMES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xades": "http://uri.etsi.org/01903/v1.3.2#",
}


def find_all(content: bytes, path: str) -> list[etree._Element]:
    return list(etree.fromstring(content).iterfind(path, NAMES))


def decode_all(content: bytes, path: str) -> list[bytes]:
    return [base64.b64decode(one.text or "") for one in find_all(content, path)]


def alter_document(container: Path) -> Path:
    """The container with another first document."""
    return rewritten(container, container.with_name("altered.asice"), {next(iter(FILES)): b"<contract>one</contract>"})


@EVERY_KEY
def test_xmlsec1_accepts_the_seal_its_documents_and_its_chain(kind: KeyKind, tmp_path: Path) -> None:
    assert xmlsec1_accepts(a_container(tmp_path, kind=kind), ROOT, tmp_path)


@EVERY_KEY
def test_signxml_accepts_the_seal_its_schema_and_its_chain(kind: KeyKind, tmp_path: Path) -> None:
    assert signxml_accepts(a_container(tmp_path, kind=kind), ROOT, tmp_path)


@EVERY_KEY
def test_xmlsec1_refuses_a_tampered_document(kind: KeyKind, tmp_path: Path) -> None:
    assert not xmlsec1_accepts(alter_document(a_container(tmp_path, kind=kind)), ROOT, tmp_path)


@EVERY_KEY
def test_signxml_refuses_a_tampered_document(kind: KeyKind, tmp_path: Path) -> None:
    assert not signxml_accepts(alter_document(a_container(tmp_path, kind=kind)), ROOT, tmp_path)


def test_another_root_is_not_trusted(tmp_path: Path) -> None:
    stranger, container = Authority.create(NOW).root_pem, a_container(tmp_path)
    assert not xmlsec1_accepts(container, stranger, tmp_path)
    assert not signxml_accepts(container, stranger, tmp_path)


def test_a_wrong_signature_value_is_written_down_and_found_out(tmp_path: Path) -> None:
    seal, container = a_seal(), a_container(tmp_path)
    prepared = prepare([DOCUMENT], seal.certificate_der, the_authority().chain, NOW)
    other = finish(prepared, seal.sign_digest(bytes(32)), the_authority(), seal.certificate, NOW)
    wrong = rewritten(container, tmp_path / "wrong.asice", {"META-INF/signatures0.xml": other})
    assert not xmlsec1_accepts(wrong, ROOT, tmp_path)
    assert not signxml_accepts(wrong, ROOT, tmp_path)


def test_two_signatures_in_one_container_are_both_accepted(tmp_path: Path) -> None:
    twice = with_another_signature(a_container(tmp_path), tmp_path / "twice.asice")
    assert [xmlsec1_accepts(twice, ROOT, tmp_path, number) for number in (0, 1)] == [True, True]
    assert [signxml_accepts(twice, ROOT, tmp_path, number) for number in (0, 1)] == [True, True]


@pytest.mark.parametrize(
    ("kind", "digest_bytes", "value_bytes"),
    [(KeyKind.RSA2048, 32, 256), (KeyKind.RSA3072, 32, 384), (KeyKind.P256, 32, 64), (KeyKind.P384, 48, 96)],
)
def test_the_digest_follows_the_key_and_ecdsa_values_are_kept_as_r_and_s(
    kind: KeyKind, digest_bytes: int, value_bytes: int
) -> None:
    prepared = prepare([DOCUMENT], a_seal(kind).certificate_der, the_authority().chain, NOW)
    (value,) = decode_all(signature_over((DOCUMENT,), kind), ".//ds:SignatureValue")
    assert (len(prepared.digest), len(value)) == (digest_bytes, value_bytes)


def test_the_digest_is_that_of_the_canonical_signed_info() -> None:
    prepared = prepare([DOCUMENT], a_seal().certificate_der, the_authority().chain, NOW)
    (signed_info,) = find_all(prepared.xml, ".//ds:SignedInfo")
    assert prepared.digest == hashlib.sha256(etree.tostring(signed_info, method="c14n")).digest()


def test_the_claimed_signing_time_is_the_vendors() -> None:
    (claimed,) = find_all(signature_over((DOCUMENT,)), ".//xades:SigningTime")
    assert claimed.text == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_signing_certificate_is_named_by_digest_issuer_and_number() -> None:
    content, seal = signature_over((DOCUMENT,)), a_seal(KeyKind.P256)
    (digest,) = decode_all(content, ".//xades:SigningCertificateV2//ds:DigestValue")
    (der,) = decode_all(content, ".//xades:IssuerSerialV2")
    issuer_serial = tsp.IssuerSerial.load(der, strict=True)
    assert digest == hashlib.sha256(seal.certificate_der).digest()
    assert issuer_serial["serial_number"].native == seal.certificate.serial_number
    assert issuer_serial["issuer"][0].chosen.native["common_name"] == "zimogs practice issuing CA"


def test_key_info_carries_the_seal_and_its_issuer_but_no_root() -> None:
    carried = decode_all(signature_over((DOCUMENT,)), ".//ds:X509Certificate")
    assert carried == [a_seal(KeyKind.P256).certificate_der, the_authority().issuing.certificate_der]


def test_no_certificate_is_carried_twice() -> None:
    content = signature_over((DOCUMENT,))
    kept = decode_all(content, ".//ds:X509Certificate") + decode_all(content, ".//xades:EncapsulatedX509Certificate")
    assert len(set(kept)) == len(kept) == 5


def test_the_signature_timestamp_is_over_the_canonical_value(tmp_path: Path) -> None:
    content = signature_over((DOCUMENT,))
    (value,) = find_all(content, ".//ds:SignatureValue")
    (token,) = decode_all(content, ".//xades:SignatureTimeStamp/xades:EncapsulatedTimeStamp")
    imprint = hashlib.sha256(etree.tostring(value, method="c14n")).digest()
    issuing = the_authority().issuing.as_pem()
    assert openssl_believes(token, imprint, ROOT, issuing, tmp_path)
    assert not openssl_believes(token, bytes(32), ROOT, issuing, tmp_path)


def test_no_proof_is_older_than_the_timestamp() -> None:
    content = signature_over((DOCUMENT,))
    responses = decode_all(content, ".//xades:EncapsulatedOCSPValue")
    produced = [
        ocsp.OCSPResponse.load(one).basic_ocsp_response["tbs_response_data"]["produced_at"].native for one in responses
    ]
    assert len(produced) == 2
    assert min(produced) >= time_of(content)


def time_of(content: bytes) -> object:
    (token,) = decode_all(content, ".//xades:SignatureTimeStamp/xades:EncapsulatedTimeStamp")
    signed = cms.ContentInfo.load(token)["content"]
    return signed["encap_content_info"]["content"].parsed["gen_time"].native


def test_a_seal_finished_hours_later_is_accepted_as_well(tmp_path: Path) -> None:
    seal, container = a_seal(KeyKind.P384), a_container(tmp_path)
    documents = tuple(Document(name, hashlib.sha256(content).digest()) for name, content in FILES.items())
    waiting = prepare(documents, seal.certificate_der, the_authority().chain, NOW).to_bytes()
    prepared = PreparedSignature.from_bytes(waiting)
    later = NOW + timedelta(hours=8)
    content = finish(prepared, seal.sign_digest(prepared.digest), the_authority(), seal.certificate, later)
    assert xmlsec1_accepts(
        rewritten(container, tmp_path / "later.asice", {"META-INF/signatures0.xml": content}), ROOT, tmp_path
    )


def test_another_certificate_than_the_prepared_one_is_refused() -> None:
    prepared = prepare([DOCUMENT], a_seal(KeyKind.P256).certificate_der, the_authority().chain, NOW)
    with pytest.raises(ValueError, match="another certificate"):
        finish(prepared, b"value", the_authority(), a_seal(KeyKind.P384).certificate, NOW)


def test_a_certificate_of_another_authority_is_refused() -> None:
    stranger = Authority.create(NOW)
    seal = stranger.seal_identity("SIA X", "SIA X", "40000000001", KeyKind.P256, **LIFE)
    prepared = prepare([DOCUMENT], seal.certificate_der, stranger.chain, NOW)
    with pytest.raises(NotIssuedHere):
        finish(prepared, seal.sign_digest(prepared.digest), the_authority(), seal.certificate, NOW)


def test_an_ecdsa_value_that_is_not_der_is_refused() -> None:
    seal = a_seal(KeyKind.P256)
    prepared = prepare([DOCUMENT], seal.certificate_der, the_authority().chain, NOW)
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is the library's
        finish(prepared, bytes(64), the_authority(), seal.certificate, NOW)


def test_a_value_of_a_longer_curve_is_refused() -> None:
    seal, longer = a_seal(KeyKind.P256), a_seal(KeyKind.P384)
    prepared = prepare([DOCUMENT], seal.certificate_der, the_authority().chain, NOW)
    with pytest.raises(ValueError, match="too long"):
        finish(prepared, longer.sign_digest(bytes(48)), the_authority(), seal.certificate, NOW)


@pytest.mark.parametrize("documents", [[], [DOCUMENT, DOCUMENT]], ids=["none", "twice"])
def test_nothing_and_the_same_name_twice_cannot_be_sealed(documents: list[Document]) -> None:
    with pytest.raises(UnfitDocument):
        prepare(documents, a_seal().certificate_der, the_authority().chain, NOW)


def test_references_are_percent_encoded_and_name_the_media_type(tmp_path: Path) -> None:
    with ZipFile(a_container(tmp_path)) as archive:
        content = archive.read("META-INF/signatures0.xml")
    uris = [one.get("URI") for one in find_all(content, ".//ds:Reference")]
    assert uris[:2] == ["l%C4%ABgums%20Nr.%207%20%281%2B1%29.xml", "pielikumi/t%C4%81me%20%26%20cena.txt"]
    types = {one.get("ObjectReference"): one[0].text for one in find_all(content, ".//xades:DataObjectFormat")}
    assert types == {"#S0-RefId0": "text/xml", "#S0-RefId1": "text/plain"}
