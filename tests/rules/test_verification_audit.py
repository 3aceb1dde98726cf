"""`zimogs verify` gives a second opinion in plain words, and agrees with the worker on what is genuine."""

from datetime import timedelta
from pathlib import Path

import pytest
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from jobs.model.levels import Level
from sandbox.pki.keys import KeyKind
from tests.support import pades
from tests.support.pki import NOON, an_answer, another_authority, the_authority, the_proofs, the_seal
from worker.audit import FileReport, audit


async def audited(folder: Path, content: bytes) -> FileReport:
    file = folder / "sealed.pdf"
    file.write_bytes(content)
    return await audit(file, [the_authority().root.certificate], NOON)


@pytest.mark.parametrize("kind", KeyKind)
async def test_a_genuine_file_is_in_order(tmp_path: Path, kind: KeyKind) -> None:
    report = await audited(tmp_path, await pades.sealed(pades.an_original(), the_seal(kind)))
    (seal,) = report.signatures
    assert report.ok
    assert (seal.sealed_by, seal.organisation, seal.sealed_at) == ("Example seal", "NTRLV-40000000000", NOON)
    assert (seal.level, seal.intact, seal.trusted, seal.covers_whole_file) == (Level.LT, True, True, True)


async def test_a_document_timestamp_behind_the_proofs_is_told(tmp_path: Path) -> None:
    sealed = await pades.sealed(pades.an_original(), the_seal())
    report = await audited(tmp_path, await pades.with_document_timestamp(sealed, pades.stamped_at(NOON)))
    assert (report.ok, report.signatures[0].level) == (True, Level.LTA)


async def test_a_document_timestamp_before_the_proofs_archives_nothing(tmp_path: Path) -> None:
    signed = await pades.signed(pades.an_original(), the_seal(), pades.stamped_at(NOON))
    early = await pades.with_document_timestamp(signed, pades.stamped_at(NOON))
    report = await audited(tmp_path, pades.with_store(early, the_proofs(the_seal())))
    assert (report.ok, report.signatures[0].level) == (True, Level.LT)


async def test_a_document_timestamp_that_proves_nothing_is_told(tmp_path: Path) -> None:
    sealed = await pades.sealed(pades.an_original(), the_seal())
    late = await pades.with_document_timestamp(sealed, pades.stamped_at(NOON, another_authority()))
    (seal,) = (await audited(tmp_path, late)).signatures
    assert (seal.level, seal.sentences) == (Level.LT, ("an archive timestamp is not to be trusted",))


async def test_a_file_with_two_seals_has_two_reports(tmp_path: Path) -> None:
    twice = await pades.sealed(
        await pades.sealed(pades.an_original(), the_seal()), the_seal(KeyKind.RSA2048), field="Second"
    )
    report = await audited(tmp_path, twice)
    assert len(report.signatures) == 2


async def test_an_unsealed_file_is_said_to_be_unsealed(tmp_path: Path) -> None:
    report = await audited(tmp_path, pades.an_original())
    assert (report.ok, report.sentences) == (False, ("the file is not sealed",))


async def test_something_else_than_a_pdf_is_said_to_be_unreadable(tmp_path: Path) -> None:
    report = await audited(tmp_path, b"Dear customer")
    assert not report.ok
    assert "cannot be read as a PDF" in report.sentences[0]


async def test_a_changed_byte_is_told(tmp_path: Path) -> None:
    content = await pades.sealed(pades.an_original(), the_seal())
    at = content.index(b"Producer") + 1
    (seal,) = (await audited(tmp_path, content[:at] + b"X" + content[at + 1 :])).signatures
    assert not seal.intact
    assert "the content was changed after it was sealed" in seal.sentences


async def test_a_change_after_the_seal_is_told(tmp_path: Path) -> None:
    def add_action(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/OpenAction"] = DictionaryObject({pdf_name("/S"): pdf_name("/Named")})  # type: ignore[no-untyped-call]
        writer.update_root()  # type: ignore[no-untyped-call]

    content = pades.changed(await pades.sealed(pades.an_original(), the_seal()), add_action)
    (seal,) = (await audited(tmp_path, content)).signatures
    assert not seal.covers_whole_file
    assert "something else than proofs was added after the seal" in seal.sentences


async def test_missing_proofs_lower_the_level(tmp_path: Path) -> None:
    content = await pades.signed(pades.an_original(), the_seal(), pades.stamped_at(NOON))
    whole = pades.with_store(content, the_proofs(the_seal(), an_answer(the_seal(KeyKind.P384).certificate)))
    (seal,) = (await audited(tmp_path, whole)).signatures
    assert (seal.level, seal.trusted, seal.ok) == (Level.T, True, False)
    assert "nothing in the file proves that its certificates were not revoked" in seal.sentences


async def test_a_missing_timestamp_is_told(tmp_path: Path) -> None:
    content = pades.with_store(await pades.signed(pades.an_original(), the_seal()), the_proofs(the_seal()))
    (seal,) = (await audited(tmp_path, content)).signatures
    assert (seal.level, seal.sentences) == (Level.B, ("there is no timestamp",))


async def test_a_revoked_seal_is_not_trusted(tmp_path: Path) -> None:
    revoked = an_answer(the_seal().certificate, revoked_at=NOON - timedelta(days=1))
    (seal,) = (await audited(tmp_path, await pades.sealed(pades.an_original(), the_seal(), revoked))).signatures
    assert (seal.trusted, seal.sentences) == (False, ("a certificate was revoked",))


async def test_a_file_that_leads_to_no_anchor_is_not_trusted(tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(await pades.sealed(pades.an_original(), the_seal()))
    (seal,) = (await audit(file, [another_authority().root.certificate], NOON)).signatures
    assert (seal.intact, seal.trusted, seal.ok) == (True, False, False)


async def test_a_file_sealed_years_ago_is_still_in_order(tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(await pades.sealed(pades.an_original(), the_seal()))
    report = await audit(file, [the_authority().root.certificate], NOON + timedelta(days=3650))
    assert report.ok


async def test_a_timestamp_from_the_future_is_told(tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(await pades.sealed(pades.an_original(), the_seal()))
    (seal,) = (await audit(file, [the_authority().root.certificate], NOON - timedelta(days=1))).signatures
    assert "the timestamp lies in the future" in seal.sentences
