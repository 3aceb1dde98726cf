"""PDFs written out by hand, as writers in the wild have them: one kind each, and nothing else unusual about them."""

from collections.abc import Sequence

CATALOGUE = b"<</Type /Catalog /Pages 2 0 R%b>>"
PAGES = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.8898] /Contents 4 0 R%b>>"
CONTENT = b"<</Length 42>>\nstream\nBT /F1 24 Tf 72 720 Td (Rekins 100) Tj ET \nendstream"
NAME = "Rēķins".encode("utf-16-be")  # in UTF-16, whose mark stands before it


def written(
    objects: Sequence[bytes], trailer: bytes = b"", *, line_break: bytes = b"", version: bytes = b"1.4"
) -> bytes:
    """Write these objects and a table that leads to each of them, or to the line break before it."""
    out, places = bytearray(b"%%PDF-%b\n" % version), []
    for number, value in enumerate(objects, 1):
        places.append(len(out))
        out += b"%b%d 0 obj\n%b\nendobj\n" % (line_break, number, value)
    startxref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d /Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, trailer, startxref)
    return bytes(out)


def a_page(catalogue: bytes = b"", page: bytes = b"", *more: bytes, trailer: bytes = b"", **how: bytes) -> bytes:
    """A document of one page, with these entries in its catalogue and on its page, and objects from number 5 on."""
    return written([CATALOGUE % catalogue, PAGES, PAGE % page, CONTENT, *more], trailer, **how)


def as_literal(text: bytes) -> bytes:
    """UTF-16 as a literal string, its special bytes escaped."""
    escaped = text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"(\xfe\xff%b)" % escaped


XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:ModifyDate>2020-01-01T00:00:00Z</xmp:ModifyDate></rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
METADATA = b"<</Type /Metadata /Subtype /XML /Length %d>>\nstream\n%b\nendstream" % (len(XMP), XMP)
INFORMATION = b"<</Title (Mine) /ModDate (D:20200101000000Z)>>"
WIDGET = b"<</Type /Annot /Subtype /Widget /FT /Tx /T (name) /Rect [50 50 200 70] /P 3 0 R>>"
KINDS = {
    "text in UTF-16": a_page(b" /Lang " + as_literal(NAME)),
    "text in hexadecimal UTF-16": a_page(b" /Lang <FEFF%b>" % NAME.hex().encode()),
    "text of another encoding": a_page(b" /Lang (\\222\\) \\\nlv)"),
    "form that needs appearances": a_page(
        b" /AcroForm 5 0 R", b" /Annots [6 0 R]", b"<</Fields [6 0 R] /NeedAppearances true>>", WIDGET
    ),
    "form with arrays of their own": a_page(
        b" /AcroForm <</Fields 5 0 R>>", b" /Annots 6 0 R", b"[7 0 R]", b"[7 0 R]", WIDGET
    ),
    "offsets of line breaks": a_page(line_break=b"\r\n"),
    "reference to nothing": a_page(b" /Outlines 6 0 R"),
    "comments and odd spaces": a_page(b"%comment >>\r/Lang\0(lv)\f", b"/Rotate%\n0"),
    "numbers of every shape": a_page(b"", b" /UserUnit 1. /CropBox [-.5 +0 595.2800001 00841]"),
    "names with signs": a_page(b" /A#42 /C#44", b" /PieceInfo<</X<</LastModified(D:2026)/Private/P>>>>"),
    "extensions": a_page(b" /Extensions <</ADBE <</BaseVersion /1.7 /ExtensionLevel 3>>>>", version=b"1.7"),
    "metadata that tells a moment": a_page(
        b" /Metadata 5 0 R", b"", METADATA, INFORMATION, trailer=b" /Info 6 0 R", version=b"1.7"
    ),
    "PDF 2.0": a_page(version=b"2.0"),
}
"""Each kind under its name."""
