"""A verifier that has seen a genuine file is no milder towards the next: nothing remembered stands for what differs."""

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import Bench, made_in_practice, refused
from tests.support import pades
from tests.support.pki import NOON, a_seal, an_answer, the_authority, the_proofs, the_seal


@pytest.mark.parametrize("kind", ["OCSPs", "CRLs"])
async def test_a_proof_that_differs_in_one_byte_is_refused(tmp_path: Path, kind: str) -> None:
    original, bench = pades.an_original(), Bench(tmp_path)
    content, expectation = made_in_practice(original, KeyKind.P256)
    await bench.verify(content, original, expectation)
    proof = PdfFileReader(BytesIO(content)).root["/DSS"][f"/{kind}"][0].data
    forged = content.replace(proof, proof[:-1] + bytes([proof[-1] ^ 1]))
    with refused("B-LT is required|cannot be understood"):
        await bench.verify(forged, original, expectation)


async def test_a_proof_under_the_number_of_another_object_is_refused(tmp_path: Path) -> None:
    original, bench = pades.an_original(), Bench(tmp_path)
    content, expectation = made_in_practice(original, KeyKind.P256)
    await bench.verify(content, original, expectation)
    number = PdfFileReader(BytesIO(content)).root["/DSS"]["/Certs"].raw_get(0).idnum
    renamed = content.replace(b"\n%d 0 obj" % number, b"\n%d 0 obj" % (number + 1))
    with refused("is not where it should be"):
        await bench.verify(renamed, original, expectation)


async def test_a_store_that_lost_a_proof_is_refused(tmp_path: Path) -> None:
    original, bench = pades.an_original(), Bench(tmp_path)
    content, expectation = made_in_practice(original, KeyKind.P256)
    await bench.verify(content, original, expectation)
    emptied = re.sub(rb"/OCSPs \[([^]]*)\]", lambda found: b"/OCSPs [%b]" % (b" " * len(found[1])), content)
    with refused("belongs to no seal"):
        await bench.verify(emptied, original, expectation)


async def test_the_same_certificate_with_news_of_its_revocation_is_refused(tmp_path: Path) -> None:
    original, bench = pades.an_original(), Bench(tmp_path)
    await bench.verify_own(await pades.sealed(original, the_seal()), original)
    revoked = an_answer(the_seal().certificate, revoked_at=NOON - timedelta(days=1))
    with refused("revoked"):
        await bench.verify_own(await pades.sealed(original, the_seal(), revoked), original)


async def test_a_certificate_that_expires_between_two_documents_is_refused(tmp_path: Path) -> None:
    original, bench = pades.an_original(), Bench(tmp_path, now=NOON + timedelta(hours=3))
    seal = a_seal(the_authority(), not_after=NOON + timedelta(hours=1))
    await bench.verify_own(await pades.sealed(original, seal), original, seal)
    late = await pades.signed(original, seal, pades.stamped_at(NOON + timedelta(hours=2)))
    with refused("certificate of the seal is not to be trusted"):
        await bench.verify_own(pades.with_store(late, the_proofs(seal)), original, seal)


async def test_a_wrong_timestamp_after_a_genuine_one_is_refused(tmp_path: Path) -> None:
    def forged(imprint: bytes, hash_name: str) -> bytes:
        genuine = the_authority().timestamp(imprint, hash_name, NOON).der
        return genuine[:-1] + bytes([genuine[-1] ^ 1])

    original, bench = pades.an_original(), Bench(tmp_path)
    await bench.verify_own(await pades.sealed(original, the_seal()), original)
    content = pades.with_store(await pades.signed(original, the_seal(), forged), the_proofs(the_seal()))
    with refused("timestamp's own signature is wrong"):
        await bench.verify_own(content, original)


async def test_a_seal_by_another_key_of_the_same_kind_is_stopped_against_its_own(tmp_path: Path) -> None:
    original, bench, other = pades.an_original(), Bench(tmp_path), a_seal(the_authority())
    content = await pades.sealed(original, the_seal())
    await bench.verify_own(content, original)
    await bench.verify_own(await pades.sealed(original, other), original, other)
    with refused("another certificate"):
        await bench.verify_own(content, original, other)
