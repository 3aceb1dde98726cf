"""Two hands, one standard: what the practice vendor seals, who shares no code with the verifier, passes as it comes."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Profile, SealFormat
from jobs.model.levels import SealLevel
from jobs.model.seals import Expectation, Proof
from sandbox.asice import append_signature, archive, finish, hash_document, prepare, read_container, write_container
from sandbox.pades import archive as archive_pdf
from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import Bench, refused
from tests.contracts.test_verifier import made_in_practice as pdf_made_in_practice
from tests.sandbox.containers import write_files
from tests.support import asice, pades
from tests.support.asice import FILES, SEVERAL
from tests.support.pki import NOON, the_authority, the_seal
from worker.audit import audit
from worker.verification.verifier import LocalVerifier

LATER = NOON + timedelta(hours=1)


def made_in_practice(folder: Path, files: dict[str, bytes], kind: KeyKind) -> tuple[Path, Expectation]:
    sources, seal, target = write_files(folder / "originals", files), the_seal(kind), folder / "sealed.edoc"
    documents = tuple(hash_document(name, path) for name, path in sources.items())
    prepared = prepare(documents, seal.certificate_der, the_authority().chain, NOON)
    value = seal.sign_digest(prepared.digest)
    write_container(target, documents, sources, NOON)
    append_signature(target, 0, finish(prepared, value, the_authority(), seal.certificate, NOON), NOON)
    return target, Expectation(
        digest=Digest.of(prepared.digest),
        value=SignatureValue.of(value),
        certificate=base64.b64encode(seal.certificate_der).decode(),
        profile=Profile(format=SealFormat.EDOC),
    )


def archived(container: Path) -> Path:
    target = container.with_name("archived.edoc")
    archive(read_container(container), target, the_authority(), NOON)
    return target


async def verify(container: Path, files: dict[str, bytes], expectation: Expectation) -> Proof:
    anchors = [the_authority().root.certificate]
    verifier = LocalVerifier(lambda _: (container, container), anchors, lambda: LATER)
    return await verifier.verify_sealed(asice.document_of(files), expectation)


@pytest.mark.parametrize("kind", KeyKind)
@pytest.mark.parametrize("files", [FILES, SEVERAL], ids=["one", "several"])
async def test_a_container_of_the_practice_vendor_passes(
    tmp_path: Path, files: dict[str, bytes], kind: KeyKind
) -> None:
    container, expectation = made_in_practice(tmp_path, files, kind)
    proof = await verify(container, files, expectation)
    assert (proof.level_name, proof.sealed_at, proof.sha256) == (
        "XAdES B-LT",
        NOON,
        Digest.sha256(container.read_bytes()),
    )


@pytest.mark.parametrize("kind", KeyKind)
async def test_an_archived_container_of_the_practice_vendor_passes(tmp_path: Path, kind: KeyKind) -> None:
    container, expectation = made_in_practice(tmp_path, SEVERAL, kind)
    assert (await verify(archived(container), SEVERAL, expectation)).level_name == "XAdES B-LTA"


@pytest.mark.parametrize("times", [1, 2])
async def test_an_archived_pdf_of_the_practice_vendor_passes(tmp_path: Path, times: int) -> None:
    original, bench = pades.an_original(), Bench(tmp_path, now=LATER)
    content, expectation = pdf_made_in_practice(original, KeyKind.P256)
    for hours in range(times):
        content = archive_pdf(content, the_authority(), NOON + timedelta(minutes=30 * hours))
    proof = await bench.verify(content, original, expectation)
    assert proof.level_name == "PAdES B-LTA"


async def test_the_second_opinion_agrees(tmp_path: Path) -> None:
    container, _ = made_in_practice(tmp_path, SEVERAL, KeyKind.P384)
    for file, level in ((container, SealLevel.LT), (archived(container), SealLevel.LTA)):
        report = await audit(file, [the_authority().root.certificate], LATER)
        assert report.ok, [seal.sentences for seal in report.signatures]
        assert [seal.level for seal in report.signatures] == [level]


async def test_a_container_of_the_practice_vendor_for_other_files_is_refused(tmp_path: Path) -> None:
    container, expectation = made_in_practice(tmp_path, FILES, KeyKind.P256)
    with refused("also holds invoice.txt"):
        await verify(container, SEVERAL, expectation)
