"""Every hand that writes PDFs: what it writes is sound in everybody's eyes, and what it found is kept as it was."""

import re
import zlib
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name
from pyhanko.sign.ades.report import AdESPassed

from sandbox.pades import NotSealable, PreparedPdf, archive, finish, prepare
from sandbox.pades.lossless.document import Pdf
from sandbox.pades.lossless.streams import decode, predict
from sandbox.pades.lossless.syntax import Dictionary as Entries
from sandbox.pades.lossless.syntax import string_in
from sandbox.pki import KeyKind
from sandbox.variants.signapi import PdfWriter
from tests.sandbox.practice import NOW, a_seal, an_invoice, change_pdf, seal_pdf, the_authority
from tests.sandbox.test_pades_originals import CORPUS, ORIGINALS, hybrid, with_streams
from tests.sandbox.verifiers import lt_verdicts, lta_indication, pdfsig_report, signatures
from tests.sandbox.written import KINDS, NAME, a_page
from tests.support.pades import signed
from tests.support.programs import run

ROOT = the_authority().root_pem
CASES = sorted((CORPUS.parents[1] / "cases" / "pdf").glob("*.pdf"))
EVERY_WRITER = pytest.mark.parametrize("writer", list(PdfWriter))
LOSSLESS = [writer for writer in PdfWriter if writer is not PdfWriter.PYHANKO]
ALL = {**ORIGINALS, "hybrid": hybrid(an_invoice()), "sealed before": seal_pdf(an_invoice()), **KINDS}
EVERY_KIND = pytest.mark.parametrize("document", ALL.values(), ids=ALL)
FREES_ITS_INDEX = "pyHanko takes no file in which an index names itself free, as iText 5 has it"
FOLLOWS_ALL = "pyHanko follows every reference, and stumbles over one that leads nowhere"


def archived(document: bytes, writer: PdfWriter) -> bytes:
    return archive(document, the_authority(), NOW + timedelta(seconds=1), writer=writer)


def is_clean(document: bytes, folder: Path) -> bool:
    path = folder / "checked.pdf"
    path.write_bytes(document)
    checked = run("qpdf", "--check", path)
    return checked.returncode == 0 and "WARNING" not in checked.stdout


@EVERY_WRITER
@EVERY_KIND
def test_a_sealed_and_an_archived_file_are_sound_in_the_eyes_of_qpdf_and_poppler(
    document: bytes, writer: PdfWriter, tmp_path: Path
) -> None:
    after = seal_pdf(document, writer=writer)
    long_lived = archived(after, writer)
    assert after.startswith(document)
    assert long_lived.startswith(after)
    assert is_clean(after, tmp_path)
    assert is_clean(long_lived, tmp_path)
    assert "Total document signed" in pdfsig_report(long_lived, tmp_path)
    assert pdfsig_report(after, tmp_path).count("Signature is Valid") == len(signatures(after))


@EVERY_WRITER
@EVERY_KIND
async def test_pyhanko_accepts_the_seal_and_every_change_behind_it(document: bytes, writer: PdfWriter) -> None:
    if writer is PdfWriter.REWRITING and Pdf.of(document).index.is_stream:
        pytest.skip(FREES_ITS_INDEX)
    if document is KINDS["reference to nothing"]:
        pytest.skip(FOLLOWS_ALL)
    assert all(verdict.bottom_line for verdict in await lt_verdicts(seal_pdf(document, writer=writer), ROOT, NOW))


@EVERY_WRITER
async def test_an_archived_seal_is_available_for_the_long_term(writer: PdfWriter) -> None:
    then = NOW - timedelta(minutes=9)
    before = seal_pdf(an_invoice(), now=then, writer=writer)
    for minutes in (6, 3):
        before = archive(before, the_authority(), NOW - timedelta(minutes=minutes), writer=writer)
    assert await lta_indication(before, ROOT, NOW) is AdESPassed.OK


