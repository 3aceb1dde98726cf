"""Whatever a seal rests on must last: weak algorithms, short keys, wrong certificates and wrong moments are refused."""

import base64
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto.algos import SignedDigestAlgorithm
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import Bench, made_in_practice, refused
from tests.support import pades
from tests.support.pki import NOON, a_seal, the_authority, the_proofs, the_seal
from worker.verification.cms import Signer, read_signed_data, read_signer
from worker.verification.keys import key_of
from worker.verification.signed import is_signed


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def a_small_seal() -> SigningIdentity:
    """A seal like any other, but for its key of 1024 bits."""
    key, model, issuer = rsa.generate_private_key(65537, 1024), the_seal().certificate, the_authority().issuing  # noqa: S505 - that is the point
    draft = x509.CertificateBuilder(
        issuer.certificate.subject,
        model.subject,
        key.public_key(),
        x509.random_serial_number(),
        model.not_valid_before_utc,
        model.not_valid_after_utc,
    )
    usage = model.extensions.get_extension_for_class(x509.KeyUsage)
    return SigningIdentity(draft.add_extension(usage.value, critical=True).sign(issuer.key, hashes.SHA256()), key)


async def a_signer() -> Signer:
    content = await pades.signed(pades.an_original(), the_seal(KeyKind.RSA2048))
    (signature,) = pades.signatures_of(content)
    return read_signer(read_signed_data(signature))


async def test_a_key_that_is_too_short_is_refused(bench: Bench) -> None:
    original, seal = pades.an_original(), a_small_seal()
    content = await pades.signed(original, seal, pades.stamped_at(NOON))
    with refused("bits, which is too few"):
        await bench.verify_own(pades.with_store(content, the_proofs(the_seal())), original, seal)


def test_a_key_that_is_too_short_seals_nothing() -> None:
    with pytest.raises(ValueError, match="1024 bits"):
        key_of(base64.b64encode(a_small_seal().certificate_der).decode())


@pytest.mark.parametrize("algorithm", ["sha1_rsa", "md5_rsa", "sha224_rsa"])
async def test_a_weak_signature_algorithm_is_refused(algorithm: str) -> None:
    weak = SignedDigestAlgorithm({"algorithm": algorithm}).dump()
    with pytest.raises(Rejected, match="too weak"):
        is_signed(replace(await a_signer(), algorithm=weak))


async def test_a_certificate_that_is_for_logging_in_makes_no_seal(bench: Bench) -> None:
    original = pades.an_original()
    seal = the_authority().authentication_identity(
        "Anna",
        "Parauga",
        "PNOLV-000123-00001",
        KeyKind.P256,
        not_before=NOON - timedelta(days=9),
        not_after=NOON + timedelta(days=9),
    )
    with refused("the seal was not issued for that"):
        await bench.verify_own(await pades.sealed(original, seal), original, seal)


async def test_a_timestamp_older_than_the_approval_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    later = expectation.model_copy(update={"approved_at": NOON + timedelta(minutes=6)})
    with refused("older than the approval"):
        await bench.verify(content, original, later)


async def test_a_clock_that_is_a_little_fast_when_somebody_approves_is_forgiven(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    approved = expectation.model_copy(update={"approved_at": NOON + timedelta(minutes=4)})
    assert (await bench.verify(content, original, approved)).sealed_at == NOON


async def test_an_earlier_signer_whose_proofs_lack_an_issuer_decides_nothing(bench: Bench) -> None:
    """Somebody's certificate stands in the store without its issuer: it stood there before us."""
    stranger = a_seal(the_authority())
    proofs = replace(the_proofs(stranger), certificates=(stranger.certificate_der,))
    original = pades.with_store(await pades.signed(pades.an_original(), stranger), proofs)
    content, expectation = made_in_practice(original, KeyKind.P256)
    assert (await bench.verify(content, original, expectation)).level_name == "PAdES B-LT"


async def test_an_earlier_store_that_nobody_can_read_decides_nothing(bench: Bench) -> None:
    def spoil(writer: IncrementalPdfFileWriter) -> None:
        store = writer.root["/DSS"]
        store["/Certs"] = generic.ArrayObject([writer.add_object(generic.StreamObject(stream_data=b"no"))])
        writer.update_container(store)

    original = pades.changed(await pades.sealed(pades.an_original(), a_seal(the_authority())), spoil)
    content, expectation = made_in_practice(original, KeyKind.P256)
    assert (await bench.verify(content, original, expectation)).level_name == "PAdES B-LT"


def test_a_container_has_no_page_to_show_a_seal_on() -> None:
    with pytest.raises(ValueError, match="no page"):
        Profile.model_validate({"format": "edoc", "visible": True})
