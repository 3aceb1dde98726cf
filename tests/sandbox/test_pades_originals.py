"""Which documents can be sealed: PDFs as they are met in the wild, and what is refused in words."""

from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, ObjectStreamMode
from pyhanko.pdf_utils.reader import PdfFileReader

from sandbox.pades import NotSealable, prepare
from tests.sandbox.practice import NOW, a_seal, an_invoice, change_pdf, seal_pdf, the_authority
from tests.sandbox.verifiers import lt_verdicts, pdfsig_report, signatures

ROOT = the_authority().root_pem
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "invoices"
INVOICES = sorted(CORPUS.glob("*.pdf"))


def with_streams(document: bytes) -> bytes:
    """The document with a cross-reference stream and objects inside of streams."""
    return change_pdf(document, object_stream_mode=ObjectStreamMode.generate)


def hybrid(document: bytes) -> bytes:
    """The document with one more object that only its cross-reference stream knows (ISO 32000-1 §7.5.8.4)."""
    trailer = PdfFileReader(BytesIO(document)).trailer
    number, root, previous = trailer["/Size"], trailer.raw_get("/Root").idnum, document.rpartition(b"startxref")[2]
    hidden = b"%d 0 obj\n(hidden)\nendobj\n" % number
    entry = b"\1" + len(document).to_bytes(4, "big")
    stream = b"%d 0 obj\n<</Type /XRef /W [1 4 0] /Index [%d 1] /Size %d /Length 5>>\nstream\n%b\nendstream\nendobj\n"
    body = document + hidden
    body, xrefstm = body + stream % (number + 1, number, number + 2, entry), len(body)
    end = (number + 2, root, int(previous.split()[0]), xrefstm, len(body))
    return body + b"xref\n0 0\ntrailer\n<</Size %d /Root %d 0 R /Prev %d /XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % end


ORIGINALS = {
    "table": an_invoice(),
    "stream": with_streams(an_invoice()),
    "pages": an_invoice(pages=3),
    "linearized": change_pdf(an_invoice(), linearize=True),
    "PDF 2.0": change_pdf(an_invoice(), force_version="2.0"),
    "no line end": an_invoice().rstrip(),
    "space after the end": an_invoice() + b"\r\n \0\0",
}
EVERY_ORIGINAL = pytest.mark.parametrize("document", ORIGINALS.values(), ids=ORIGINALS)


def reason_not_to_seal(document: bytes) -> str:
    with pytest.raises(NotSealable) as refusal:
        prepare(document, a_seal().certificate_der, the_authority().chain, NOW)
    return refusal.value.reason


@EVERY_ORIGINAL
def test_tables_and_streams_of_cross_references_are_continued_in_kind(document: bytes) -> None:
    before, after = (PdfFileReader(BytesIO(one), strict=False) for one in (document, seal_pdf(document)))
    assert after.has_xref_stream == before.has_xref_stream


@EVERY_ORIGINAL
def test_a_sealed_file_is_sound_in_qpdfs_eyes(document: bytes) -> None:
    with pikepdf.open(BytesIO(seal_pdf(document))) as pdf:
        assert pdf.check_pdf_syntax() == []


@EVERY_ORIGINAL
async def test_a_second_seal_is_valid_and_leaves_the_first_valid(document: bytes, tmp_path: Path) -> None:
    twice = seal_pdf(seal_pdf(document))
    first, second = await lt_verdicts(twice, ROOT, NOW)
    assert first.bottom_line
    assert second.bottom_line
    assert pdfsig_report(twice, tmp_path).count("Signature is Valid") == 2


async def test_a_hybrid_file_keeps_the_objects_that_only_its_stream_knows() -> None:
    original = hybrid(an_invoice())
    assert PdfFileReader(BytesIO(original)).xrefs.hybrid_xrefs_present
    document = seal_pdf(seal_pdf(original))
    assert all(verdict.bottom_line for verdict in await lt_verdicts(document, ROOT, NOW))
    with pikepdf.open(BytesIO(document)) as pdf:
        assert str(pdf.get_object(PdfFileReader(BytesIO(an_invoice())).trailer["/Size"], 0)) == "hidden"


def test_each_seal_has_a_field_of_its_own() -> None:
    names = [signature.field_name for signature in signatures(seal_pdf(seal_pdf(an_invoice())))]
    assert names == ["Seal1", "Seal2"]