@EVERY_WRITER
@pytest.mark.parametrize("kind", list(KeyKind))
async def test_every_key_seals_with_every_hand(writer: PdfWriter, kind: KeyKind) -> None:
    (verdict,) = await lt_verdicts(seal_pdf(an_invoice(), kind, writer=writer), ROOT, NOW)
    assert verdict.bottom_line


@EVERY_WRITER
@EVERY_KIND
def test_every_page_says_what_it_said(document: bytes, writer: PdfWriter) -> None:
    with pikepdf.open(BytesIO(document)) as before, pikepdf.open(BytesIO(seal_pdf(document, writer=writer))) as after:
        for old, new in zip(before.pages, after.pages, strict=True):
            assert old.Contents.read_bytes() == new.Contents.read_bytes()
            assert {*new.obj.keys()} - {"/Annots"} == {*old.obj.keys()} - {"/Annots"}


@EVERY_WRITER
def test_the_seals_widget_is_what_pdf_a_asks_for(writer: PdfWriter) -> None:
    """ISO 19005-1 §6.5.3, §6.9: printed, not hidden, with one normal appearance, which here shows nothing."""
    pdf = Pdf.of(seal_pdf(an_invoice(), writer=writer))
    (widget,) = map(pdf.dictionary, pdf.items(pdf.first_page().dictionary.get(b"/Annots")))
    assert int(widget.get(b"/F") or b"0") & 0b100111 == 0b100
    assert list(map(int, pdf.items(widget.get(b"/Rect")))) == [0, 0, 0, 0]
    ((key, normal),) = pdf.dictionary(widget.get(b"/AP")).entries
    drawn = pdf.dictionary(normal)
    assert (key, drawn.get(b"/Subtype"), drawn.get(b"/Length")) == (b"/N", b"/Form", b"0")


@EVERY_WRITER
def test_a_new_object_never_takes_a_number_that_the_original_refers_to(writer: PdfWriter) -> None:
    original = a_page(b" /Outlines 6 0 R /Threads [9 0 R 5 0 R]")
    with pikepdf.open(BytesIO(archived(seal_pdf(original, writer=writer), writer))) as pdf:
        assert [pdf.get_object(number, 0) for number in (5, 6, 9)] == [None, None, None]


@EVERY_WRITER
def test_an_earlier_store_keeps_its_proofs(writer: PdfWriter) -> None:
    def add_a_store(pdf: pikepdf.Pdf) -> None:
        proof = pdf.make_stream(b"an earlier certificate")
        pdf.Root.DSS = Dictionary(Certs=Array([proof]), VRI=Dictionary({"/EARLIER": Dictionary(Cert=Array([proof]))}))

    with pikepdf.open(BytesIO(seal_pdf(change_pdf(an_invoice(), add_a_store), writer=writer))) as pdf:
        store = pdf.Root.DSS
        assert store.Certs[0].read_bytes() == b"an earlier certificate"
        assert store.VRI.EARLIER.Cert[0].read_bytes() == b"an earlier certificate"
        assert len(store.Certs) == 1 + 5


@EVERY_WRITER
def test_a_field_name_that_is_taken_is_left_alone(writer: PdfWriter) -> None:
    original = a_page(
        b" /AcroForm <</Fields [5 0 R 6 0 R]>>", b"", b"<</T (Seal1)>>", b"<</T <FEFF005300650061006C0032>>>"
    )
    (signature,) = signatures(seal_pdf(original, writer=writer))
    assert signature.field_name.partition(".")[0] == "Seal3"


@EVERY_WRITER
@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "this is not a PDF"),
        (b"\n%PDF-1.7", "this is not a PDF"),
        (change_pdf(an_invoice(), encryption=pikepdf.Encryption(owner="owner", user="")), "this PDF is encrypted"),
        (an_invoice()[:700], "this PDF is damaged"),
    ],
    ids=["empty", "line first", "encrypted", "half"],
)
def test_what_cannot_be_sealed_is_refused_in_words(document: bytes, why: str, writer: PdfWriter) -> None:
    with pytest.raises(NotSealable, match=why):
        seal_pdf(document, writer=writer)


