"""What a new signature changes in a PDF: page, form and catalogue, for a field that nobody sees.

§ are those of ISO 32000-2, unless another standard is named.
"""

from collections.abc import Iterator

from sandbox.pades.lossless.changes import Changes
from sandbox.pades.lossless.document import Indirect, Pdf
from sandbox.pades.lossless.layout import stream_object
from sandbox.pades.lossless.style import Style
from sandbox.pades.lossless.syntax import string_in
from sandbox.pades.revision import PdfObject

BOTH_FLAGS = b"3"  # SignaturesExist and AppendOnly (ISO 32000-2 §12.7.3)
FLAGS = b"132"  # Print, which PDF/A asks for (ISO 19005-1 §6.5.3), and Locked (ISO 32000-2 §12.5.3)
NOWHERE = b"[0 0 0 0]"
KID = b"Signature"  # the partial name of a field below another (§12.7.4.2)
EMPTY_APPEARANCE = b"/Type /XObject /Subtype /Form /BBox %b" % NOWHERE
FOR_SEALS, FOR_STORES = 1, 5  # levels of the extension ESIC as pyHanko and iText state them
TEXT_MARK = b"\xfe\xff"  # of UTF-16 (ISO 32000-2 §7.9.2.2)


def add_field(changes: Changes, name: str, style: Style) -> int:
    """Add a signature field without extent to the first page; return the number that its signature shall have."""
    page = changes.pdf.first_page()
    signature, appearance, field = (changes.new_number() for _ in range(3))
    top, named = field, b"/T (%b)" % name.encode("ascii")
    # Behind somebody's signature pyHanko allows a new field, and not one below another.
    if style.nests and not changes.pdf.is_signed:
        top = changes.new_number()
        changes.write(PdfObject(top, 0, b"<<%b /Kids [%d 0 R]>>" % (named, field)))
        named = b"/T (%b) /Parent %d 0 R" % (KID, top)
    seen = b"/Type /Annot /Subtype /Widget /F %b /Rect %b /P %d %d R /AP <</N %d 0 R>>" % (
        *(FLAGS, NOWHERE, page.number, page.generation, appearance),
    )
    changes.write(PdfObject(field, 0, b"<</FT /Sig %b /V %d 0 R %b>>" % (named, signature, seen)))
    # Every field has an appearance in PDF/A-1 (ISO 19005-1 §6.9), one that shows nothing included.
    changes.write(stream_object(appearance, b"", EMPTY_APPEARANCE))
    if (annotations := changes.append(page.dictionary.get(b"/Annots"), b"%d 0 R" % field)) is not None:
        changes.set(page, b"/Annots", annotations)
    _enter(changes, b"%d 0 R" % top)
    raise_level(changes, FOR_SEALS)
    if style.rewrites:
        repeat_untouched(changes)
    return signature


def _enter(changes: Changes, field: bytes) -> None:
    """Enter the field into the form, which is made where there is none (§12.7.3)."""
    pdf = changes.pdf
    known = changes.current(pdf.catalogue).get(b"/AcroForm")
    form = pdf.dictionary(known)
    if (fields := changes.append(form.get(b"/Fields"), field)) is not None:
        form = form.with_entry(b"/Fields", fields)
    form = form.with_entry(b"/SigFlags", BOTH_FLAGS)
    if reference := pdf.dictionary_behind(known):
        changes.write(PdfObject(*reference, form.to_bytes()))
    else:
        changes.set(pdf.catalogue, b"/AcroForm", form.to_bytes())


def raise_level(changes: Changes, level: int) -> None:
    """State ESIC's extension level (§7.12) where a lower one or none stands; a PDF 2.0 needs none."""
    pdf = changes.pdf
    extensions = pdf.dictionary(changes.current(pdf.catalogue).get(b"/Extensions"))
    stated = pdf.follow(pdf.dictionary(extensions.get(b"/ESIC")).get(b"/ExtensionLevel"))
    if version_of(changes) >= b"/2" or (stated.isdigit() and int(stated) >= level):
        return
    named = b"<</BaseVersion /1.7 /ExtensionLevel %d>>" % level
    changes.set(pdf.catalogue, b"/Extensions", extensions.with_entry(b"/ESIC", named).to_bytes())


def version_of(changes: Changes) -> bytes:
    """Return the version as a name: the later one of header and catalogue (§7.5.2)."""
    pdf = changes.pdf
    stated = pdf.follow(changes.current(pdf.catalogue).get(b"/Version"))
    return max(b"/" + pdf.content[5:8], stated if stated != b"null" else b"")


def repeat_untouched(changes: Changes) -> None:
    """Write again what a revision need not touch: page-tree root, first page and Info."""
    pdf = changes.pdf
    changes.repeat(pdf.indirect(pdf.catalogue.dictionary.get(b"/Pages")), pdf.first_page())
    if reference := pdf.dictionary_behind(pdf.index.trailer.get(b"/Info")):
        changes.repeat(Indirect(*reference, pdf.dictionary(pdf.index.trailer.get(b"/Info"))))


def free_name(pdf: Pdf, name: str) -> str:
    """Return the name with the lowest number that no field of the form has."""
    taken = set(_names(pdf))
    number = 1
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def _names(pdf: Pdf) -> Iterator[str]:
    for field in pdf.items(pdf.dictionary(pdf.catalogue.dictionary.get(b"/AcroForm")).get(b"/Fields")):
        name = string_in(pdf.follow(pdf.dictionary(field).get(b"/T")))
        yield name.decode("utf-16" if name.startswith(TEXT_MARK) else "latin-1", errors="replace")