def test_a_field_name_that_is_taken_is_left_alone() -> None:
    def add_a_text_field(pdf: pikepdf.Pdf) -> None:
        field = pdf.make_indirect(Dictionary(FT=Name.Tx, T="Seal1", V="not a seal"))
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    (signature,) = signatures(seal_pdf(change_pdf(an_invoice(), add_a_text_field)))
    assert signature.field_name == "Seal2"


def test_the_proofs_of_an_earlier_store_are_kept() -> None:
    def add_a_store(pdf: pikepdf.Pdf) -> None:
        proof = pdf.make_stream(b"an earlier certificate")
        pdf.Root.DSS = Dictionary(Certs=Array([proof]), VRI=Dictionary({"/EARLIER": Dictionary(Cert=Array([proof]))}))

    with pikepdf.open(BytesIO(seal_pdf(change_pdf(an_invoice(), add_a_store)))) as pdf:
        store = pdf.Root.DSS
        assert store.Certs[0].read_bytes() == b"an earlier certificate"
        assert store.VRI.EARLIER.Cert[0].read_bytes() == b"an earlier certificate"
        assert len(store.Certs) == 1 + 5


async def test_a_size_that_is_too_low_costs_no_object() -> None:
    original = an_invoice()
    size = PdfFileReader(BytesIO(original)).trailer["/Size"]
    document = seal_pdf(original.replace(b"/Size %d" % size, b"/Size %d" % (size - 3)))
    (verdict,) = await lt_verdicts(document, ROOT, NOW)
    assert verdict.bottom_line
    with pikepdf.open(BytesIO(document)) as pdf:
        assert b"Invoice 1" in pdf.pages[0].Contents.read_bytes()


@pytest.mark.parametrize("junk", [b"", b"<Invoice/>", b"PK\x03\x04", b"\n%PDF-1.7"])
def test_what_is_no_pdf_is_refused(junk: bytes) -> None:
    assert reason_not_to_seal(junk) == "this is not a PDF"


def test_an_encrypted_pdf_is_refused() -> None:
    encrypted = change_pdf(an_invoice(), encryption=pikepdf.Encryption(owner="owner", user=""))
    assert reason_not_to_seal(encrypted) == "this PDF is encrypted"


def test_half_a_pdf_is_refused() -> None:
    document = an_invoice()
    assert reason_not_to_seal(document[: len(document) // 2]) == "this PDF is damaged"


def test_a_pdf_certified_against_changes_is_refused() -> None:
    def certify(pdf: pikepdf.Pdf) -> None:
        rules = Dictionary(Type=Name.TransformParams, P=1, V=Name("/1.2"))
        reference = Dictionary(Type=Name.SigRef, TransformMethod=Name.DocMDP, TransformParams=rules)
        signature = pdf.make_indirect(Dictionary(Type=Name.Sig, Reference=Array([reference])))
        pdf.Root.Perms = Dictionary(DocMDP=signature)

    assert "certified against every change" in reason_not_to_seal(change_pdf(an_invoice(), certify))


@given(st.data())
def test_damage_of_any_kind_is_refused_or_borne_but_never_an_error_of_ours(draw: st.DataObject) -> None:
    document = bytearray(draw.draw(st.sampled_from([an_invoice(), with_streams(an_invoice())])))
    places = st.integers(0, len(document) - 1)
    for place, byte in draw.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=20)):
        document[place] = byte
    try:
        prepare(bytes(document), a_seal().certificate_der, the_authority().chain, NOW)
    except NotSealable as refusal:
        assert refusal.reason  # noqa: PT017 - both outcomes are right


@pytest.fixture(params=INVOICES, ids=lambda path: path.stem)
def original(request: pytest.FixtureRequest) -> bytes:
    """One invoice of the corpus."""
    path: Path = request.param
    return path.read_bytes()


@pytest.mark.skipif(not INVOICES, reason="the corpus of invoices does not lie beside the repository")
async def test_an_invoice_of_the_corpus_is_sealed_for_the_long_term(original: bytes, tmp_path: Path) -> None:
    document = seal_pdf(original)
    assert document.startswith(original)
    (verdict,) = await lt_verdicts(document, ROOT, NOW)
    assert verdict.bottom_line
    assert "Signature is Valid" in pdfsig_report(document, tmp_path)
