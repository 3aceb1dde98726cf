"""OCSP responses, the CRL and timestamps are what real responders give, in the eyes of openssl and pyHanko."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, crl, ocsp, tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

from sandbox.pki import Authority, KeyKind, NotIssuedHere, Revocation, RevocationReason, Revoked
from tests.sandbox.practice import LIFE, NOW, a_seal, the_authority
from tests.support.programs import run

SECOND = NOW.replace(microsecond=0)
DIGEST = hashlib.sha256(b"signature value").digest()


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def chain_files() -> dict[str, bytes]:
    issuing, root = (one.public_bytes(Encoding.PEM) for one in the_authority().chain)
    return {"issuing": issuing, "root": root}


def tst_info(der: bytes) -> tsp.TSTInfo:
    return cms.ContentInfo.load(der)["content"]["encap_content_info"]["content"].parsed


def this_update(response: bytes) -> object:
    (answer,) = ocsp.OCSPResponse.load(response).response_data["responses"]
    return answer["this_update"].native


def test_openssl_believes_the_ocsp_response(tmp_path: Path) -> None:
    response = the_authority().ocsp_response(a_seal().certificate, NOW)
    at = write_files(tmp_path, chain_files() | {"answer": response, "seal": a_seal().as_pem()})
    who = ("-issuer", at / "issuing", "-cert", at / "seal", "-CAfile", at / "root", "-verify_other", at / "issuing")
    verdict = run("openssl", "ocsp", "-respin", at / "answer", *who)
    assert "Response verify OK" in verdict.stdout
    assert f"{at / 'seal'}: good" in verdict.stdout


def test_openssl_reads_when_and_why_a_certificate_was_revoked(tmp_path: Path) -> None:
    authority = Authority.create(NOW)
    seal = authority.seal_identity("SIA DEMO: eZīmogs", "SIA DEMO", "40000000000", KeyKind.P256, **LIFE)
    authority.revoke(seal.certificate, Revocation(NOW - timedelta(days=1), RevocationReason.KEY_COMPROMISE))
    issuing, root = (one.public_bytes(Encoding.PEM) for one in authority.chain)
    response = authority.ocsp_response(seal.certificate, NOW)
    at = write_files(tmp_path, {"issuing": issuing, "root": root, "answer": response, "seal": seal.as_pem()})
    who = ("-issuer", at / "issuing", "-cert", at / "seal", "-CAfile", at / "root", "-verify_other", at / "issuing")
    verdict = run("openssl", "ocsp", "-respin", at / "answer", *who)
    assert "Response verify OK" in verdict.stdout
    assert f"{at / 'seal'}: revoked" in verdict.stdout
    assert "Reason: keyCompromise" in verdict.stdout
    assert "Revocation Time: " in verdict.stdout


def test_an_answer_given_before_a_revocation_is_not_repeated_after_it() -> None:
    authority = Authority.create(NOW)
    seal = authority.seal_identity("SIA DEMO: eZīmogs", "SIA DEMO", "40000000000", KeyKind.P256, **LIFE)
    good = authority.ocsp_response(seal.certificate, NOW)
    authority.revoke(seal.certificate, Revocation(NOW, RevocationReason.SUPERSEDED))
    assert authority.ocsp_response(seal.certificate, NOW) != good


def test_nothing_proves_a_revoked_certificate_good() -> None:
    authority = Authority.create(NOW)
    seal = authority.seal_identity("SIA DEMO: eZīmogs", "SIA DEMO", "40000000000", KeyKind.P256, **LIFE)
    assert authority.validation_data(seal.certificate, NOW).ocsp_responses
    authority.revoke(seal.certificate, Revocation(NOW, RevocationReason.CESSATION_OF_OPERATION))
    with pytest.raises(Revoked):
        authority.validation_data(seal.certificate, NOW)


def test_only_the_issuer_revokes() -> None:
    with pytest.raises(NotIssuedHere):
        Authority.create(NOW).revoke(a_seal().certificate, Revocation(NOW, RevocationReason.SUPERSEDED))


def test_the_responder_needs_no_answer_about_itself() -> None:
    extensions = ocsp.OCSPResponse.load(the_authority().ocsp_response(a_seal().certificate, NOW))
    (responder,) = extensions.basic_ocsp_response["certs"]
    assert responder.ocsp_no_check_value is not None


def test_an_ocsp_response_is_shared_within_a_second_and_never_older_than_a_timestamp_beside_it() -> None:
    authority, certificate = the_authority(), a_seal().certificate
    first = authority.ocsp_response(certificate, SECOND)
    assert authority.ocsp_response(certificate, SECOND + timedelta(microseconds=999_999)) == first
    assert this_update(authority.ocsp_response(certificate, SECOND + timedelta(seconds=1))) == SECOND + timedelta(
        seconds=1
    )


def test_an_ocsp_response_never_comes_from_the_future() -> None:
    authority, certificate = the_authority(), a_seal().certificate
    authority.ocsp_response(certificate, NOW + timedelta(hours=1))
    assert this_update(authority.ocsp_response(certificate, NOW)) == SECOND


def test_nothing_is_said_of_a_foreign_certificate() -> None:
    with pytest.raises(NotIssuedHere):
        Authority.create(NOW).ocsp_response(a_seal().certificate, NOW)


def test_the_root_answers_for_the_issuing_ca_with_an_empty_list(tmp_path: Path) -> None:
    listed = the_authority().root_crl(NOW)
    at = write_files(tmp_path, chain_files() | {"list": listed})
    assert run("openssl", "crl", "-inform", "DER", "-in", at / "list", "-CAfile", at / "root", "-noout").returncode == 0
    assert crl.CertificateList.load(listed)["tbs_cert_list"]["revoked_certificates"].native is None


def test_openssl_believes_the_timestamp_and_builds_its_path_from_the_token_alone(tmp_path: Path) -> None:
    token = the_authority().timestamp(DIGEST, "sha256", NOW)
    at = write_files(tmp_path, chain_files() | {"token": token.der})
    what = ("-digest", DIGEST.hex(), "-in", at / "token", "-token_in")
    verdict = run("openssl", "ts", "-verify", *what, "-CAfile", at / "root")
    assert "Verification: OK" in verdict.stdout


async def test_pyhanko_believes_the_timestamp_and_builds_its_path_from_the_token_alone() -> None:
    token = cms.ContentInfo.load(the_authority().timestamp(DIGEST, "sha256", NOW).der)
    root = x509.Certificate.load(the_authority().chain[-1].public_bytes(Encoding.DER))
    trust = ValidationContext(trust_roots=[root], moment=NOW)
    status = await validate_tst_signed_data(token["content"], trust, lambda _: DIGEST)
    assert status["intact"]
    assert status["valid"]
    assert status["trust_problem_indic"] is None


def test_a_timestamp_tells_the_time_in_whole_seconds() -> None:
    assert tst_info(the_authority().timestamp(DIGEST, "sha256", NOW).der)["gen_time"].native == SECOND


def test_no_two_timestamps_have_one_number() -> None:
    tokens = [the_authority().timestamp(DIGEST, "sha256", NOW) for _ in range(100)]
    assert len({token.serial_number for token in tokens}) == 100
    assert {token.serial_number for token in tokens} == {
        tst_info(token.der)["serial_number"].native for token in tokens
    }


@pytest.mark.parametrize(("imprint", "hash_name"), [(bytes(32), "sha384"), (bytes(20), "sha1"), (b"", "sha256")])
def test_an_imprint_that_is_no_digest_of_its_hash_is_not_stamped(imprint: bytes, hash_name: str) -> None:
    with pytest.raises(ValueError, match=hash_name):
        the_authority().timestamp(imprint, hash_name, NOW)


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_every_hash_of_the_vendor_is_stamped(hash_name: str) -> None:
    imprint = hashlib.new(hash_name, b"value").digest()
    written = tst_info(the_authority().timestamp(imprint, hash_name, NOW).der)["message_imprint"]
    assert written["hash_algorithm"]["algorithm"].native == hash_name
    assert written["hashed_message"].native == imprint
