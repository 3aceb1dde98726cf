"""What every verifier of sealed files promises: a genuine file passes, and each way of being wrong is refused."""

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document
from jobs.model.errors import Rejected
from jobs.model.levels import SealLevel
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation, Proof
from sandbox import pades as practice
from sandbox.pades.revision import PdfObject, Tail, revision
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import KeyKind
from tests.support import pades
from tests.support.builders import a_document
from tests.support.judges import an_answer_at
from tests.support.pki import NOON, a_seal, an_answer, another_authority, the_authority, the_proofs, the_seal
from worker.verification.verifier import LocalVerifier


class Bench:
    """A verifier with a folder to put files into."""

    def __init__(self, folder: Path, *, now: datetime = NOON) -> None:
        self._sealed = folder / "sealed.pdf"
        anchor = x509.load_pem_x509_certificate(the_authority().root_pem)
        self._verifier = LocalVerifier(lambda _: (folder / "original.pdf", self._sealed), [anchor], lambda: now)

    async def verify(self, content: bytes, original: bytes, expectation: Expectation) -> Proof:
        return await self.verify_document(content, document_of(original), expectation)

    async def verify_document(self, content: bytes, document: Document, expectation: Expectation) -> Proof:
        self._sealed.write_bytes(content)
        return await self._verifier.verify_sealed(document, expectation)

    async def verify_own(self, content: bytes, original: bytes, seal: SigningIdentity | None = None) -> Proof:
        """Verify against what the file itself says was approved."""
        return await self.verify(content, original, pades.expected_of(content, seal or the_seal()))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def document_of(original: bytes) -> Document:
    return a_document().model_copy(update={"size": len(original), "sha256": Digest.sha256(original)})


def made_in_practice(original: bytes, kind: KeyKind) -> tuple[bytes, Expectation]:
    seal = the_seal(kind)
    prepared = practice.prepare(original, seal.certificate_der, the_authority().chain, NOON)
    value = seal.sign_digest(prepared.digest)
    content = practice.finish(prepared, value, the_authority(), seal.certificate, NOON)
    certificate = base64.b64encode(seal.certificate_der).decode()
    return content, Expectation(
        digest=Digest.of(prepared.digest), value=SignatureValue.of(value), certificate=certificate
    )


def refused(why: str) -> "pytest.RaisesExc[Rejected]":
    return pytest.raises(Rejected, match=why, check=lambda error: error.reason is Reason.NOT_VERIFIED)


def add_text(writer: IncrementalPdfFileWriter) -> None:
    """Draw over the first page."""
    page = writer.root["/Pages"]["/Kids"][0]
    overlay = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 40 Tf 100 700 Td (paid) Tj ET"))
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), overlay])
    writer.update_container(page)


