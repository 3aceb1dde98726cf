"""`zimogs verify` gives a second opinion in plain words, and agrees with the worker on what is genuine."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, SigFieldSpec, append_signature_field

from jobs.model.levels import SealLevel
from sandbox.pki.keys import KeyKind
from tests.support import pades
from tests.support.judges import an_answer_at
from tests.support.pki import NOON, a_seal, an_answer, another_authority, reissued, the_authority, the_proofs, the_seal
from worker.audit import AuditOutcome, FileReport, audit

ENCRYPTING = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=True,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


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
    assert (seal.level, seal.intact, seal.trusted, seal.covers_whole_file) == (SealLevel.LT, True, True, True)


async def test_a_document_timestamp_behind_the_proofs_is_told(tmp_path: Path) -> None:
    sealed = await pades.sealed(pades.an_original(), the_seal())
    report = await audited(tmp_path, await pades.with_document_timestamp(sealed, pades.stamped_at(NOON)))
    assert (report.ok, report.signatures[0].level) == (True, SealLevel.LTA)


async def test_an_answer_from_before_the_timestamp_is_told_and_decides_nothing(tmp_path: Path) -> None:
    early = an_answer_at(timedelta(hours=-1))
    report = await audited(tmp_path, await pades.sealed(pades.an_original(), the_seal(), early))
    assert (report.ok, report.signatures[0].level) == (True, SealLevel.LT)
    assert report.signatures[0].remarks == (
        "the answer that its certificate was not revoked is older than its timestamp",
    )


async def test_a_document_timestamp_before_the_proofs_archives_nothing(tmp_path: Path) -> None:
    signed = await pades.signed(pades.an_original(), the_seal(), pades.stamped_at(NOON))
    early = await pades.with_document_timestamp(signed, pades.stamped_at(NOON))
    report = await audited(tmp_path, pades.with_store(early, the_proofs(the_seal())))
    assert (report.ok, report.signatures[0].level) == (True, SealLevel.LT)


async def test_a_document_timestamp_that_proves_nothing_is_told(tmp_path: Path) -> None:
    sealed = await pades.sealed(pades.an_original(), the_seal())
    late = await pades.with_document_timestamp(sealed, pades.stamped_at(NOON, another_authority()))
    (seal,) = (await audited(tmp_path, late)).signatures
    (sentence,) = seal.sentences
    assert (seal.level, sentence.partition(": ")[0]) == (SealLevel.LT, "an archive timestamp is not to be trusted")


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
    assert seal.sentences == ("something else than proofs was added after the seal: /Root/OpenAction was changed",)


async def test_missing_proofs_lower_the_level(tmp_path: Path) -> None:
    content = await pades.signed(pades.an_original(), the_seal(), pades.stamped_at(NOON))
    whole = pades.with_store(content, the_proofs(the_seal(), an_answer(the_seal(KeyKind.P384).certificate)))
    (seal,) = (await audited(tmp_path, whole)).signatures
    assert (seal.level, seal.trusted, seal.ok) == (SealLevel.T, True, False)
    assert "nothing in the file proves that its certificates were not revoked" in seal.sentences


async def test_a_missing_timestamp_is_told(tmp_path: Path) -> None:
    content = pades.with_store(await pades.signed(pades.an_original(), the_seal()), the_proofs(the_seal()))
    (seal,) = (await audited(tmp_path, content)).signatures
    assert (seal.level, seal.sentences) == (SealLevel.B, ("there is no timestamp",))


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


# --- each signature is judged by itself, and one is ours --------------------------------------------------------------


async def test_somebody_elses_signature_that_nobody_trusts_decides_nothing(tmp_path: Path) -> None:
    stranger = a_seal(another_authority())
    signed = await pades.signed(pades.an_original(), stranger, field="Theirs")
    report = await audited(tmp_path, await pades.sealed(signed, the_seal()))
    theirs, ours = report.signatures
    assert (report.ok, ours.is_ours, ours.outcome) == (True, True, AuditOutcome.SOUND)
    assert (theirs.is_ours, theirs.intact, theirs.outcome) == (False, True, AuditOutcome.UNTRUSTED)


async def test_somebody_elses_broken_signature_decides_nothing(tmp_path: Path) -> None:
    signed = await pades.signed(pades.an_original(), the_seal(KeyKind.RSA2048), field="Theirs")
    at = signed.index(b"Producer") + 1
    report = await audited(tmp_path, await pades.sealed(signed[:at] + b"X" + signed[at + 1 :], the_seal()))
    theirs, ours = report.signatures
    assert (report.ok, ours.outcome, theirs.outcome) == (True, AuditOutcome.SOUND, AuditOutcome.ALTERED)


async def test_a_signature_that_allows_no_further_one_is_said_to_be_broken_by_ours(tmp_path: Path) -> None:
    def lock(writer: IncrementalPdfFileWriter) -> None:
        append_signature_field(writer, SigFieldSpec("Theirs", field_mdp_spec=FieldMDPSpec(FieldMDPAction.ALL)))

    signed = await pades.signed(pades.changed(pades.an_original(), lock), the_seal(KeyKind.P384), field="Theirs")
    report = await audited(tmp_path, await pades.sealed(signed, the_seal()))
    theirs, ours = report.signatures
    assert (report.ok, ours.outcome, theirs.outcome) == (True, AuditOutcome.SOUND, AuditOutcome.ALTERED)


async def test_the_newest_seal_is_ours_and_decides(tmp_path: Path) -> None:
    sealed = await pades.sealed(pades.an_original(), the_seal())
    report = await audited(tmp_path, await pades.signed(sealed, a_seal(another_authority()), field="Second"))
    first, second = report.signatures
    assert (first.outcome, first.is_ours, second.is_ours) == (AuditOutcome.SOUND, False, True)
    assert (report.ok, report.outcome) == (False, AuditOutcome.UNTRUSTED)


# --- no byte is left unexplained --------------------------------------------------------------------------------------


async def test_blanks_behind_the_last_revision_mean_nothing(tmp_path: Path) -> None:
    assert (await audited(tmp_path, await pades.sealed(pades.an_original(), the_seal()) + b"\r\n \n")).ok


@pytest.mark.parametrize("hidden", [b"hidden", b"%hidden\n", b"1 0 obj\n(hidden)\nendobj\n%%EOF\n"])
async def test_bytes_behind_the_last_revision_are_told(tmp_path: Path, hidden: bytes) -> None:
    report = await audited(tmp_path, await pades.sealed(pades.an_original(), the_seal()) + hidden)
    assert (report.ok, report.outcome) == (False, AuditOutcome.ALTERED)


async def test_bytes_in_the_padding_of_the_value_are_told(tmp_path: Path) -> None:
    content = await pades.sealed(pades.an_original(), the_seal())
    at = content.index(b"00000000>") + 4
    report = await audited(tmp_path, content[:at] + b"beef" + content[at + 4 :])
    assert "something is hidden in the padding behind its value" in report.signatures[0].sentences


async def test_a_byte_range_that_leaves_out_more_than_the_value_is_told(tmp_path: Path) -> None:
    content = await pades.sealed(pades.an_original(), the_seal())
    found = re.search(rb"/ByteRange\s*\[\s*0 (\d+)", content)
    assert found
    shorter = b"%0*d" % (len(found[1]), int(found[1]) - 9)
    (seal,) = (await audited(tmp_path, content[: found.start(1)] + shorter + content[found.end(1) :])).signatures
    assert "it does not cover all but its own value" in seal.sentences


async def test_a_file_that_is_cut_off_cannot_be_judged(tmp_path: Path) -> None:
    report = await audited(tmp_path, (await pades.sealed(pades.an_original(), the_seal()))[:-40])
    assert (report.ok, report.outcome) == (False, AuditOutcome.CANNOT_TELL)


def title(writer: IncrementalPdfFileWriter) -> None:
    writer.trailer["/Info"]["/Title"] = generic.pdf_string("Invoice 2")
    writer.update_container(writer.trailer["/Info"])


def stamp(writer: IncrementalPdfFileWriter) -> None:
    writer.trailer["/Info"]["/ModDate"] = generic.pdf_string("D:20260302130000Z")
    writer.trailer["/Info"]["/Producer"] = generic.pdf_string("another program")
    writer.update_container(writer.trailer["/Info"])


def xmp_title(writer: IncrementalPdfFileWriter) -> None:
    packet = writer.root["/Metadata"].data.replace(b"Invoice 1", b"Invoice 2")
    writer.root["/Metadata"] = writer.add_object(generic.StreamObject(stream_data=packet))
    writer.update_root()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("rewrite", [title, xmp_title])
async def test_metadata_rewritten_after_the_seal_is_told(tmp_path: Path, rewrite: pades.Change) -> None:
    content = pades.changed(await pades.sealed(pades.an_original(), the_seal()), rewrite)
    report = await audited(tmp_path, content)
    assert (report.outcome, "in the metadata" in report.signatures[0].sentences[0]) == (AuditOutcome.ALTERED, True)


async def test_the_stamp_of_whoever_wrote_the_proofs_means_nothing(tmp_path: Path) -> None:
    content = pades.changed(await pades.sealed(pades.an_original(), the_seal()), stamp)
    assert (await audited(tmp_path, content)).ok


# --- what proves nothing ----------------------------------------------------------------------------------------------


async def test_a_short_rsa_key_is_too_weak(tmp_path: Path) -> None:
    seal = reissued(the_seal(), key=rsa.generate_private_key(65537, 1024))  # noqa: S505 - that is the point
    report = await audited(tmp_path, await pades.sealed(pades.an_original(), seal))
    assert (report.ok, report.outcome) == (False, AuditOutcome.WEAK)


async def test_sha1_is_too_weak(tmp_path: Path) -> None:
    seal = the_seal(KeyKind.RSA2048)
    content = await pades.signed(pades.an_original(), seal, hash_name="sha1")
    report = await audited(tmp_path, pades.with_store(content, the_proofs(seal)))
    assert "sha1 is too weak" in report.signatures[0].sentences


@pytest.mark.parametrize("keeps_usage", [True, False], ids=["for something else", "for nothing"])
async def test_a_certificate_that_was_not_issued_for_sealing_is_told(tmp_path: Path, *, keeps_usage: bool) -> None:
    seal = reissued(the_seal(), usage=ENCRYPTING, keeps_usage=keeps_usage)
    report = await audited(tmp_path, await pades.sealed(pades.an_original(), seal))
    assert "the certificate was not issued for that" in report.signatures[0].sentences


async def test_an_expired_certificate_is_not_called_a_change(tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(pades.with_store(await pades.signed(pades.an_original(), the_seal()), the_proofs(the_seal())))
    report = await audit(file, [the_authority().root.certificate], NOON + timedelta(days=3650))
    assert (report.outcome, report.signatures[0].intact) == (AuditOutcome.EXPIRED, True)
    assert "no timestamp proves that it was used before" in report.signatures[0].sentences[0]