@EVERY_WRITER
def test_a_pdf_certified_against_changes_is_refused(writer: PdfWriter) -> None:
    def certify(pdf: pikepdf.Pdf) -> None:
        rules = Dictionary(Type=Name.TransformParams, P=1, V=Name("/1.2"))
        reference = Dictionary(Type=Name.SigRef, TransformMethod=Name.DocMDP, TransformParams=rules)
        pdf.Root.Perms = Dictionary(DocMDP=pdf.make_indirect(Dictionary(Type=Name.Sig, Reference=Array([reference]))))

    with pytest.raises(NotSealable, match="certified against every change"):
        seal_pdf(change_pdf(an_invoice(), certify), writer=writer)


@EVERY_WRITER
@pytest.mark.parametrize("name", ["text in UTF-16", "text in hexadecimal UTF-16", "text of another encoding"])
def test_a_text_keeps_its_bytes(name: str, writer: PdfWriter) -> None:
    before, after = (Pdf.of(one).catalogue.dictionary for one in (KINDS[name], seal_pdf(KINDS[name], writer=writer)))
    assert string_in(before.get(b"/Lang") or b"") == string_in(after.get(b"/Lang") or b"") != b""


@EVERY_WRITER
def test_a_number_keeps_its_value_and_gets_no_exponent(writer: PdfWriter) -> None:
    numbers = b"[0.0000001 -.5 595.2800001 1. 00841]"
    pdf = Pdf.of(seal_pdf(a_page(b"", b" /CropBox " + numbers), writer=writer))
    written = pdf.items(pdf.first_page().dictionary.get(b"/CropBox"))
    assert list(map(Decimal, map(bytes.decode, written))) == list(map(Decimal, numbers.decode()[1:-1].split()))
    assert b"E" not in b"".join(written).upper()


async def test_a_file_that_somebody_signed_before_without_a_timestamp_is_archived() -> None:
    earlier = await signed(an_invoice(), a_seal(), field="Theirs")
    document = archived(seal_pdf(earlier), PdfWriter.PYHANKO)
    assert [one.field_name for one in signatures(document)] == ["Theirs", "Seal1", "Timestamp1"]


# What only the second reader and writer keep


@pytest.mark.parametrize("writer", LOSSLESS)
@pytest.mark.parametrize(
    ("document", "spelled"),
    [
        (KINDS["text in UTF-16"], b"(\xfe\xff" + NAME[:4]),
        (KINDS["text in hexadecimal UTF-16"], b"<FEFF%b>" % NAME.hex().encode()),
        (KINDS["text of another encoding"], b"(\\222\\) \\\nlv)"),
        (KINDS["names with signs"], b"/A#42 /C#44"),
        (KINDS["numbers of every shape"], b"[-.5 +0 595.2800001 00841]"),
        (KINDS["form that needs appearances"], b"/NeedAppearances true"),
    ],
    ids=["literal", "hexadecimal", "escapes", "names", "numbers", "flag"],
)
def test_what_is_not_changed_is_spelled_as_it_was(document: bytes, spelled: bytes, writer: PdfWriter) -> None:
    assert document.count(spelled) == 1
    assert seal_pdf(document, writer=writer).count(spelled) > 1


@pytest.mark.parametrize("writer", LOSSLESS)
def test_no_number_is_written_with_an_exponent_or_a_needless_point(writer: PdfWriter) -> None:
    appended = archived(seal_pdf(a_page(), writer=writer), writer)[len(a_page()) :]
    dictionaries = re.sub(rb"stream\n.*?endstream|\(.*?\)|<[0-9a-f]+>", b"", appended, flags=re.DOTALL)
    assert not re.search(rb"(?<![\w./])[+-]?\d+(?:\.\d*)?[eE]|(?<![\w./])[+-]?\d+\.0*(?!\d)", dictionaries)