def add_annotation(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(  # type: ignore[no-untyped-call]
        {pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name("/FreeText")}
    )
    notes = list(page.get("/Annots", ()))
    page["/Annots"] = generic.ArrayObject([*notes, writer.add_object(note)])
    writer.update_container(page)


def add_action(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject({pdf_name("/S"): pdf_name("/Named")})  # type: ignore[no-untyped-call]
    writer.update_root()  # type: ignore[no-untyped-call]


# --- genuine files pass -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["tables", "streams"])
@pytest.mark.parametrize("kind", KeyKind)
async def test_a_genuine_file_of_the_practice_vendor_passes(bench: Bench, kind: KeyKind, packed: bool) -> None:  # noqa: FBT001
    original = pades.an_original(packed=packed)
    content, expectation = made_in_practice(original, kind)
    proof = await bench.verify(content, original, expectation)
    assert proof == Proof(sha256=Digest.sha256(content), size=len(content), level=SealLevel.LT, sealed_at=NOON)


@pytest.mark.parametrize("packed", [False, True], ids=["tables", "streams"])
@pytest.mark.parametrize("kind", KeyKind)
async def test_a_genuine_file_of_another_maker_passes(bench: Bench, kind: KeyKind, packed: bool) -> None:  # noqa: FBT001
    original = pades.an_original(packed=packed)
    content = await pades.sealed(original, the_seal(kind))
    proof = await bench.verify_own(content, original, the_seal(kind))
    assert (proof.level_name, proof.sealed_at) == ("PAdES B-LT", NOON)


async def test_a_second_seal_on_a_sealed_file_passes(bench: Bench) -> None:
    original = await pades.sealed(pades.an_original(), the_seal())
    content = await pades.sealed(original, the_seal(KeyKind.RSA2048), field="Second")
    await bench.verify_own(content, original, the_seal(KeyKind.RSA2048))


async def test_a_second_seal_of_the_practice_vendor_passes(bench: Bench) -> None:
    original, _ = made_in_practice(pades.an_original(), KeyKind.P256)
    await bench.verify(*_with_original(original, made_in_practice(original, KeyKind.P384)))


async def test_a_seal_on_a_hybrid_file_passes(bench: Bench) -> None:
    original = _hybrid(pades.an_original())
    content, expectation = made_in_practice(original, KeyKind.P256)
    await bench.verify(content, original, expectation)


async def test_a_document_timestamp_behind_the_proofs_makes_the_archive_level(bench: Bench) -> None:
    original = pades.an_original()
    content = await pades.sealed(original, the_seal())
    later = await pades.with_document_timestamp(content, pades.stamped_at(NOON))
    proof = await bench.verify(later, original, pades.expected_of(content, the_seal()))
    assert (proof.level_name, proof.sealed_at) == ("PAdES B-LTA", NOON)


@pytest.mark.parametrize("packed", [False, True], ids=["tables", "streams"])
@pytest.mark.parametrize("times", [1, 2])
async def test_what_the_practice_vendor_archives_has_the_archive_level(bench: Bench, times: int, packed: bool) -> None:  # noqa: FBT001
    original = pades.an_original(packed=packed)
    content, expectation = made_in_practice(original, KeyKind.P256)
    for number in range(times):
        content = practice.archive(content, the_authority(), NOON + timedelta(minutes=number))
    proof = await bench.verify(content, original, expectation)
    assert proof.level_name == "PAdES B-LTA"


async def test_a_document_timestamp_before_the_proofs_makes_no_archive_level(bench: Bench) -> None:
    original = pades.an_original()
    content = await pades.signed(original, the_seal(), pades.stamped_at(NOON))
    early = await pades.with_document_timestamp(content, pades.stamped_at(NOON))
    proof = await bench.verify(
        pades.with_store(early, the_proofs(the_seal())), original, pades.expected_of(content, the_seal())
    )
    assert proof.level_name == "PAdES B-LT"


async def test_an_archive_timestamp_older_than_what_it_covers_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = await pades.sealed(original, the_seal())
    later = await pades.with_document_timestamp(content, pades.stamped_at(NOON - timedelta(minutes=6)))
    with refused("older than what it covers"):
        await bench.verify(later, original, pades.expected_of(content, the_seal()))


async def test_a_genuine_file_passes_again_from_memory(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    assert await bench.verify(content, original, expectation) == await bench.verify(content, original, expectation)


# --- 1: it begins with the original -------------------------------------------------------------------------------


async def test_a_changed_byte_of_the_original_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    at = original.index(b"Producer") + 1
    with refused("does not begin with the original"):
        await bench.verify(_flipped(content, at), original, expectation)


@pytest.mark.parametrize("difference", [-1, 1])
async def test_an_original_one_byte_longer_or_shorter_is_refused(bench: Bench, difference: int) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    document = document_of(original).model_copy(update={"size": len(original) + difference})
    with refused("begin with the original|newest revision"):
        await bench.verify_document(content, document, expectation)


async def test_the_seal_of_another_document_is_refused(bench: Bench) -> None:
    content, expectation = made_in_practice(pades.an_original(packed=True), KeyKind.P256)
    with refused("."):
        await bench.verify(content, pades.an_original(), expectation)


async def test_an_original_rolled_back_to_an_earlier_state_of_itself_is_refused(bench: Bench) -> None:
    early = pades.an_original()
    original = pades.changed(early, add_text)
    content, expectation = made_in_practice(original, KeyKind.P256)
    newest, earlier = (part.rsplit(b"startxref", 1)[1].split()[0] for part in (original, early))
    tail = content[len(original) :].replace(b"/Prev " + newest, b"/Prev " + earlier.rjust(len(newest), b"0"))
    with refused("does not continue the original's newest revision"):
        await bench.verify(original + tail, original, expectation)


# --- 2: it carries a seal that covers everything ------------------------------------------------------------------


async def test_an_update_without_a_signature_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    _, expectation = made_in_practice(original, KeyKind.P256)
    with refused("no new signature"):
        await bench.verify(pades.changed(original, add_action), original, expectation)


async def test_the_original_alone_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    _, expectation = made_in_practice(original, KeyKind.P256)
    with refused("not longer than the original"):
        await bench.verify(original, original, expectation)


async def test_a_signature_that_is_no_pades_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = await pades.signed(original, the_seal(), subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    with refused("adbe.pkcs7.detached"):
        await bench.verify_own(content, original)


@pytest.mark.parametrize(("place", "shift"), [(0, 1), (1, -1), (2, 1), (2, 7)])
async def test_a_byte_range_that_leaves_out_more_is_refused(bench: Bench, place: int, shift: int) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    begin = content.index(b"/ByteRange") + len(b"/ByteRange")
    begin, end = content.index(b"[", begin), content.index(b"]", begin)
    numbers = [int(number) for number in content[begin + 1 : end].split()]
    numbers[place] += shift
    written = b" ".join(b"%d" % number for number in numbers).ljust(end - begin - 1)
    with refused("leaves out more"):
        await bench.verify(content[: begin + 1] + written + content[end:], original, expectation)


async def test_a_byte_range_that_stops_before_the_end_of_its_revision_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    begin = content.index(b"[", content.index(b"/ByteRange"))
    end = content.index(b"]", begin)
    numbers = [int(number) for number in content[begin + 1 : end].split()]
    numbers[3] -= 9
    written = b" ".join(b"%d" % number for number in numbers).ljust(end - begin - 1)
    with refused("does not cover its whole revision"):
        await bench.verify(content[: begin + 1] + written + content[end:], original, expectation)


async def test_a_seal_that_also_changes_a_page_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = pades.with_store(
        await pades.signed(original, the_seal(), pades.stamped_at(NOON), change=add_text), the_proofs(the_seal())
    )
    with refused("sealing changed a page of the document: Contents"):
        await bench.verify_own(content, original)


async def test_a_seal_that_also_adds_a_note_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = pades.with_store(
        await pades.signed(original, the_seal(), pades.stamped_at(NOON), change=add_annotation),
        the_proofs(the_seal()),
    )
    with refused("sealing added an annotation to a page"):
        await bench.verify_own(content, original)


async def test_a_seal_that_also_adds_an_action_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = pades.with_store(
        await pades.signed(original, the_seal(), pades.stamped_at(NOON), change=add_action), the_proofs(the_seal())
    )
    with refused("catalogue was changed: OpenAction"):
        await bench.verify_own(content, original)


# --- 3 to 5: it holds what was approved, and what was signed for it -------------------------------------------------


async def test_a_changed_byte_in_the_sealed_revision_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = await pades.sealed(original, the_seal())
    at = content.index(b"(Seal)", len(original)) + 1
    with refused("message digest is not the hash"):
        await bench.verify(_flipped(content, at), original, pades.expected_of(content, the_seal()))


async def test_another_approved_digest_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    other = expectation.model_copy(update={"digest": Digest.sha256(b"another document")})
    with refused("not what was approved"):
        await bench.verify(content, original, other)


async def test_another_seal_certificate_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    other = base64.b64encode(a_seal(the_authority()).certificate_der).decode()
    with refused("another certificate"):
        await bench.verify(content, original, expectation.model_copy(update={"certificate": other}))


async def test_another_signature_value_over_the_same_digest_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    again = SignatureValue.of(the_seal().sign_digest(expectation.digest.value))
    with refused("not the one that was verified"):
        await bench.verify(content, original, expectation.model_copy(update={"value": again}))


async def test_a_signature_value_that_fits_nothing_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    prepared = practice.prepare(original, the_seal().certificate_der, the_authority().chain, NOON)
    value = the_seal().sign_digest(Digest.sha256(b"another document").value)
    content = practice.finish(prepared, value, the_authority(), the_seal().certificate, NOON)
    expectation = Expectation(
        digest=Digest.of(prepared.digest),
        value=SignatureValue.of(value),
        certificate=base64.b64encode(the_seal().certificate_der).decode(),
    )
    with refused("the seal's signature is wrong"):
        await bench.verify(content, original, expectation)


# --- 6: a third party says when -------------------------------------------------------------------------------------


async def test_a_seal_without_a_timestamp_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = pades.with_store(await pades.signed(original, the_seal()), the_proofs(the_seal()))
    with refused("only PAdES B-B"):
        await bench.verify_own(content, original)


async def test_a_timestamp_over_something_else_is_refused(bench: Bench) -> None:
    def elsewhere(_: bytes, hash_name: str) -> bytes:
        return the_authority().timestamp(Digest.sha256(b"something else").value, hash_name, NOON).der

    await _refused_with(bench, elsewhere, "covers something else")


async def test_a_timestamp_of_an_authority_that_nobody_trusts_is_refused(bench: Bench) -> None:
    await _refused_with(
        bench, pades.stamped_at(NOON, another_authority()), "certificate of the timestamp is not to be trusted"
    )


async def test_a_timestamp_made_with_a_certificate_for_something_else_is_refused(bench: Bench) -> None:
    await _refused_with(bench, pades.stamped_by(a_seal(the_authority())), "timestamp was not issued for that")


async def test_a_timestamp_with_a_wrong_signature_is_refused(bench: Bench) -> None:
    def forged(imprint: bytes, hash_name: str) -> bytes:
        genuine = the_authority().timestamp(imprint, hash_name, NOON).der
        return genuine[:-1] + bytes([genuine[-1] ^ 1])

    await _refused_with(bench, forged, "timestamp's own signature is wrong")


async def test_a_timestamp_from_the_future_is_refused(bench: Bench) -> None:
    await _refused_with(bench, pades.stamped_at(NOON + timedelta(minutes=6)), "lies in the future")


async def test_a_clock_that_is_a_little_late_is_forgiven(bench: Bench) -> None:
    original = pades.an_original()
    stamp = pades.stamped_at(NOON + timedelta(minutes=4))
    content = pades.with_store(await pades.signed(original, the_seal(), stamp), the_proofs(the_seal()))
    assert (await bench.verify_own(content, original)).sealed_at == NOON + timedelta(minutes=4)


async def test_a_forged_document_timestamp_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = await pades.sealed(original, the_seal())

    def elsewhere(_: bytes, hash_name: str) -> bytes:
        return the_authority().timestamp(Digest.sha256(b"something else").value, hash_name, NOON).der

    later = await pades.with_document_timestamp(content, elsewhere)
    with refused("covers something else"):
        await bench.verify(later, original, pades.expected_of(content, the_seal()))


# --- 7: the file proves that its certificates were good ---------------------------------------------------------------


async def test_a_seal_without_proofs_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content = await pades.signed(original, the_seal(), pades.stamped_at(NOON))
    with refused("B-LT is required|not to be trusted"):
        await bench.verify_own(content, original)


async def test_a_seal_without_an_answer_about_its_certificate_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    about_another = an_answer(a_seal(the_authority()).certificate)
    content = await pades.sealed(original, the_seal(), about_another)
    with refused("only PAdES B-T, B-LT is required"):
        await bench.verify_own(content, original)


@pytest.mark.parametrize("before", [timedelta(days=1), timedelta(days=-1)])
async def test_a_revoked_seal_is_refused(bench: Bench, before: timedelta) -> None:
    original = pades.an_original()
    revoked = an_answer(the_seal().certificate, revoked_at=NOON - before, this_update=NOON + timedelta(days=1))
    content = await pades.sealed(original, the_seal(), revoked)
    with refused("revoked"):
        await bench.verify_own(content, original)


async def test_an_answer_that_the_responder_did_not_sign_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    forged = an_answer(the_seal().certificate, signer=another_authority().responder)
    content = await pades.sealed(original, the_seal(), forged)
    with refused("only PAdES B-T"):
        await bench.verify_own(content, original)


async def test_an_answer_that_was_stale_at_the_time_of_sealing_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    stale = an_answer(the_seal().certificate, this_update=NOON - timedelta(days=3))
    content = await pades.sealed(original, the_seal(), stale)
    with refused("only PAdES B-T"):
        await bench.verify_own(content, original)


async def test_an_answer_from_before_the_timestamp_proves_in_a_pdf_until_its_next_update(bench: Bench) -> None:
    """Otherwise than in a container, which DigiDoc would call invalid (ETSI EN 319 102-1 §5.2.5)."""
    original = pades.an_original()
    content = await pades.sealed(original, the_seal(), an_answer_at(timedelta(hours=-11)))
    await bench.verify_own(content, original)


async def test_an_answer_that_came_after_the_seal_passes(bench: Bench) -> None:
    original = pades.an_original()
    content = await pades.sealed(
        original, the_seal(), an_answer(the_seal().certificate, this_update=NOON + timedelta(minutes=1))
    )
    await bench.verify_own(content, original)


async def proven_of_a_stranger_too(original: bytes, stranger: SigningIdentity) -> bytes:
    """Sealed, with a store that also holds a stranger's certificate, whose issuer is nowhere."""
    ours = the_proofs(the_seal())
    both = replace(ours, certificates=(*ours.certificates, stranger.certificate_der))
    return pades.with_store(await pades.signed(original, the_seal(), pades.stamped_at(NOON)), both)


async def test_proofs_of_an_earlier_signer_whose_issuer_is_absent_decide_nothing(bench: Bench) -> None:
    earlier = a_seal(another_authority())
    original = await pades.signed(pades.an_original(), earlier, field="Earlier")
    assert (
        await bench.verify_own(await proven_of_a_stranger_too(original, earlier), original)
    ).level_name == "PAdES B-LT"


async def test_proofs_of_a_stranger_where_nobody_signed_before_are_refused(bench: Bench) -> None:
    original = pades.an_original()
    with refused("issued by none of the others"):
        await bench.verify_own(await proven_of_a_stranger_too(original, a_seal(another_authority())), original)


async def test_a_seal_under_a_root_that_nobody_trusts_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    stranger = a_seal(another_authority())
    proofs = another_authority().validation_data(stranger.certificate, NOON)
    ours = the_proofs(the_seal())
    both = replace(
        proofs,
        certificates=proofs.certificates + ours.certificates,
        ocsp_responses=proofs.ocsp_responses + ours.ocsp_responses,
        crls=proofs.crls + ours.crls,
    )
    content = pades.with_store(await pades.signed(original, stranger, pades.stamped_at(NOON)), both)
    with refused("certificate of the seal is not to be trusted"):
        await bench.verify_own(content, original, stranger)


@pytest.mark.parametrize(
    ("not_before", "not_after"),
    [(NOON - timedelta(days=9), NOON - timedelta(days=1)), (NOON + timedelta(days=1), NOON + timedelta(days=9))],
    ids=["expired", "not yet valid"],
)
async def test_a_seal_outside_its_validity_is_refused(bench: Bench, not_before: datetime, not_after: datetime) -> None:
    original = pades.an_original()
    seal = a_seal(the_authority(), not_before=not_before, not_after=not_after)
    with refused("certificate of the seal is not to be trusted"):
        await bench.verify_own(await pades.sealed(original, seal), original, seal)


# --- 8: nothing else follows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [add_text, add_annotation, add_action])
async def test_a_change_after_sealing_is_refused(bench: Bench, change: pades.Change) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    with refused("sealing changed a page|added an annotation|catalogue was changed"):
        await bench.verify(pades.changed(content, change), original, expectation)


async def test_an_object_that_nothing_refers_to_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)

    def hide(writer: IncrementalPdfFileWriter) -> None:
        writer.add_object(generic.TextStringObject("hidden"))

    with refused("belongs to no seal"):
        await bench.verify(pades.changed(content, hide), original, expectation)


async def test_page_content_disguised_as_a_proof_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)

    def disguise(writer: IncrementalPdfFileWriter) -> None:
        store = writer.root["/DSS"]
        stream = writer.add_object(generic.StreamObject(stream_data=b"BT (paid) Tj ET"))
        store["/Certs"] = generic.ArrayObject(
            [*(store["/Certs"].raw_get(n) for n in range(len(store["/Certs"]))), stream]
        )
        writer.update_container(store)

    with refused("holds what is no proof"):
        await bench.verify(pades.changed(content, disguise), original, expectation)


@pytest.mark.parametrize("disguise", ["Extensions", "Info", "DSS"])
async def test_page_content_overwritten_under_a_formal_name_is_refused(bench: Bench, disguise: str) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    with refused("was overwritten|was changed|takes proofs away"):
        await bench.verify(_overwritten(content, disguise), original, expectation)


async def test_an_object_that_no_table_names_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    end = content.rindex(b"xref\n", 0, content.rindex(b"startxref"))
    shadow = b"4 0 obj\n<</Type /Page>>\nendobj\n"
    moved = (
        content[:end] + shadow + content[end:].replace(b"startxref\n%d" % end, b"startxref\n%d" % (end + len(shadow)))
    )
    with refused("belong to no object"):
        await bench.verify(moved, original, expectation)


async def test_bytes_behind_the_last_revision_are_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    with refused("something follows"):
        await bench.verify(content + b"4 0 obj", original, expectation)


async def test_a_second_signature_after_the_seal_is_refused(bench: Bench) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    later = await pades.signed(content, the_seal(KeyKind.RSA2048), field="Stranger")
    with refused("more signatures than one"):
        await bench.verify(later, original, expectation)


async def test_garbage_is_refused_and_never_crashes_the_verifier(bench: Bench) -> None:
    original = pades.an_original()
    _, expectation = made_in_practice(original, KeyKind.P256)
    with refused("."):
        await bench.verify(original + b"\0" * 5000, original, expectation)


async def test_a_missing_file_is_no_refusal(bench: Bench, tmp_path: Path) -> None:
    original = pades.an_original()
    content, expectation = made_in_practice(original, KeyKind.P256)
    await bench.verify(content, original, expectation)
    (tmp_path / "sealed.pdf").unlink()
    verifier = bench._verifier
    with pytest.raises(FileNotFoundError):
        await verifier.verify_sealed(document_of(original), expectation)


async def _refused_with(bench: Bench, stamp: pades.Stamp, why: str) -> None:
    original = pades.an_original()
    content = pades.with_store(await pades.signed(original, the_seal(), stamp), the_proofs(the_seal()))
    with refused(why):
        await bench.verify_own(content, original)


def _with_original(original: bytes, made: tuple[bytes, Expectation]) -> tuple[bytes, bytes, Expectation]:
    return made[0], original, made[1]


def _hybrid(content: bytes) -> bytes:
    """The file with one more revision, whose table is joined by a stream (ISO 32000-1 §7.5.8.4)."""
    reader = PdfFileReader(BytesIO(content))
    number, begin = int(reader.trailer["/Size"]), len(content)
    entry = b"\x01" + begin.to_bytes(4, "big") + b"\x00"
    stream = b"%d 0 obj\n<</Type/XRef/W[1 4 1]/Index[%d 1]/Size %d/Length 6>>\nstream\n%b\nendstream\nendobj\n" % (
        *(number, number, number + 1),
        entry,
    )
    trailer = b"<</Root %d 0 R/Size %d/Prev %d/XRefStm %d>>" % (
        *(reader.root_ref.idnum, number + 1, int(reader.last_startxref or 0)),
        begin,
    )
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (trailer, begin + len(stream))
    return content + stream + table


def _overwritten(content: bytes, disguise: str) -> bytes:
    """The page's content becomes an empty dictionary, called an extension, the document's information or a store."""
    reader = PdfFileReader(BytesIO(content))
    page = reader.root["/Pages"]["/Kids"][0].raw_get("/Contents").idnum
    root = reader.root_ref.idnum
    catalogue, trailer = BytesIO(), b"/Root %d 0 R" % root
    if disguise == "Info":
        trailer += b" /Info %d 0 R" % page
    else:
        reader.root[pdf_name(f"/{disguise}")] = generic.IndirectObject(page, 0, reader)  # type: ignore[no-untyped-call]
    reader.root.write_to_stream(catalogue, None)
    tail = Tail(
        len(content), int(reader.last_startxref or 0), int(reader.trailer["/Size"]), uses_streams=False, trailer=trailer
    )
    objects = [PdfObject(page, 0, b"<<>>"), PdfObject(root, 0, catalogue.getvalue())]
    return content + revision(tail, objects).appended


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
