"""Hostile acts on PDFs: what the plan of a seal's revision becomes, and what is written behind a sealed file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sandbox.pades.lossless.changes import Changes
from sandbox.pades.lossless.document import Indirect, Pdf
from sandbox.pades.lossless.layout import lay_out, stream_object
from sandbox.pades.lossless.style import Style
from sandbox.pades.lossless.syntax import Dictionary
from sandbox.pades.numbering import numbers_in_references
from sandbox.pades.prepare import Change
from sandbox.pades.revision import PdfObject
from sandbox.pades.writer import RevisionPlan
from sandbox.weather.acts import HostileAct

PAGE = b"[0 0 595 842]"  # A4, in points
ANOTHER_AMOUNT = b"q 1 1 1 rg 0 0 595 842 re f Q BT /F1 24 Tf 72 700 Td (Pay 999 EUR) Tj ET"
FONTS = b"<</Font <</F1 <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>"
PAINTED = b"/Type /XObject /Subtype /Form /BBox %b /Resources %b" % (PAGE, FONTS)
SCRIPT = b"<</S /JavaScript /JS (app.alert\\(1\\))>>"


def change_for(act: HostileAct | None) -> Change | None:
    """Return what the act does to the plan of a seal, or None where it leaves it alone."""
    tamper = PLANNED.get(act) if act else None
    return partial(_change, tamper) if tamper else None


def tamper_with_pdf(act: HostileAct, sealed: Path) -> None:
    """Append a revision in which the first page shows something else; acts of another kind do nothing here."""
    if act is HostileAct.EDIT_AFTERWARDS:
        changes = Changes(Pdf.of(sealed.read_bytes()))
        _replace_page(changes)
        with sealed.open("ab") as file:
            file.write(lay_out(changes.pdf, changes.objects, Style()).appended)


def _change(tamper: Callable[[Changes], None], document: bytes, plan: RevisionPlan) -> RevisionPlan:
    changes = Changes(Pdf.of(document), plan.objects, reserved=plan.signature_number)
    tamper(changes)
    # Without a catalogue the store's revision reads the file again, and keeps what was done to it.
    return RevisionPlan(changes.objects, plan.signature_number, plan.lay_out)


def _paint(changes: Changes) -> None:
    field = _field(changes)
    changes.set(field, b"/Rect", PAGE)
    changes.set(field, b"/AP", b"<</N %b>>" % _write_painting(changes))


def _annotate(changes: Changes) -> None:
    page = changes.pdf.first_page()
    note = changes.new_number()
    shown = b"/Type /Annot /Subtype /FreeText /F 4 /Rect %b /Contents () /DA () /AP <</N %b>>" % (
        *(PAGE, _write_painting(changes)),
    )
    changes.write(PdfObject(note, 0, b"<<%b>>" % shown))
    notes = changes.append(changes.current(page).get(b"/Annots"), b"%d 0 R" % note)
    if notes is not None:
        changes.set(page, b"/Annots", notes)


def _script(changes: Changes) -> None:
    changes.set(_field(changes), b"/AA", b"<</E %b>>" % SCRIPT)


def _open_action(changes: Changes) -> None:
    changes.set(changes.pdf.catalogue, b"/OpenAction", SCRIPT)


def _enter_script(changes: Changes) -> None:
    catalogue = changes.pdf.catalogue
    names = changes.pdf.dictionary(changes.current(catalogue).get(b"/Names"))
    scripts = b"<</Names [(a) %b]>>" % SCRIPT
    changes.set(catalogue, b"/Names", names.with_entry(b"/JavaScript", scripts).to_bytes())


def _supply(changes: Changes) -> None:
    """Write the first object that the original refers to without having it; nothing where it has all of them."""
    there = {number for (number, _), _ in changes.pdf.objects()} | {one.number for one in changes.objects}
    referred = (number for _, value in changes.pdf.objects() for number in numbers_in_references(value))
    missing = next((number for number in referred if number not in there), None)
    if missing:
        changes.write(stream_object(missing, ANOTHER_AMOUNT, PAINTED))


def _replace_page(changes: Changes) -> None:
    page = changes.pdf.first_page()
    content = changes.new_number()
    changes.write(stream_object(content, ANOTHER_AMOUNT))
    changes.set(page, b"/Contents", b"%d 0 R" % content)
    changes.set(page, b"/Resources", FONTS)


def _write_painting(changes: Changes) -> bytes:
    """Write an appearance that shows another amount, and return a reference to it."""
    number = changes.new_number()
    changes.write(stream_object(number, ANOTHER_AMOUNT, PAINTED))
    return b"%d 0 R" % number


def _field(changes: Changes) -> Indirect:
    """Return the seal's new field, which is its widget too."""
    for one in changes.objects:
        if one.value.startswith(b"<<") and not one.value.endswith(b"endstream"):
            dictionary = Dictionary.of(one.value)
            if dictionary.get(b"/FT") == b"/Sig":
                return Indirect(one.number, one.generation, dictionary)
    raise LookupError("the plan has no field")


PLANNED: dict[HostileAct, Callable[[Changes], None]] = {
    HostileAct.PAINT: _paint,
    HostileAct.ANNOTATE: _annotate,
    HostileAct.SCRIPT: _script,
    HostileAct.OPEN_ACTION: _open_action,
    HostileAct.NAMED_SCRIPT: _enter_script,
    HostileAct.SUPPLY: _supply,
    HostileAct.REPLACE_PAGE: _replace_page,
}