# The habits


def test_the_rewriting_hand_lists_every_object_again_until_somebody_has_signed() -> None:
    original = an_invoice()
    tables = seal_pdf(original, writer=PdfWriter.REWRITING)[len(original) :].split(b"xref\n0 ")[1:]
    added = 3  # signature, field, appearance
    assert [int(table.split()[0]) for table in tables] == [Pdf.of(original).next_number + added, 1]


def test_a_file_with_an_index_in_a_stream_lists_that_stream_or_frees_it() -> None:
    for writer, kind in ((PdfWriter.STREAM, 1), (PdfWriter.REWRITING, 0)):
        index = Pdf.of(seal_pdf(with_streams(an_invoice()), writer=writer)).index
        assert index.places[max(index.places)].kind == kind


def test_hidden_objects_are_found_through_the_stream_behind_the_table() -> None:
    document = seal_pdf(an_invoice(), writer=PdfWriter.HYBRID)
    pdf = Pdf.of(document)
    packed = [number for number, place in pdf.index.places.items() if place.kind == 2]
    assert packed
    with pikepdf.open(BytesIO(document)) as other:
        assert all(other.get_object(number, 0) is not None for number in packed)


def test_the_store_raises_version_and_extension_level() -> None:
    before, after = (Pdf.of(seal_pdf(an_invoice(), writer=writer)) for writer in (PdfWriter.STREAM, PdfWriter.TABLE))
    assert before.catalogue.dictionary.get(b"/Version") is None
    assert after.catalogue.dictionary.get(b"/Version") == b"/1.7"
    assert b"/ExtensionLevel 5" in (after.catalogue.dictionary.get(b"/Extensions") or b"")
    later = Pdf.of(archived(after.content, PdfWriter.TABLE))
    assert later.catalogue.dictionary.get(b"/Extensions") == after.catalogue.dictionary.get(b"/Extensions")


def test_info_and_metadata_tell_the_same_moment_of_the_change() -> None:
    original = KINDS["metadata that tells a moment"]
    pdf = Pdf.of(seal_pdf(original, writer=PdfWriter.REWRITING))
    assert pdf.dictionary(b"6 0 R").get(b"/ModDate") == NOW.strftime("(D:%Y%m%d%H%M%SZ)").encode()
    assert NOW.strftime("<xmp:ModifyDate>%Y-%m-%dT%H:%M:%SZ<").encode() in pdf.stream(5)[1]
    assert len(pdf.stream(5)[1]) == len(Pdf.of(original).stream(5)[1])


def test_where_metadata_tells_no_moment_info_is_left_alone_too() -> None:
    metadata = b"<</Type /Metadata /Subtype /XML /Length 4>>\nstream\n<x/>\nendstream"
    original = a_page(b" /Metadata 5 0 R", b"", metadata, b"<</Title (Mine)>>", trailer=b" /Info 6 0 R")
    pdf = Pdf.of(seal_pdf(original, writer=PdfWriter.REWRITING))
    assert pdf.dictionary(b"6 0 R").get(b"/ModDate") is None


def test_a_field_may_be_the_kid_of_another() -> None:
    (signature,) = signatures(seal_pdf(an_invoice(), writer=PdfWriter.TABLE))
    assert signature.field_name == "Seal1.Signature"


def test_the_hand_that_began_a_seal_finishes_it() -> None:
    seal = a_seal()
    prepared = prepare(an_invoice(), seal.certificate_der, the_authority().chain, NOW, writer=PdfWriter.TABLE)
    kept = PreparedPdf.from_bytes(prepared.to_bytes())
    document = finish(kept, seal.sign_digest(kept.digest), the_authority(), seal.certificate, NOW)
    assert re.search(rb"/Length \d+ 0 R", document)


