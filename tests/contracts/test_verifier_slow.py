"""What the fast reader does not understand is asked of libraries: sound, altered, or nobody can tell."""

import asyncio
import resource
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from tests.contracts.test_verifier import document_of
from tests.support import pades
from tests.support.pki import NOON, the_authority, the_proofs, the_seal
from tests.support.revisions import INFO, plain_original, prove, seal, stream
from worker.verification.chains import Chains
from worker.verification.inspected import ReadingPath
from worker.verification.judgement import SealJudge
from worker.verification.pair import judge_revisions


def add_store_in_hexadecimal(writer: IncrementalPdfFileWriter) -> None:
    """The proofs of the seal, behind a filter that the fast reader does not know."""
    proofs = the_proofs(the_seal())
    kinds = {"/Certs": proofs.certificates, "/OCSPs": proofs.ocsp_responses, "/CRLs": proofs.crls}
    store = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})  # type: ignore[no-untyped-call]
    for kind, contents in kinds.items():
        streams = [writer.add_object(in_hexadecimal(content)) for content in contents]
        store[pdf_name(kind)] = generic.ArrayObject(streams)
    writer.root["/DSS"] = writer.add_object(store)
    writer.update_root()  # type: ignore[no-untyped-call]


def in_hexadecimal(content: bytes) -> generic.StreamObject:
    entries = {pdf_name("/Filter"): pdf_name("/ASCIIHexDecode")}
    return generic.StreamObject(entries, encoded_data=content.hex().encode() + b">")


async def judge(folder: Path, content: bytes, original: bytes, expected: bytes | None = None) -> list[ReadingPath]:
    path, paths = folder / "sealed.pdf", list[ReadingPath]()
    path.write_bytes(content)
    chains = Chains([the_authority().root.certificate])
    expectation = pades.expected_of(expected or content, the_seal())
    judge = SealJudge(chains, NOON, paths.append).judge
    await asyncio.to_thread(judge, path, document_of(original), expectation)
    return paths


async def test_what_only_libraries_understand_is_sound_on_the_slow_path(tmp_path: Path) -> None:
    original = pades.an_original()
    content = await pades.signed(original, the_seal(), pades.stamped_at(NOON))
    assert await judge(tmp_path, pades.changed(content, add_store_in_hexadecimal), original) == [ReadingPath.SLOW]


async def test_what_libraries_see_painted_is_altered(tmp_path: Path) -> None:
    def paint(writer: IncrementalPdfFileWriter) -> None:
        add_store_in_hexadecimal(writer)
        page = writer.root["/Pages"]["/Kids"][0]
        overlay = writer.add_object(generic.StreamObject(stream_data=b"BT (999.00) Tj ET"))
        page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), overlay])
        writer.update_container(page)

    original = pades.an_original()
    content = await pades.signed(original, the_seal(), pades.stamped_at(NOON))
    with pytest.raises(Rejected) as caught:
        await judge(tmp_path, pades.changed(content, paint), original)
    assert caught.value.reason is Reason.NOT_VERIFIED


async def test_the_same_cryptography_is_asked_on_the_slow_path(tmp_path: Path) -> None:
    original = pades.an_original()
    content = await pades.signed(original, the_seal(), pades.stamped_at(NOON))
    other = await pades.signed(original, the_seal(), pades.stamped_at(NOON))
    with pytest.raises(Rejected, match=r"not what was approved|not the one that was verified"):
        await judge(tmp_path, pades.changed(content, add_store_in_hexadecimal), original, other)


def test_where_a_library_stumbles_nobody_can_tell(tmp_path: Path) -> None:
    original, sealed = tmp_path / "original.pdf", tmp_path / "sealed.pdf"
    original.write_bytes(plain_original())
    certificate = the_seal().certificate_der.hex().encode() + b">"
    store = {9: b"<</Type/DSS/Certs[10 0 R]>>", 10: stream(certificate, b"/Filter/ASCIIHexDecode")}
    sealed.write_bytes(prove(seal(plain_original()), store))
    with pytest.raises(Rejected) as caught:
        judge_revisions(original, sealed)
    assert caught.value.reason is Reason.CANNOT_TELL


async def test_a_file_that_begins_otherwise_is_altered_even_where_nobody_could_tell(tmp_path: Path) -> None:
    original = pades.an_original()
    content = await pades.signed(original, the_seal(), pades.stamped_at(NOON))
    spoilt = pades.changed(content, add_store_in_hexadecimal).replace(b"ASCIIHexDecode", b"ASCIIHexEncode")
    document = document_of(b"another one".ljust(len(original)))
    path = tmp_path / "sealed.pdf"
    path.write_bytes(spoilt)
    with pytest.raises(Rejected, match="does not begin with the original") as caught:
        SealJudge(Chains([the_authority().root.certificate]), NOON).judge(
            path, document, pades.expected_of(content, the_seal())
        )
    assert caught.value.reason is Reason.NOT_VERIFIED


def test_what_takes_the_libraries_too_much_memory_nobody_can_judge_and_it_costs_us_none(tmp_path: Path) -> None:
    original, sealed = tmp_path / "original.pdf", tmp_path / "sealed.pdf"
    store = {9: b"<</Type/DSS/Certs[10 0 R]>>", 10: stream(b"00>", b"/Filter/ASCIIHexDecode")}
    wide = plain_original({INFO: b"<</Keywords[%b]>>" % (b"<<>>" * 500_000)})
    original.write_bytes(wide)
    sealed.write_bytes(prove(seal(wide), store))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Rejected, match="takes more memory than it may") as caught:
        judge_revisions(original, sealed)
    assert caught.value.reason is Reason.CANNOT_TELL
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes
