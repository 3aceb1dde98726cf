"""Documents as offices make them: one of several writers, some contents, a form of file, and what happened since."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from io import BytesIO

import pikepdf
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Pdf, String
from pyhanko.sign.fields import MDPPerm
from reportlab.pdfgen.canvas import Canvas

from tests.support import handwritten, pades
from tests.support.pki import NOON, the_seal
from tests.support.spelling import Spelling, spell_plainly, spell_with_point, spell_with_sign

Content = Callable[[Pdf], None]
"""Puts something into a document."""

Happening = Callable[[bytes], bytes]
"""What somebody does to a file."""

TEXTS = ("Rēķins", "Invoice (1)", "счёт \\ №1", "a\r\nb", "", "請求書")


def _with_reportlab(pages: int) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    for number in range(pages):
        canvas.drawString(100, 700, f"Invoice {number}: 100.00 EUR")
        canvas.bookmarkPage(f"page {number}")
        canvas.addOutlineEntry(f"Page {number}", f"page {number}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _with_pikepdf(pages: int) -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _by_hand(pages: int) -> bytes:
    kids = range(10, 10 + pages)
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    page = b"<</Type /Page /Parent 6 0 R /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>"
    nodes = {
        2: b"<</Type /Pages /Kids [6 0 R] /Count %d /MediaBox [0 0 595 842] /Rotate 0>>" % pages,
        6: b"<</Type /Pages /Parent 2 0 R /Kids [%b] /Count %d>>" % (listed, pages),
        **dict.fromkeys(kids, page),
    }
    objects = {number: text for number, text in handwritten.an_invoice().items() if number != handwritten.PAGE}
    return handwritten.write({**objects, **nodes})


WRITERS = {"reportlab": _with_reportlab, "pikepdf": _with_pikepdf, "by hand": _by_hand}


def _form(pdf: Pdf, kind: str, *, nested: bool, direct: bool) -> None:
    page = pdf.pages[0].obj
    widget = Dictionary(Subtype=Name.Widget, Rect=[10, 10, 90, 30], P=page, F=4, T=String("Summa"), V=String("100"))
    field = Dictionary(FT=Name.Tx, T=String("Nē"), Kids=[]) if nested else widget
    widget.FT = Name(f"/{kind}")
    if kind == "Btn":
        widget.V = Name.Off
    made = pdf.make_indirect(widget)
    page.Annots = Array([made]) if direct else pdf.make_indirect(Array([made]))
    if nested:
        field = pdf.make_indirect(field)
        field.Kids.append(made)
        made.Parent = field
    form = Dictionary(
        Fields=[field if nested else made], NeedAppearances=True, DA=String("/Helv 0 Tf"), DR=Dictionary()
    )
    pdf.Root.AcroForm = form if direct else pdf.make_indirect(form)


def _signature_field(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    field = pdf.make_indirect(
        Dictionary(FT=Name.Sig, Subtype=Name.Widget, T=String("Seal1"), Rect=[0, 0, 0, 0], P=page)
    )
    pdf.Root.AcroForm = Dictionary(Fields=[field], SigFlags=1)
    page.Annots = Array([field])


def _texts(pdf: Pdf, text: str) -> None:
    pdf.Root.Lang = String(text)
    pdf.Root.PageLabels = Dictionary(Nums=[0, Dictionary(S=Name.D, P=String(text))])
    pdf.docinfo["/Title"] = text
    pdf.docinfo["/Producer"] = text


def _annotation(pdf: Pdf, text: str) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Contents=String(text), Rect=[0, 0, 9.5, 9])
    pdf.pages[0].obj.Annots = Array([note, pdf.make_indirect(note)])


def _attachment(pdf: Pdf) -> None:
    pdf.attachments["factur-x.xml"] = b"<invoice/>"
    pdf.Root.AF = Array([pdf.Root.Names.EmbeddedFiles.Names[1]])


def _tags(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    tree = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, ParentTree=Dictionary(Nums=[])))
    tree.K = pdf.make_indirect(Dictionary(S=Name.Document, P=tree, Pg=page))
    pdf.Root.StructTreeRoot, pdf.Root.MarkInfo = tree, Dictionary(Marked=True)
    page.StructParents, page.Tabs = 0, Name.S


def _metadata(pdf: Pdf) -> None:
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = "Rēķins"
        metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "3", "B"
    pdf.Root.OutputIntents = Array(
        [Dictionary(Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier="sRGB")]
    )


def _layers(pdf: Pdf) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Slānis")))
    pdf.Root.OCProperties = Dictionary(OCGs=[group], D=Dictionary(ON=[group]))


def _script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def _extension(pdf: Pdf) -> None:
    pdf.Root.Extensions = pdf.make_indirect(Dictionary(ADBE=Dictionary(BaseVersion=Name("/1.7"), ExtensionLevel=3)))
    pdf.Root.Version = Name("/1.7")


CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.builds(
        lambda kind, nested, direct: partial(_form, kind=kind, nested=nested, direct=direct),
        *(st.sampled_from(["Tx", "Btn", "Ch"]), st.booleans(), st.booleans()),
    ),
    st.builds(lambda text: partial(_texts, text=text), st.sampled_from(TEXTS)),
    st.builds(lambda text: partial(_annotation, text=text), st.sampled_from(TEXTS)),
    st.sampled_from([_signature_field, _attachment, _tags, _metadata, _layers, _script, _extension]),
)


@dataclass(frozen=True)
class Shape:
    """How a file is written."""

    packed: bool
    linearized: bool
    version: str

    def save(self, pdf: Pdf) -> bytes:
        out = BytesIO()
        mode = ObjectStreamMode.generate if self.packed else ObjectStreamMode.disable
        pdf.save(
            out, object_stream_mode=mode, linearize=self.linearized, force_version=self.version, deterministic_id=True
        )
        return out.getvalue()


def _as_it_is(pdf: bytes) -> bytes:
    return pdf


def _line_break(pdf: bytes) -> bytes:
    return pdf + b"\r\n"


def _hybrid(pdf: bytes) -> bytes:
    """One more revision, whose table is joined by a stream with an object that only it knows (ISO 32000-2 §7.5.8.4)."""
    with pikepdf.open(BytesIO(pdf)) as reader:
        number, root = int(reader.trailer.Size), reader.Root.objgen[0]
    body = pdf + b"%d 0 obj\n(hidden)\nendobj\n" % number
    row = b"\1" + len(pdf).to_bytes(4, "big") + b"\0"
    index = handwritten.a_stream(row, b"/Type /XRef /W [1 4 1] /Index [%d 1] /Size %d" % (number, number + 2))
    whole = body + b"%d 0 obj\n%b\nendobj\n" % (number + 1, index)
    previous = int(pdf.rpartition(b"startxref")[2].split()[0])
    trailer = b"/Size %d /Root %d 0 R /Prev %d /XRefStm %d" % (number + 2, root, previous, len(body))
    return whole + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<<%b>>\nstartxref\n%d\n%%%%EOF\n" % (trailer, len(whole))


def _updated(pdf: bytes) -> bytes:
    """One more revision with a table, in which the catalogue is written again as it was."""
    with pikepdf.open(BytesIO(pdf)) as reader:
        size, (root, _), text = int(reader.trailer.Size), reader.Root.objgen, reader.Root.unparse(resolved=True)
    return handwritten.append(pdf, {root: text}, size=size, trailer=b"/Root %d 0 R" % root)


def _signed(pdf: bytes) -> bytes:
    """Somebody's own signature, at level B-T."""
    return asyncio.run(pades.signed(pdf, the_seal(), pades.stamped_at(NOON), field="Author"))


def _certified(pdf: bytes) -> bytes:
    """A certification that allows others to sign, with an archive timestamp."""
    certified = asyncio.run(pades.signed(pdf, the_seal(), certify=MDPPerm.FILL_FORMS, field="Author"))
    return asyncio.run(pades.with_document_timestamp(certified, pades.stamped_at(NOON)))


def _sealed(pdf: bytes) -> bytes:
    """Somebody's own seal with a store of proofs."""
    return asyncio.run(pades.sealed(pdf, the_seal(), field="Author"))


SPELLINGS: st.SearchStrategy[Happening] = st.builds(
    lambda **how: Spelling(**how).write,
    blank=st.sampled_from([b" ", b"\n", b"\r", b"\0 ", b"\t%(comment\r\n"]),
    is_hexadecimal=st.booleans(),
    spell_number=st.sampled_from([spell_plainly, spell_with_point, spell_with_sign]),
    shift=st.sampled_from([0, -1]),
)
LATER: st.SearchStrategy[Happening] = st.sampled_from([_line_break, _hybrid, _updated])
SIGNING: st.SearchStrategy[Happening] = st.sampled_from([_signed, _certified, _sealed])


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A sound PDF of one to three pages."""
    pdf = WRITERS[draw(st.sampled_from(sorted(WRITERS)))](draw(st.integers(1, 3)))
    contents = draw(st.lists(CONTENTS, max_size=4))
    shape = draw(st.none() | st.builds(Shape, st.booleans(), st.booleans(), st.sampled_from(["1.4", "1.7", "2.0"])))
    if contents or shape:
        with pikepdf.open(BytesIO(pdf)) as opened:
            for put in contents:
                put(opened)
            pdf = (shape or Shape(packed=False, linearized=False, version="1.7")).save(opened)
    # The library that signs here does not read every spelling.
    spell, sign = draw(
        st.just((_as_it_is, _as_it_is))
        | st.tuples(SPELLINGS, st.just(_as_it_is))
        | st.tuples(st.just(_as_it_is), SIGNING)
    )
    return reduce(lambda so_far, happen: happen(so_far), [spell, *draw(st.lists(LATER, max_size=2)), sign], pdf)
