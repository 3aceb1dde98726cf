"""What a verifier promises of a container's proofs: who says when, that nothing was revoked, how long it lasts."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.levels import SealLevel
from jobs.model.seals import Proof
from tests.contracts.test_verifier import Bench, refused
from tests.support import asice
from tests.support.asice import FILES, SEVERAL
from tests.support.pades import Stamp, stamped_at, stamped_by
from tests.support.pki import NOON, a_seal, an_answer, another_authority, the_authority, the_proofs, the_seal
from tests.support.xades import METHODS, Recipe, evidence


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def verify(bench: Bench, recipe: Recipe, files: dict[str, bytes] = FILES) -> Proof:
    sealed = asice.sealed(files, recipe)
    return await bench.verify_document(sealed.content, sealed.document, sealed.expectation)


async def refuse(bench: Bench, why: str, recipe: Recipe) -> None:
    with refused(why):
        await verify(bench, recipe)


def elsewhere(_: bytes, hash_name: str) -> bytes:
    """A stamp over something else."""
    return the_authority().timestamp(Digest.sha256(b"something else").value, hash_name, NOON).der


def forged(imprint: bytes, hash_name: str) -> bytes:
    """A stamp whose signature is wrong."""
    genuine = the_authority().timestamp(imprint, hash_name, NOON).der
    return genuine[:-1] + bytes([genuine[-1] ^ 1])


# --- a third party says when ----------------------------------------------------------------------------------------


async def test_a_seal_without_a_timestamp_is_refused(bench: Bench) -> None:
    await refuse(bench, "only XAdES B-B", Recipe(stamp=None, edit_unsigned=lambda _: evidence(the_proofs(the_seal()))))


@pytest.mark.parametrize(
    ("stamp", "why"),
    [
        (elsewhere, "covers something else"),
        (forged, "timestamp's own signature is wrong"),
        (stamped_at(NOON, another_authority()), "certificate of the timestamp is not to be trusted"),
        (stamped_by(a_seal(the_authority())), "timestamp was not issued for that"),
        (stamped_at(NOON + timedelta(minutes=6)), "lies in the future"),
    ],
)
async def test_a_timestamp_that_proves_nothing_is_refused(bench: Bench, stamp: Stamp, why: str) -> None:
    await refuse(bench, why, Recipe(stamp=stamp))


async def test_a_clock_that_is_a_little_late_is_forgiven(bench: Bench) -> None:
    moment = NOON + timedelta(minutes=4)
    proofs = the_authority().validation_data(the_seal().certificate, moment)
    assert (await verify(bench, Recipe(stamp=stamped_at(moment), proofs=proofs))).sealed_at == moment


async def test_two_signature_timestamps_are_refused(bench: Bench) -> None:
    await refuse(bench, "several timestamps", Recipe(edit_unsigned=lambda all_: [all_[0], *all_]))


async def test_the_timestamp_of_another_seal_is_refused(bench: Bench) -> None:
    tokens: list[bytes] = []

    def kept(imprint: bytes, hash_name: str) -> bytes:
        tokens.append(stamped_at(NOON)(imprint, hash_name))
        return tokens[0]

    await verify(bench, Recipe(stamp=kept))
    await refuse(bench, "covers something else", Recipe(stamp=kept))


# --- the container proves that its certificates were good -----------------------------------------------------------


async def test_a_seal_without_proofs_is_refused(bench: Bench) -> None:
    await refuse(bench, "B-LT is required|not to be trusted", Recipe(edit_unsigned=lambda all_: all_[:1]))


async def test_a_seal_without_revocation_data_is_refused(bench: Bench) -> None:
    bare = replace(the_proofs(the_seal()), ocsp_responses=(), crls=())
    await refuse(bench, "only XAdES B-T, B-LT is required", Recipe(proofs=bare))


async def test_a_seal_without_an_answer_about_its_certificate_is_refused(bench: Bench) -> None:
    about_another = an_answer(a_seal(the_authority()).certificate)
    await refuse(bench, "only XAdES B-T", Recipe(proofs=the_proofs(the_seal(), about_another)))


async def test_a_revoked_seal_is_refused(bench: Bench) -> None:
    revoked = an_answer(the_seal().certificate, revoked_at=NOON - timedelta(days=1))
    await refuse(bench, "is revoked", Recipe(proofs=the_proofs(the_seal(), revoked)))


async def test_an_answer_that_the_responder_did_not_sign_is_refused(bench: Bench) -> None:
    foreign = an_answer(the_seal().certificate, signer=another_authority().responder)
    await refuse(bench, "only XAdES B-T", Recipe(proofs=the_proofs(the_seal(), foreign)))


async def test_a_seal_under_a_root_that_nobody_trusts_is_refused(bench: Bench) -> None:
    stranger = a_seal(another_authority())
    proofs, ours = another_authority().validation_data(stranger.certificate, NOON), the_proofs(the_seal())
    both = replace(
        proofs,
        certificates=proofs.certificates + ours.certificates,
        ocsp_responses=proofs.ocsp_responses + ours.ocsp_responses,
        crls=proofs.crls + ours.crls,
    )
    await refuse(bench, "certificate of the seal is not to be trusted", Recipe(seal=stranger, proofs=both))


@pytest.mark.parametrize(
    ("not_before", "not_after"),
    [(NOON - timedelta(days=9), NOON - timedelta(days=1)), (NOON + timedelta(days=1), NOON + timedelta(days=9))],
    ids=["expired", "not yet valid"],
)
async def test_a_seal_outside_its_validity_is_refused(bench: Bench, not_before: datetime, not_after: datetime) -> None:
    seal = a_seal(the_authority(), not_before=not_before, not_after=not_after)
    await refuse(bench, "certificate of the seal is not to be trusted", Recipe(seal=seal))


async def test_something_that_is_no_proof_is_refused(bench: Bench) -> None:
    odd = replace(the_proofs(the_seal()), ocsp_responses=(b"\x30\x03\x0a\x01\x06",))
    await refuse(bench, "not as it must be", Recipe(proofs=odd))


async def test_something_that_is_no_certificate_is_refused(bench: Bench) -> None:
    odd = replace(the_proofs(the_seal()), certificates=(b"\x04\x00",))
    await refuse(bench, "EncapsulatedX509Certificate is no DER", Recipe(proofs=odd))


async def test_proofs_beside_the_timestamp_they_belong_to_pass(bench: Bench) -> None:
    def beside(properties: list[str]) -> list[str]:
        stamp, *proofs = properties
        return [stamp, f"<xades141:TimeStampValidationData>{''.join(proofs)}</xades141:TimeStampValidationData>"]

    assert (await verify(bench, Recipe(edit_unsigned=beside))).level_name == "XAdES B-LT"


# --- the archive level ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("files", [FILES, SEVERAL], ids=["one", "several"])
async def test_an_archive_timestamp_over_all_makes_the_archive_level(
    bench: Bench, files: dict[str, bytes], method: str
) -> None:
    proof = await verify(bench, Recipe(method=method, archive=stamped_at(NOON)), files)
    assert proof.level_name == "XAdES B-LTA"


@pytest.mark.parametrize(
    ("stamp", "why"),
    [
        (elsewhere, "covers something else"),
        (forged, "timestamp's own signature is wrong"),
        (stamped_at(NOON, another_authority()), "certificate of the timestamp is not to be trusted"),
        (stamped_at(NOON + timedelta(minutes=6)), "lies in the future"),
        (stamped_at(NOON - timedelta(minutes=6)), "older than what it covers"),
    ],
)
async def test_an_archive_timestamp_that_proves_nothing_is_refused(bench: Bench, stamp: Stamp, why: str) -> None:
    await refuse(bench, why, Recipe(archive=stamp))


@pytest.mark.parametrize("changed", ["xades:CertificateValues", "xades:RevocationValues"])
async def test_proofs_changed_after_the_archive_timestamp_are_refused(bench: Bench, changed: str) -> None:
    def grown(text: str) -> str:
        return text.replace(f"<{changed}>", f'<{changed} Id="late">')

    await refuse(bench, "covers something else", Recipe(archive=stamped_at(NOON), edit_all=grown))


async def test_an_archive_timestamp_before_the_proofs_makes_no_archive_level(bench: Bench) -> None:
    late = "".join(evidence(the_proofs(the_seal())))

    def add(text: str) -> str:
        return text.replace("</xades:UnsignedSignatureProperties>", f"{late}</xades:UnsignedSignatureProperties>")

    early = Recipe(archive=stamped_at(NOON), edit_unsigned=lambda all_: all_[:1], edit_all=add)
    assert (await verify(bench, early)).level is SealLevel.LT