# Whatever a document holds


def a_literal(content: bytes) -> bytes:
    """A string in parentheses, with its special bytes escaped and the others as they are."""
    return b"(" + re.sub(rb"([()\\\\\r])", rb"\\\1", content) + b")"


BLANKS = st.sampled_from([b" ", b"\n", b"\r\n  ", b"\t%a comment >> ) (\n", b"\0"])
SIMPLE = st.one_of(
    st.integers(-(10**9), 10**9).map(lambda number: b"%d" % number),
    st.sampled_from([b"null", b"true", b"-.5", b"7.", b"+0", b"0.00000001", b"00012", b"9999 0 R"]),
    st.text("abc.-_", max_size=6).map(lambda text: b"/N#20%b" % text.encode()),
    st.binary(max_size=12).map(a_literal),
    st.binary(max_size=12).map(lambda content: b"<%b>" % content.hex().encode()),
    st.text(max_size=6).map(lambda text: a_literal(b"\xfe\xff" + text.encode("utf-16-be", "surrogatepass"))),
)


def containers(values: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Arrays and dictionaries of such values, with white space and comments between."""
    lists = st.lists(st.tuples(values, BLANKS).map(b"".join), max_size=4).map(b"".join)
    entries = st.lists(st.tuples(BLANKS, values, BLANKS).map(b"".join), max_size=4)
    keyed = entries.map(lambda each: b"".join(b"/K%d%b" % pair for pair in enumerate(each)))
    return st.one_of(lists.map(lambda inner: b"[%b]" % inner), keyed.map(lambda inner: b"<<%b>>" % inner))


@settings(max_examples=25)
@given(st.recursive(SIMPLE, containers, max_leaves=8), st.recursive(SIMPLE, containers, max_leaves=8))
def test_what_stands_beside_the_seal_means_the_same_whoever_writes(one: bytes, other: bytes) -> None:
    original = a_page(b" /Mine " + one, b" /Mine " + other)
    with pikepdf.open(BytesIO(original)) as before:
        for writer in PdfWriter:
            document = seal_pdf(original, writer=writer)
            with pikepdf.open(BytesIO(document)) as after:
                assert before.Root.get("/Mine") == after.Root.get("/Mine")
                assert before.pages[0].obj.get("/Mine") == after.pages[0].obj.get("/Mine")
            assert writer is PdfWriter.PYHANKO or document.count(b"/Mine " + one) > original.count(b"/Mine " + one)


# Robustness


@given(st.binary(max_size=400), st.integers(1, 9))
def test_predicted_rows_are_read_back(content: bytes, width: int) -> None:
    rows = content[: len(content) // width * width]
    entries = Entries.of(b"<</Filter [/FlateDecode] /DecodeParms [<</Predictor 12 /Columns %d>>]>>" % width)
    assert decode(entries, zlib.compress(predict(rows, width))) == rows


@given(st.data())
def test_damage_of_any_kind_is_refused_or_borne_but_never_an_error_of_ours(draw: st.DataObject) -> None:
    document = bytearray(draw.draw(st.sampled_from([an_invoice(), with_streams(an_invoice()), hybrid(an_invoice())])))
    places = st.integers(0, len(document) - 1)
    for place, byte in draw.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=20)):
        document[place] = byte
    writer = draw.draw(st.sampled_from(LOSSLESS))
    try:
        seal_pdf(bytes(document), writer=writer)
    except NotSealable as refusal:
        assert refusal.reason  # noqa: PT017 - both outcomes are right


@pytest.mark.skipif(not CASES, reason="the cases do not lie beside the repository")
@EVERY_WRITER
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_is_sealed_by_every_hand(path: Path, writer: PdfWriter, tmp_path: Path) -> None:
    document = seal_pdf(path.read_bytes(), writer=writer)
    assert document.startswith(path.read_bytes())
    assert "Signature is Valid" in pdfsig_report(document, tmp_path)
