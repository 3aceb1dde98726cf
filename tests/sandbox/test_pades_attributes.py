"""Our own short way to the signed attributes leads to the same bytes as pyHanko's long one."""

import pytest
from asn1crypto import cms, x509
from pyhanko.sign.signers import ExternalSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from sandbox.pades import prepare
from sandbox.pki import KeyKind, hash_name_for
from sandbox.pki.cms import DATA, signer_of
from sandbox.pki.keys import compute_hash
from tests.sandbox.practice import NOW, a_seal, an_invoice, the_authority


@pytest.mark.parametrize("kind", list(KeyKind))
async def test_the_signed_attributes_are_pyhankos_own_byte_for_byte(kind: KeyKind) -> None:
    seal = a_seal(kind)
    hash_name = hash_name_for(seal.certificate)
    digest = compute_hash(hash_name, b"the document")
    certificate = x509.Certificate.load(seal.certificate_der)
    pyhanko = ExternalSigner(certificate, SimpleCertificateStore(), signature_value=b"value")  # type: ignore[no-untyped-call]
    theirs = await pyhanko.signed_attrs(digest, hash_name, use_pades=True)
    assert signer_of(seal.certificate).signed_attributes(DATA, digest) == theirs.dump()


def test_the_digest_to_sign_is_that_of_the_signed_attributes() -> None:
    signature = prepare(an_invoice(), a_seal().certificate_der, the_authority().chain, NOW).signature
    assert signature.digest == compute_hash("sha256", signature.signed_attributes)
    named = [one["type"].native for one in cms.CMSAttributes.load(signature.signed_attributes)]
    assert named == ["content_type", "message_digest", "signing_certificate_v2"]
