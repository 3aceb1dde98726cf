"""`zimogs verify --original`: the second opinion says yes to a sealing and nothing else, whoever made it."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import add_action, add_annotation, add_text, made_in_practice
from tests.support import asice, pades
from tests.support.asice import FILES, SEVERAL
from tests.support.pades import Change, changed, sealed, signed, stamped_at, with_document_timestamp, with_store
from tests.support.pdfs import CASES
from tests.support.pki import NOON, the_authority, the_proofs, the_seal
from tests.support.xades import Recipe, swap
from worker.anchors import load_anchors
from worker.audit import AuditOutcome, FileReport, audit
from worker.audit.pdf_metadata import find_xmp_changes

TODAY = datetime(2026, 11, 28, 18, tzinfo=UTC)
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not on this machine")


async def compared(folder: Path, original: bytes, content: bytes, *, visible: bool = False) -> FileReport:
    (folder / "original.pdf").write_bytes(original)
    (folder / "sealed.pdf").write_bytes(content)
    anchors, sources = [the_authority().root.certificate], [folder / "original.pdf"]
    return await audit(folder / "sealed.pdf", anchors, NOON, original=sources, visible=visible)


async def seal_with(original: bytes, change: Change) -> bytes:
    """The original sealed by a hand that does something else in the same revision."""
    return with_store(await signed(original, the_seal(), stamped_at(NOON), change=change), the_proofs(the_seal()))


# --- what a sealing may be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["tables", "streams"])
async def test_a_sealing_of_the_practice_vendor_is_nothing_else(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001
    original = pades.an_original(packed=packed)
    report = await compared(tmp_path, original, made_in_practice(original, KeyKind.RSA2048)[0])
    assert report.ok, report.decisive_problems


@pytest.mark.parametrize("packed", [False, True], ids=["tables", "streams"])
async def test_a_sealing_of_another_maker_with_an_archive_timestamp_is_nothing_else(
    tmp_path: Path,
    packed: bool,  # noqa: FBT001
) -> None:
    original = pades.an_original(packed=packed)
    archived = await with_document_timestamp(await sealed(original, the_seal()), stamped_at(NOON))
    report = await compared(tmp_path, original, archived)
    assert report.ok, report.decisive_problems


async def test_a_seal_in_the_field_that_the_original_offers_is_nothing_else(tmp_path: Path) -> None:
    original = changed(pades.an_original(), lambda writer: append_signature_field(writer, SigFieldSpec("Seal")))
    report = await compared(tmp_path, original, await sealed(original, the_seal()))
    assert report.ok, report.decisive_problems


async def test_a_seal_on_what_somebody_signed_before_is_nothing_else(tmp_path: Path) -> None:
    original = await sealed(pades.an_original(), the_seal(KeyKind.P384), field="Theirs")
    report = await compared(tmp_path, original, await sealed(original, the_seal()))
    assert (report.ok, [one.is_ours for one in report.signatures]) == (True, [False, True]), report.decisive_problems


def refer_to_nothing(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    missing = generic.IndirectObject(900, 0, writer)  # type: ignore[no-untyped-call]
    page["/Resources"]["/XObject"] = generic.DictionaryObject({pdf_name("/Wm"): missing})  # type: ignore[no-untyped-call]
    writer.update_container(page)


async def test_a_reference_to_nothing_in_the_original_is_nothing_else(tmp_path: Path) -> None:
    original = changed(pades.an_original(), refer_to_nothing)
    report = await compared(tmp_path, original, await sealed(original, the_seal()))
    assert report.ok, report.decisive_problems


def restamp(writer: IncrementalPdfFileWriter) -> None:
    info = writer.trailer["/Info"]
    info["/Producer"], info["/ModDate"] = generic.pdf_string("other"), generic.pdf_string("D:20260302120000Z")
    writer.update_container(info)


def write_again(writer: IncrementalPdfFileWriter) -> None:
    """The page tree and a page, unchanged; strings in another encoding."""
    pages = writer.root["/Pages"]
    writer.update_container(pages)
    writer.update_container(pages["/Kids"][0])
    writer.trailer["/Info"]["/Title"] = generic.TextStringObject(str(writer.trailer["/Info"]["/Title"]))
    writer.trailer["/Info"]["/Title"].force_text_string_encoding = generic.TextStringEncoding.UTF16BE
    writer.update_container(writer.trailer["/Info"])


@pytest.mark.parametrize("write", [restamp, write_again])
async def test_what_any_writer_may_do_is_nothing_else(tmp_path: Path, write: Change) -> None:
    original = pades.an_original()
    report = await compared(tmp_path, original, await seal_with(original, write))
    assert report.ok, report.decisive_problems


async def test_a_seal_that_may_be_seen_is_nothing_else_where_that_is_allowed(tmp_path: Path) -> None:
    original = pades.an_original()
    content = await seal_with(original, show_the_seal)
    assert (await compared(tmp_path, original, content, visible=True)).ok
    assert (await compared(tmp_path, original, content)).outcome is AuditOutcome.ALTERED


STRUCTURES = [
    '<rdf:Description><dc:type rdf:parseType="Resource"><dc:a>1</dc:a></dc:type></rdf:Description>',
    "<rdf:Description><dc:type><rdf:Description><dc:a>1</dc:a></rdf:Description></dc:type></rdf:Description>",
    '<rdf:Description><dc:type dc:a="1"/></rdf:Description>',
]
EMPTY = [
    '<rdf:Description><dc:title><rdf:Alt><rdf:li xml:lang="x-default"/></rdf:Alt></dc:title></rdf:Description>',
    "<rdf:Description><dc:title><rdf:Alt><rdf:li><rdf:Description/></rdf:li></rdf:Alt></dc:title></rdf:Description>",
]


@pytest.mark.parametrize("spellings", [STRUCTURES, EMPTY])
def test_values_of_xmp_mean_the_same_however_they_are_spelled(spellings: list[str]) -> None:
    with pikepdf.new() as pdf:
        first, *others = (pdf.make_stream(PACKET.format(text).encode()) for text in spellings)
        assert [list(find_xmp_changes(first, other)) for other in others] == [[]] * len(others)


@needs_cases
@pytest.mark.parametrize("name", ["h-dss-rev-version-17", "itext-plain-stream", "itext2-table", "pyhanko-lta-table"])
async def test_sealings_of_other_libraries_are_nothing_else(name: str) -> None:
    folder = CASES / "sealed"
    anchors, original = load_anchors([folder / "root.pem"]), [folder / f"{name}.original.pdf"]
    report = await audit(folder / f"{name}.pdf", anchors, TODAY, original=original)
    assert report.ok, report.decisive_problems


PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">{}</rdf:RDF></x:xmpmeta>'
)
AS_ELEMENT = "<rdf:Description><dc:format>application/pdf</dc:format></rdf:Description>"
AS_ATTRIBUTE = '<rdf:Description dc:format="application/pdf"/><rdf:Description xmp:ModifyDate="2026-03-02"/>'


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        (AS_ATTRIBUTE, []),
        (AS_ELEMENT + "<rdf:Description><dc:format>application/pdf</dc:format></rdf:Description>", []),
        (AS_ELEMENT.replace("application/pdf", "text/plain"), ["format in the metadata"]),
        ("", ["format in the metadata"]),
        (AS_ELEMENT * 2 + '<rdf:Description dc:title="Invoice 2"/>', ["title in the metadata"]),
        ('<rdf:Description dc:format="text/plain"/>' + AS_ELEMENT, ["format in the metadata"]),
        ("<", ["the metadata"]),
    ],
)
def test_properties_of_xmp_are_compared_and_not_their_spelling(after: str, changes: list[str]) -> None:
    with pikepdf.new() as pdf:
        packets = (pdf.make_stream(PACKET.format(text).encode()) for text in (AS_ELEMENT, after))
        assert list(find_xmp_changes(*packets)) == changes


# --- what it may not be -----------------------------------------------------------------------------------------------


def show_the_seal(writer: IncrementalPdfFileWriter) -> None:
    append_signature_field(writer, SigFieldSpec("Seal", box=(0, 0, 300, 100)))


def draw_an_empty_box(writer: IncrementalPdfFileWriter) -> None:
    """A field without an area whose appearance paints."""
    append_signature_field(writer, SigFieldSpec("Seal"))
    field = writer.root["/AcroForm"]["/Fields"][0]
    paint = generic.StreamObject(stream_data=b"0 0 600 800 re f")
    field["/AP"] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(paint)})  # type: ignore[no-untyped-call]
    writer.update_container(field)


def act_on_the_seal(writer: IncrementalPdfFileWriter) -> None:
    append_signature_field(writer, SigFieldSpec("Seal"))
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/AA"] = generic.DictionaryObject({pdf_name("/E"): script()})  # type: ignore[no-untyped-call]
    writer.update_container(field)


def script() -> generic.DictionaryObject:
    return generic.DictionaryObject(  # type: ignore[no-untyped-call]
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.pdf_string("app.alert(1)")}
    )


def run_a_script(writer: IncrementalPdfFileWriter) -> None:
    named = generic.DictionaryObject(  # type: ignore[no-untyped-call]
        {pdf_name("/Names"): generic.ArrayObject([generic.pdf_string("x"), script()])}
    )
    writer.root["/Names"] = generic.DictionaryObject({pdf_name("/JavaScript"): named})  # type: ignore[no-untyped-call]
    writer.update_root()  # type: ignore[no-untyped-call]


def supply_what_is_missing(writer: IncrementalPdfFileWriter) -> None:
    paint = generic.StreamObject(stream_data=b"0 0 600 800 re f")
    writer.objects[(0, 900)] = paint


def swap_the_page(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 12 Tf (900.00 EUR) Tj ET"))
    writer.update_container(page)


def turn_the_page(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = generic.NumberObject(180)  # type: ignore[no-untyped-call]
    writer.update_container(page)


def rename_the_document(writer: IncrementalPdfFileWriter) -> None:
    writer.trailer["/Info"]["/Title"] = generic.pdf_string("Invoice 900")
    writer.update_container(writer.trailer["/Info"])


def have_fields_drawn_anew(writer: IncrementalPdfFileWriter) -> None:
    form = writer.root["/AcroForm"]
    form["/NeedAppearances"] = generic.BooleanObject(True)  # type: ignore[no-untyped-call]  # noqa: FBT003
    writer.update_container(form)


def add_a_text_field(writer: IncrementalPdfFileWriter) -> None:
    append_signature_field(writer, SigFieldSpec("Seal"))
    field = generic.DictionaryObject(  # type: ignore[no-untyped-call]
        {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): generic.pdf_string("amount")}
    )
    writer.root["/AcroForm"]["/Fields"].append(writer.add_object(field))
    writer.update_container(writer.root["/AcroForm"]["/Fields"])


@pytest.mark.parametrize(
    "attack",
    [
        add_text, add_annotation, add_action, show_the_seal, draw_an_empty_box, act_on_the_seal, run_a_script,
        swap_the_page, turn_the_page, rename_the_document, add_a_text_field,
    ],
)  # fmt: skip
async def test_a_sealing_that_does_something_else_is_altered(tmp_path: Path, attack: Change) -> None:
    original = pades.an_original()
    report = await compared(tmp_path, original, await seal_with(original, attack))
    assert (report.ok, report.outcome) == (False, AuditOutcome.ALTERED)
    assert report.sentences[0].startswith("something else than a seal was added to the original: ")


@pytest.mark.parametrize("attack", [add_text, turn_the_page, have_fields_drawn_anew])
async def test_something_else_behind_the_seal_is_altered(tmp_path: Path, attack: Change) -> None:
    original = pades.an_original()
    report = await compared(tmp_path, original, changed(await sealed(original, the_seal()), attack))
    assert (report.ok, report.outcome) == (False, AuditOutcome.ALTERED)
    assert report.signatures[0].sentences[0].startswith("something else than proofs was added after the seal: ")


async def test_an_object_supplied_for_a_reference_to_nothing_is_altered(tmp_path: Path) -> None:
    original = changed(pades.an_original(), refer_to_nothing)
    report = await compared(tmp_path, original, await seal_with(original, supply_what_is_missing))
    assert (report.ok, report.outcome) == (False, AuditOutcome.ALTERED)


async def test_a_sealing_of_another_document_is_altered(tmp_path: Path) -> None:
    other = pades.an_original().replace(b"100.00", b"900.00")
    report = await compared(tmp_path, other, await sealed(pades.an_original(), the_seal()))
    assert "it does not begin with the original" in report.sentences


async def test_two_seals_over_one_original_are_altered(tmp_path: Path) -> None:
    original = pades.an_original()
    twice = await sealed(await sealed(original, the_seal()), the_seal(KeyKind.P384), field="Second")
    report = await compared(tmp_path, original, twice)
    assert "2 seals were added to the original, not one" in report.sentences


async def test_the_original_itself_is_no_sealing(tmp_path: Path) -> None:
    original = pades.an_original()
    report = await compared(tmp_path, original, original)
    assert report.sentences == ("the file is not sealed", "0 seals were added to the original, not one")


async def test_a_document_that_was_written_anew_is_altered(tmp_path: Path) -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(pades.an_original())) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    report = await compared(tmp_path, pades.an_original(), await sealed(out.getvalue(), the_seal()))
    assert (report.ok, report.outcome) == (False, AuditOutcome.ALTERED)


@needs_cases
@pytest.mark.parametrize("name", ["dangling-overlay", "o-full-page-appearance-of-the-seal"])
async def test_hostile_sealings_are_altered(name: str) -> None:
    folder = CASES / "hostile"
    anchors, original = load_anchors([CASES / "sealed" / "root.pem"]), [folder / f"{name}.original.pdf"]
    report = await audit(folder / f"{name}.pdf", anchors, TODAY, original=original)
    assert (report.ok, report.outcome) == (False, AuditOutcome.ALTERED)


@needs_cases
@pytest.mark.parametrize(
    ("original", "content"),
    [("hybrid", "hybrid-sealed-by-pdfbox"), ("classic", "classic-sealed-with-indirect-length")],
)
async def test_only_the_stand_in_for_a_signature_is_wrong_with_these(original: str, content: str) -> None:
    folder = CASES / "pdf"
    anchors, sources = load_anchors([CASES / "sealed" / "root.pem"]), [folder / f"{original}.pdf"]
    report = await audit(folder / f"{content}.pdf", anchors, TODAY, original=sources)
    assert report.problems == ()
    assert not any("was added" in one for one in report.signatures[0].sentences)


# --- containers -------------------------------------------------------------------------------------------------------


async def held(folder: Path, files: dict[str, bytes], content: bytes) -> FileReport:
    sources = []
    for name, held_content in files.items():
        sources.append(folder / name)
        sources[-1].write_bytes(held_content)
    (folder / "sealed.edoc").write_bytes(content)
    return await audit(folder / "sealed.edoc", [the_authority().root.certificate], NOON, original=sources)


@pytest.mark.parametrize("files", [FILES, SEVERAL, {'SIA "Paraugs" līgums.txt': b"x"}])
async def test_a_container_of_these_files_is_nothing_else(tmp_path: Path, files: dict[str, bytes]) -> None:
    report = await held(tmp_path, files, asice.sealed(files).content)
    assert report.ok, report.decisive_problems


async def test_a_container_whose_quotes_came_back_escaped_is_nothing_else(tmp_path: Path) -> None:
    content = asice.sealed({"SIA %22Paraugs%22 līgums.txt": b"x"}).content
    assert (await held(tmp_path, {'SIA "Paraugs" līgums.txt': b"x"}, content)).ok


@pytest.mark.parametrize("escaped", ["%22", "%2522"])
async def test_references_may_escape_quotes_otherwise_than_entries(tmp_path: Path, escaped: str) -> None:
    name = "SIA %22Paraugs%22.txt" if escaped == "%22" else 'SIA "Paraugs".txt'
    edit = swap(
        "SIA%20%2522Paraugs%2522" if escaped == "%22" else "SIA%20%22Paraugs%22", f"SIA%20{escaped}Paraugs{escaped}"
    )
    content = asice.sealed({name: b"x"}, Recipe(edit_info=edit)).content
    assert (await held(tmp_path, {'SIA "Paraugs".txt': b"x"}, content)).ok


async def test_a_quote_in_the_container_is_not_the_escape_that_was_handed_in(tmp_path: Path) -> None:
    content = asice.sealed({'SIA "Paraugs".txt': b"x"}).content
    assert not (await held(tmp_path, {"SIA %22Paraugs%22.txt": b"x"}, content)).ok


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"invoice.txt": b"Invoice 1: 900.00 EUR"}, "invoice.txt is another file than the original"),
        ({"invoice.txt": FILES["invoice.txt"], "b.txt": b"b"}, "b.txt of the original is not in the container"),
        ({"other.txt": FILES["invoice.txt"]}, "invoice.txt is in the container and not in the original"),
    ],
)
async def test_a_container_of_other_files_is_altered(tmp_path: Path, files: dict[str, bytes], why: str) -> None:
    report = await held(tmp_path, files, asice.sealed(FILES).content)
    assert (report.ok, report.outcome, why in report.sentences) == (False, AuditOutcome.ALTERED, True)


async def test_a_container_with_a_second_signature_is_altered(tmp_path: Path) -> None:
    second = dict(asice.entries_of(asice.sealed(FILES, Recipe(seal=the_seal(KeyKind.P384))).content))[asice.SIGNATURES]
    both = asice.archive([*asice.entries_of(asice.sealed(FILES).content), ("META-INF/signatures1.xml", second)])
    report = await held(tmp_path, FILES, both)
    assert "2 signatures were made over the original, not one" in report.sentences
