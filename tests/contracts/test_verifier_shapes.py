"""Every shape that an honest writer may give a sealing is sound, and every one that shows something else is refused.

The files are written by hand, so that each differs from the plain one in a single point. Their signatures are
stand-ins: what is judged here is structure. worker/verification/README.md lists the same shapes with their clauses.
"""

import re
from collections.abc import Callable
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pytest

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from tests.support.revisions import (
    CONTENT,
    FIELD,
    FONT,
    INFO,
    PAGE,
    PAGES,
    ROOT,
    SEALED_ROOT,
    SIGNATURE,
    STAND_IN,
    UNSEEN,
    entry,
    plain_original,
    prove,
    revise,
    seal,
    signed,
    size_of,
    stream,
)
from worker.verification.inspected import ReadingPath
from worker.verification.pades.slow import judge_slowly
from worker.verification.pair import judge_revisions

README = Path(__file__).parents[2] / "worker" / "verification" / "README.md"

Make = Callable[[], tuple[bytes, bytes]]
"""Gives an original, and what is said to be its sealing."""

TOLERATED: dict[str, Make] = {}
REFUSED: dict[str, Make] = {}


def tolerated(make: Make) -> Make:
    TOLERATED[make.__name__.replace("_", "-")] = make
    return make


def refused(make: Make) -> Make:
    REFUSED[make.__name__.replace("_", "-")] = make
    return make


def sealed_with(changes: dict[int, bytes], original: dict[int, bytes] | None = None) -> tuple[bytes, bytes]:
    """An original, and its sealing with these objects in the sealing revision."""
    before = plain_original(original)
    return before, seal(before, changes)


def page(more: bytes) -> bytes:
    """The sealed page with more entries."""
    return entry(PAGE, plain_original())[:-2] + b"/Annots[7 0 R]" + more + b">>"


def field(more: bytes) -> bytes:
    """The seal's field with more entries."""
    return UNSEEN[:-2] + more + b">>"


def root(more: bytes, form: bytes = b"/Fields[7 0 R]/SigFlags 3") -> bytes:
    """The sealed catalogue with more entries."""
    return b"<</Type/Catalog/Pages 2 0 R/AcroForm<<" + form + b">>" + more + b">>"


def described(said: bytes) -> bytes:
    """Metadata that say this of the file."""
    text = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" ' + said + b"/></rdf:RDF></x:xmpmeta>"
    )
    return stream(text, b"/Type/Metadata/Subtype/XML")


def sealed_over_packed(**how: object) -> tuple[bytes, bytes]:
    """An original whose objects lie in an object stream that is written so, and its sealing."""
    plain = plain_original()
    objects = {number: entry(number, plain) for number in (ROOT, PAGES, PAGE, CONTENT, FONT, INFO)}
    before = revise(b"%PDF-1.7\n", objects, style="packed", trailer=b"/Root 1 0 R/Info 6 0 R", **how)  # type: ignore[arg-type]
    widget = UNSEEN.replace(b"/V 8 0 R", b"/V 10 0 R")
    changes = {
        ROOT: root(b"", b"/Fields[9 0 R]/SigFlags 3"),
        PAGE: page(b"").replace(b"7 0 R", b"9 0 R"),
        9: widget,
        10: STAND_IN,
    }
    return before, signed(revise(before, changes, style="stream"))


def signed_in_a_drawn_field(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """An original with an empty signature field that draws something, and the same once it is signed there."""
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Sign here)/Rect[0 0 200 50]/P 3 0 R/AP<</N 8 0 R>>%b>>"
    catalogue = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[7 0 R]>>>>"
    original = plain_original({ROOT: catalogue, PAGE: page(b""), FIELD: field % before, 8: OVERLAY})
    changed = (field % after)[:-2] + b"/V 9 0 R>>"
    return original, signed(revise(original, {ROOT: SEALED_ROOT, FIELD: changed, 9: STAND_IN}))


def sealed_in_a_tagged_file(element: bytes, numbers: bytes = b"/Nums[0[8 0 R]1 12 0 R]") -> tuple[bytes, bytes]:
    """A tagged original, and its sealing with one more element of its structure, and these numbers of its elements."""
    tagged = b"/StructTreeRoot 7 0 R/MarkInfo<</Marked true>>"
    first = b"<</Type/StructElem/S/Document/P 7 0 R/K[9 0 R]>>"
    before = plain_original(
        {
            ROOT: b"<</Type/Catalog/Pages 2 0 R" + tagged + b">>",
            PAGE: entry(PAGE, plain_original())[:-2] + b"/StructParents 0>>",
            7: b"<</Type/StructTreeRoot/K 8 0 R/ParentTree<</Nums[0[8 0 R]]>>/ParentTreeNextKey 1>>",
            8: first,
            9: b"<</Type/StructElem/S/P/P 8 0 R/Pg 3 0 R/K 0>>",
        }
    )
    objects = {
        ROOT: root(tagged, b"/Fields[10 0 R]/SigFlags 3"),
        PAGE: entry(PAGE, before)[:-2] + b"/Annots[10 0 R]>>",
        7: b"<</Type/StructTreeRoot/K 8 0 R/ParentTree 13 0 R/ParentTreeNextKey 2>>",
        8: first.replace(b"[9 0 R]", b"[9 0 R 12 0 R]"),
        10: UNSEEN.replace(b"/V 8 0 R", b"/V 11 0 R/StructParent 1"),
        11: STAND_IN,
        12: element,
        13: b"<<" + numbers + b">>",
    }
    return before, signed(revise(before, objects))


def signed_again(content: bytes) -> bytes:
    """The file with the byte range of its stand-in as it must be now."""
    return signed(re.sub(rb"\[0 \d{10} \d{10} \d{10}\]", b"[0 0000000000 0000000000 0000000000]", content))


OVERLAY = stream(b"BT /F1 40 Tf 72 720 Td (999.00) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
SILENT = stream(b"q 1 0 0 1 0 0 cm Q", b"/Type/XObject/Subtype/Form/BBox[0 0 0 0]")


# --- tolerated: how a writer may write ----------------------------------------------------------------------------


@tolerated
def table() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, prove(seal(original))


@tolerated
def cross_reference_stream() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, prove(seal(original, style="stream"), style="stream")


@tolerated
def object_stream() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, prove(seal(original, style="packed"), style="packed")


@tolerated
def object_rewritten_unchanged() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, {FONT: entry(FONT, original), CONTENT: entry(CONTENT, original)})


@tolerated
def page_tree_root_rewritten() -> tuple[bytes, bytes]:
    return sealed_with({PAGES: b"<</Kids[3 0 R]/Type/Pages/Count 1/ITXT(2.1.7)>>"})


@tolerated
def table_repeated_whole() -> tuple[bytes, bytes]:
    original = plain_original()
    places = {number: (original.index(b"%d 0 obj" % number), 0) for number in (PAGES, CONTENT, FONT, INFO)}
    return original, seal(original, index=places, free=(0,))


@tolerated
def index_that_calls_itself_free() -> tuple[bytes, bytes]:
    original = plain_original()
    content = seal(original, style="stream")
    return original, prove(content, free=(size_of(content) - 1,))


@tolerated
def indirect_length() -> tuple[bytes, bytes]:
    silent = b"<</Type/XObject/Subtype/Form/BBox[0 0 0 0]/Length 10 0 R>>\nstream\nq Q\nendstream"
    return sealed_with({FIELD: field(b"/AP<</N 9 0 R>>"), 9: silent, 10: b"3"})


@tolerated
def number_written_otherwise() -> tuple[bytes, bytes]:
    return sealed_with({PAGE: page(b"").replace(b"[0 0 595 842]", b"[0.0 0.00 595.0 +842]")})


@tolerated
def real_in_single_precision() -> tuple[bytes, bytes]:
    before = plain_original()
    other = plain_original({PAGE: entry(PAGE, before).replace(b"595", b"595.27559055")})
    changed = entry(PAGE, other).replace(b"595.27559055", b"595.2756")[:-2] + b"/Annots[7 0 R]>>"
    return other, seal(other, {PAGE: changed})


@tolerated
def name_written_with_codes() -> tuple[bytes, bytes]:
    return sealed_with({PAGE: page(b"").replace(b"/MediaBox", b"/M#65diaBox")})


@tolerated
def text_in_another_encoding() -> tuple[bytes, bytes]:
    language = {ROOT: b"<</Type/Catalog/Pages 2 0 R/Lang<FEFF006C0076>>>"}
    return sealed_with({ROOT: root(b"/Lang(lv)")}, language)


@tolerated
def string_written_otherwise() -> tuple[bytes, bytes]:
    return sealed_with({ROOT: root(b"/Lang<6C76>")}, {ROOT: b"<</Type/Catalog/Pages 2 0 R/Lang(l\\166)>>"})


@tolerated
def null_for_nothing() -> tuple[bytes, bytes]:
    return sealed_with({PAGE: page(b"/Thumb null")})


@tolerated
def indirect_for_direct() -> tuple[bytes, bytes]:
    changed = page(b"").replace(b"[0 0 595 842]", b" 9 0 R")
    return sealed_with({PAGE: changed, 9: b"[0 0 595 842]"})


@tolerated
def list_of_annotations_in_its_own_object() -> tuple[bytes, bytes]:
    changed = page(b"").replace(b"[7 0 R]", b" 9 0 R")
    return sealed_with({PAGE: changed, 9: b"[7 0 R]"})


@tolerated
def annotations_that_had_their_own_object() -> tuple[bytes, bytes]:
    plain = entry(PAGE, plain_original())[:-2]
    before = plain_original({PAGE: plain + b"/Annots 7 0 R>>", 7: b"[]"})
    objects = {
        ROOT: root(b"", b"/Fields[8 0 R]/SigFlags 3"),
        7: b"[8 0 R]",
        8: UNSEEN.replace(b"/P 3 0 R/V 8 0 R", b"/V 9 0 R"),
        9: STAND_IN,
    }
    return before, signed(revise(before, objects))


@tolerated
def comment() -> tuple[bytes, bytes]:
    return sealed_with({FIELD: b"%iText\n" + UNSEEN})


@tolerated
def version_raised() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, {ROOT: root(b"/Version/2.0")})


@tolerated
def extension_level_raised() -> tuple[bytes, bytes]:
    level = b"/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel %d>>>>"
    before = {ROOT: b"<</Type/Catalog/Pages 2 0 R" + level % 3 + b">>"}
    return sealed_with({ROOT: root(level % 8)}, before)


@tolerated
def field_that_was_drawn_already() -> tuple[bytes, bytes]:
    return signed_in_a_drawn_field(b"/F 4", b"/F 132")


@tolerated
def page_of_many_annotations() -> tuple[bytes, bytes]:
    links = b"<</Type/Annot/Subtype/Link/Rect[0 0 1 1]>>" * 30_000
    plain = entry(PAGE, plain_original())[:-2]
    before = plain_original({PAGE: plain + b"/Annots[" + links + b"]>>"})
    return before, seal(before, {PAGE: plain + b"/Annots[" + links + b"7 0 R]>>"})


@tolerated
def widget_in_the_structure() -> tuple[bytes, bytes]:
    return sealed_in_a_tagged_file(b"<</Type/StructElem/S/Form/P 8 0 R/Pg 3 0 R/K<</Type/OBJR/Obj 10 0 R/Pg 3 0 R>>>>")


@tolerated
def type_of_an_extension_left_out() -> tuple[bytes, bytes]:
    level = b"/Extensions<</ESIC<<%b/BaseVersion/1.7/ExtensionLevel %d>>>>"
    before = {ROOT: b"<</Type/Catalog/Pages 2 0 R" + level % (b"/Type/DeveloperExtensions", 1) + b">>"}
    return sealed_with({ROOT: root(level % (b"", 5))}, before)


@tolerated
def metadata_of_this_file() -> tuple[bytes, bytes]:
    said = b'xmlns:pdf="http://ns.adobe.com/pdf/1.3/" pdf:Producer="vendor"'
    return sealed_with({ROOT: root(b"/Metadata 9 0 R"), 9: described(said)})


@tolerated
def metadata_that_are_no_xml_stamped_anew() -> tuple[bytes, bytes]:
    text = b"<x:xmpmeta><rdf:RDF><xmp:ModifyDate>%d</xmp:ModifyDate><dc:title>Invoice</dc:title>"
    entries = b"/Type/Metadata/Subtype/XML"
    before = {ROOT: b"<</Type/Catalog/Pages 2 0 R/Metadata 7 0 R>>", 7: stream(text % 2025, entries)}
    original = plain_original(before)
    objects = {
        ROOT: root(b"/Metadata 7 0 R", b"/Fields[8 0 R]/SigFlags 3"),
        PAGE: page(b"").replace(b"7 0 R", b"8 0 R"),
        7: stream(text % 2026, entries),
        8: UNSEEN.replace(b"/V 8 0 R", b"/V 9 0 R"),
        9: STAND_IN,
    }
    return original, signed(revise(original, objects))


@tolerated
def entries_without_an_offset_repeated() -> tuple[bytes, bytes]:
    original = plain_original()
    original = original.replace(b"%010d 00000 n" % original.index(b"6 0 obj"), b"0000000000 00000 n")
    return original, seal(original, index={INFO: (0, 0)})


@tolerated
def object_streams_of_the_original_that_extend_each_other() -> tuple[bytes, bytes]:
    return sealed_over_packed(container=b"/Extends 5 0 R")


@tolerated
def comments_in_an_object_stream_of_the_original() -> tuple[bytes, bytes]:
    return sealed_over_packed(remark=b" %% in the order of qpdf\n")


@tolerated
def information_stamped_anew() -> tuple[bytes, bytes]:
    return sealed_with({INFO: b"<</Producer(vendor)/Title<FEFF0049006E0076006F00690063006500200031>/ModDate(D:2026)>>"})


@tolerated
def no_information_in_the_newer_trailer() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, trailer=b"/Root 1 0 R")


@tolerated
def field_as_kid_of_a_parent() -> tuple[bytes, bytes]:
    kid = UNSEEN.replace(b"/FT/Sig", b"/Parent 9 0 R")
    form = root(b"", b"/Fields[9 0 R]/SigFlags 3")
    return sealed_with({ROOT: form, FIELD: kid, 9: b"<</T(seals)/FT/Sig/Kids[7 0 R]>>"})


@tolerated
def widget_apart_from_its_field() -> tuple[bytes, bytes]:
    widget = b"<</Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R/Parent 9 0 R>>"
    form = root(b"", b"/Fields[9 0 R]/SigFlags 3")
    return sealed_with({ROOT: form, FIELD: widget, 9: b"<</T(Seal1)/FT/Sig/V 8 0 R/Kids[7 0 R]>>"})


@tolerated
def field_that_was_empty() -> tuple[bytes, bytes]:
    empty = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Sign here)/Rect[0 0 200 50]/P 3 0 R>>"
    catalogue = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[7 0 R]>>>>"
    before = plain_original({ROOT: catalogue, PAGE: page(b""), FIELD: empty})
    objects = {ROOT: SEALED_ROOT, FIELD: empty[:-2] + b"/V 8 0 R/F 132>>", SIGNATURE: STAND_IN}
    return before, signed(revise(before, objects))


@tolerated
def inherited_keys_written_onto_the_page() -> tuple[bytes, bytes]:
    bare = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R"
    kept = b"/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>"
    before = {PAGES: b"<</Type/Pages/Count 1/Kids[3 0 R]" + kept + b">>", PAGE: bare + b">>"}
    return sealed_with({PAGE: bare + kept + b"/Rotate 0/Annots[7 0 R]>>"}, before)


@tolerated
def order_of_tabs_and_date_of_the_page() -> tuple[bytes, bytes]:
    return sealed_with({PAGE: page(b"/Tabs/S/StructParents 0/LastModified(D:2026)")})


@tolerated
def appearance_that_draws_nothing() -> tuple[bytes, bytes]:
    return sealed_with({FIELD: field(b"/AP<</N 9 0 R>>"), 9: SILENT})


@tolerated
def appearance_of_silent_layers() -> tuple[bytes, bytes]:
    bare = b"/Type/XObject/Subtype/Form/BBox[0 0 0 0]"
    outer = stream(b"q 1 0 0 1 0 0 cm /FRM Do Q", bare + b"/Resources<</XObject<</FRM 10 0 R>>>>")
    return sealed_with({FIELD: field(b"/AP<</N 9 0 R>>"), 9: outer, 10: stream(b"% DSBlank\n", bare)})


@tolerated
def need_appearances_taken_away() -> tuple[bytes, bytes]:
    before = {ROOT: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/NeedAppearances true>>>>"}
    return sealed_with({}, before)


@tolerated
def need_appearances_false() -> tuple[bytes, bytes]:
    return sealed_with({ROOT: root(b"", b"/Fields[7 0 R]/SigFlags 3/NeedAppearances false")})


@tolerated
def standard_fonts_for_a_form_that_had_none() -> tuple[bytes, bytes]:
    fonts = b"/DA(/Helv 0 Tf 0 g )/DR<</Font<</Helv 9 0 R>>>>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    return sealed_with({ROOT: root(b"", b"/Fields[7 0 R]/SigFlags 3" + fonts), 9: font})


@tolerated
def words_in_the_signature() -> tuple[bytes, bytes]:
    words = b"/Name(SIA)/Location(Riga)/Reason()/ContactInfo()/Prop_Build<</App<</Name(iText)>>>>/R 1/Changes[0 0 0]"
    return sealed_with({SIGNATURE: STAND_IN[:-2] + words + b">>"})


@tolerated
def seal_that_certifies() -> tuple[bytes, bytes]:
    transform = b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</P 2/V/1.2>>>>]"
    return sealed_with({ROOT: root(b"/Perms<</DocMDP 8 0 R>>"), SIGNATURE: STAND_IN[:-2] + transform + b">>"})


@tolerated
def blanks_behind_the_end() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, prove(seal(original)) + b"\r\n \n"


@tolerated
def offset_at_a_line_break() -> tuple[bytes, bytes]:
    original = plain_original()
    content = re.sub(rb"(\d{10}) 00000 n", lambda one: b"%010d 00000 n" % (int(one[1]) - 1), seal(original))
    return original, original + content[len(original) :]


@tolerated
def reference_to_nothing_that_nobody_fills() -> tuple[bytes, bytes]:
    before = plain_original({CONTENT: stream(b"BT ET"), INFO: b"<</Producer(hand)/Trapped 99 0 R>>"})
    return before, seal(before)


# --- refused: what shows, does or hides something -----------------------------------------------------------------


@refused
def seal_drawn_over_the_page() -> tuple[bytes, bytes]:
    drawn = UNSEEN.replace(b"[0 0 0 0]", b"[0 0 595 842]")[:-2] + b"/AP<</N 9 0 R>>>>"
    return sealed_with({FIELD: drawn, 9: OVERLAY})


@refused
def appearance_that_paints_without_area() -> tuple[bytes, bytes]:
    return sealed_with({FIELD: field(b"/AP<</N 9 0 R>>"), 9: OVERLAY})


@refused
def appearance_that_paints_behind_a_hidden_flag() -> tuple[bytes, bytes]:
    drawn = UNSEEN.replace(b"[0 0 0 0]", b"[0 0 595 842]").replace(b"/F 132", b"/F 2")
    return sealed_with({FIELD: drawn[:-2] + b"/AP<</N 9 0 R>>>>", 9: OVERLAY})


@refused
def appearance_that_paints_in_a_layer() -> tuple[bytes, bytes]:
    outer = stream(b"/FRM Do", b"/Type/XObject/Subtype/Form/BBox[0 0 0 0]/Resources<</XObject<</FRM 10 0 R>>>>")
    return sealed_with({FIELD: field(b"/AP<</N 9 0 R>>"), 9: outer, 10: OVERLAY})


@refused
def operator_glued_to_a_number() -> tuple[bytes, bytes]:
    glued = stream(b"0 0 595 842 re 1f", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
    return sealed_with({FIELD: field(b"/AP<</N 9 0 R>>"), 9: glued})


@refused
def border_on_a_line() -> tuple[bytes, bytes]:
    line = UNSEEN.replace(b"[0 0 0 0]", b"[0 400 595 400]")
    return sealed_with({FIELD: line[:-2] + b"/MK<</BC[1 0 0]>>>>"})


@refused
def script_in_the_field() -> tuple[bytes, bytes]:
    return sealed_with({FIELD: field(b"/AA<</E<</S/JavaScript/JS(app.alert\\(1\\))>>>>")})


@refused
def action_of_the_field() -> tuple[bytes, bytes]:
    return sealed_with({FIELD: field(b"/A<</S/URI/URI(https://example.org)>>")})


@refused
def new_annotation() -> tuple[bytes, bytes]:
    note = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 200 200]/Contents(paid)/DA(/F1 12 Tf)>>"
    return sealed_with({PAGE: page(b"").replace(b"[7 0 R]", b"[7 0 R 9 0 R]"), 9: note})


@refused
def annotation_added_to_the_list_alone() -> tuple[bytes, bytes]:
    plain = entry(PAGE, plain_original())[:-2]
    before = plain_original({PAGE: plain + b"/Annots 7 0 R>>", 7: b"[]"})
    note = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 200 200]/Contents(paid)>>"
    objects = {
        ROOT: root(b"", b"/Fields[8 0 R]/SigFlags 3"),
        7: b"[8 0 R 10 0 R]",
        8: UNSEEN.replace(b"/P 3 0 R/V 8 0 R", b"/V 9 0 R"),
        9: STAND_IN,
        10: note,
    }
    return before, signed(revise(before, objects))


@refused
def direct_annotation() -> tuple[bytes, bytes]:
    note = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 200 200]/Contents(paid)>>"
    return sealed_with({PAGE: page(b"").replace(b"[7 0 R]", b"[7 0 R " + note + b"]")})


@refused
def contents_swapped() -> tuple[bytes, bytes]:
    return sealed_with({PAGE: page(b"").replace(b"/Contents 4 0 R", b"/Contents 9 0 R"), 9: OVERLAY})


@refused
def content_overwritten() -> tuple[bytes, bytes]:
    return sealed_with({CONTENT: stream(b"BT /F1 12 Tf 72 720 Td (Invoice 1: 999.00 EUR) Tj ET")})


@refused
def font_replaced() -> tuple[bytes, bytes]:
    return sealed_with({FONT: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})


@refused
def resources_swapped() -> tuple[bytes, bytes]:
    changed = page(b"").replace(b"/F1 5 0 R", b"/F1 9 0 R")
    return sealed_with({PAGE: changed, 9: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})


@refused
def script_by_name() -> tuple[bytes, bytes]:
    script = b"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(app.alert\\(1\\))>>]>>>>"
    return sealed_with({ROOT: root(script)})


@refused
def action_on_opening() -> tuple[bytes, bytes]:
    return sealed_with({ROOT: root(b"/OpenAction<</S/Named/N/Print>>")})


@refused
def layer_toggled() -> tuple[bytes, bytes]:
    layers = b"/OCProperties<</OCGs[5 0 R]/D<</%b[5 0 R]>>>>"
    return sealed_with({ROOT: root(layers % b"OFF")}, {ROOT: b"<</Type/Catalog/Pages 2 0 R" + layers % b"ON " + b">>"})


@refused
def need_appearances_added() -> tuple[bytes, bytes]:
    return sealed_with({ROOT: root(b"", b"/Fields[7 0 R]/SigFlags 3/NeedAppearances true")})


@refused
def text_of_a_field_changed() -> tuple[bytes, bytes]:
    text = b"<</FT/Tx/T(amount)/V(%b)/Type/Annot/Subtype/Widget/Rect[0 0 9 9]/P 3 0 R>>"
    form = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[7 0 R]>>>>"
    before = plain_original({ROOT: form, PAGE: page(b""), FIELD: text % b"100"})
    objects = {
        ROOT: root(b"", b"/Fields[7 0 R 8 0 R]/SigFlags 3"),
        PAGE: page(b"").replace(b"[7 0 R]", b"[7 0 R 8 0 R]"),
        FIELD: text % b"999",
        8: UNSEEN.replace(b"/V 8 0 R", b"/V 9 0 R"),
        9: STAND_IN,
    }
    return before, signed(revise(before, objects))


@refused
def fonts_of_a_form_replaced() -> tuple[bytes, bytes]:
    text = b"<</FT/Tx/T(amount)/V(100)/Type/Annot/Subtype/Widget/Rect[0 0 9 9]/P 3 0 R>>"
    form = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[7 0 R]>>>>"
    before = plain_original({ROOT: form, PAGE: page(b""), FIELD: text})
    fonts = b"/DR<</Font<</Helv<</Type/Font/Subtype/Type1/BaseFont/Symbol>>>>>>"
    objects = {
        ROOT: root(b"", b"/Fields[7 0 R 8 0 R]/SigFlags 3" + fonts),
        PAGE: page(b"").replace(b"[7 0 R]", b"[7 0 R 8 0 R]"),
        8: UNSEEN.replace(b"/V 8 0 R", b"/V 9 0 R"),
        9: STAND_IN,
    }
    return before, signed(revise(before, objects))


@refused
def reference_to_nothing_filled() -> tuple[bytes, bytes]:
    shown = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[4 0 R %b]/Resources<</Font<</F1 5 0 R>>>>>>"
    before = plain_original({PAGE: shown % b"9 0 R"})
    return before, seal(before, {9: OVERLAY})


@refused
def reference_to_nothing_filled_by_a_proof() -> tuple[bytes, bytes]:
    shown = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[4 0 R %b]/Resources<</Font<</F1 5 0 R>>>>>>"
    before = plain_original({PAGE: shown % b"%spread out\n 0009 % and\n 0 %hidden\n R"})
    return before, prove(seal(before))


@refused
def object_redefined_through_a_hybrid_stream() -> tuple[bytes, bytes]:
    original = plain_original()
    content = seal(original)
    swapped = stream(b"BT (999.00) Tj ET")
    begin = len(content)
    body = b"4 0 obj\n%b\nendobj\n" % swapped
    at = begin + len(body)
    row = b"\1" + begin.to_bytes(4, "big") + b"\0"
    index = b"9 0 obj\n%b\nendobj\n" % stream(row, b"/Type/XRef/W[1 4 1]/Index[4 1]/Size 10")
    previous = int(re.findall(rb"startxref\s+(\d+)", content)[-1])
    trailer = b"<</Root 1 0 R/Info 6 0 R/Size 10/Prev %d/XRefStm %d>>" % (previous, at)
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (trailer, at + len(index))
    return original, content + body + index + table


@refused
def old_number_at_another_generation() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, {CONTENT: stream(b"BT (999.00) Tj ET")}, generations={CONTENT: 1})


@refused
def newest_revision_of_the_original_skipped() -> tuple[bytes, bytes]:
    early = plain_original()
    original = revise(early, {CONTENT: stream(b"BT /F1 12 Tf 72 720 Td (Invoice 1: 200.00 EUR) Tj ET")})
    return original, seal(original, previous=int(re.findall(rb"startxref\s+(\d+)", early)[-1]))


@refused
def other_root() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, {9: SEALED_ROOT}, trailer=b"/Root 9 0 R/Info 6 0 R")


@refused
def pages_counted_otherwise() -> tuple[bytes, bytes]:
    return sealed_with({PAGES: b"<</Type/Pages/Count 2/Kids[3 0 R 3 0 R]>>"})


@refused
def inherited_rotation_changed() -> tuple[bytes, bytes]:
    return sealed_with({PAGES: b"<</Type/Pages/Count 1/Kids[3 0 R]/Rotate 180>>"})


@refused
def inherited_resources_changed() -> tuple[bytes, bytes]:
    return sealed_with({PAGES: b"<</Type/Pages/Count 1/Kids[3 0 R]/Resources<</Font<<>>>>>>"})


@refused
def media_box_changed() -> tuple[bytes, bytes]:
    return sealed_with({PAGE: page(b"").replace(b"[0 0 595 842]", b"[0 0 595 400]")})


@refused
def encryption_added() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, trailer=b"/Root 1 0 R/Info 6 0 R/Encrypt<</Filter/Standard>>")


@refused
def title_changed() -> tuple[bytes, bytes]:
    return sealed_with({INFO: b"<</Producer(hand)/Title(Invoice 2)>>"})


@refused
def metadata_added() -> tuple[bytes, bytes]:
    said = b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="x"'
    return sealed_with({ROOT: root(b"/Metadata 9 0 R"), 9: described(said)})


@refused
def two_signatures() -> tuple[bytes, bytes]:
    original = plain_original()
    content = seal(original)
    objects = {
        ROOT: root(b"", b"/Fields[7 0 R 9 0 R]/SigFlags 3"),
        PAGE: page(b"").replace(b"[7 0 R]", b"[7 0 R 9 0 R]"),
        9: UNSEEN.replace(b"Seal1", b"Seal2").replace(b"/V 8 0 R", b"/V 10 0 R"),
        10: STAND_IN,
    }
    return original, signed(revise(content, objects))


@refused
def field_that_nobody_signed() -> tuple[bytes, bytes]:
    form = root(b"", b"/Fields[7 0 R 9 0 R]/SigFlags 3")
    return sealed_with({ROOT: form, 9: b"<</FT/Sig/T(empty)/Rect[0 0 0 0]/Type/Annot/Subtype/Widget>>"})


@refused
def text_field_added() -> tuple[bytes, bytes]:
    form = root(b"", b"/Fields[7 0 R 9 0 R]/SigFlags 3")
    return sealed_with({ROOT: form, 9: b"<</FT/Tx/T(a)/V(b)/Rect[0 0 0 0]/Type/Annot/Subtype/Widget>>"})


@refused
def foreign_kid() -> tuple[bytes, bytes]:
    return sealed_with({FIELD: field(b"/Kids[5 0 R]")})


@refused
def page_painted_after_the_seal() -> tuple[bytes, bytes]:
    original = plain_original()
    content = seal(original)
    changed = page(b"").replace(b"/Contents 4 0 R", b"/Contents[4 0 R 9 0 R]")
    return original, revise(content, {PAGE: changed, 9: OVERLAY})


@refused
def proof_that_is_content() -> tuple[bytes, bytes]:
    original = plain_original()
    store = b"<</Type/DSS/Certs[10 0 R]>>"
    return original, prove(seal(original), {9: store, 10: stream(b"BT (999.00) Tj ET")})


@refused
def object_written_twice() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, before_index=b"4 0 obj\n%b\nendobj\n" % OVERLAY)


@refused
def object_that_nothing_refers_to() -> tuple[bytes, bytes]:
    return sealed_with({9: OVERLAY})


@refused
def object_deleted() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, free=(CONTENT,))


@refused
def object_looked_for_elsewhere() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, index={CONTENT: (original.index(b"5 0 obj"), 0)})


@refused
def object_stream_over_an_old_number() -> tuple[bytes, bytes]:
    original = plain_original()
    content = seal(original, style="packed")
    number = size_of(content) - 2
    renamed = content.replace(b"\n%d 0 obj\n<</Type/ObjStm" % number, b"\n4 0 obj\n<</Type/ObjStm")
    return original, renamed


@refused
def rank_of_another_object() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, style="packed", ranks={PAGE: 0, ROOT: 1})


@refused
def bytes_between_packed_objects() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, style="packed", between=b" <</Type/Catalog>>\n")


@refused
def object_listed_twice() -> tuple[bytes, bytes]:
    original = plain_original()
    content = seal(original)
    section = content.rindex(b"trailer")
    again = b"4 1\n%010d 00000 n \n" % original.index(b"4 0 obj") * 2
    return original, signed_again(content[:section] + again + content[section:])


@refused
def stream_of_a_hybrid_file_that_leads_elsewhere() -> tuple[bytes, bytes]:
    original = plain_original()
    content = seal(original)
    at, previous = len(content), int(re.findall(rb"startxref\s+(\d+)", content)[-1])
    index = b"9 0 obj\n%b\nendobj\n" % stream(b"", b"/Type/XRef/W[1 4 1]/Index[]/Size 10/Root 1 0 R/Prev 15")
    trailer = b"<</Root 1 0 R/Info 6 0 R/Size 10/Prev %d/XRefStm %d>>" % (previous, at)
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (trailer, at + len(index))
    return original, content + index + table


@refused
def field_with_an_appearance_that_was_hidden() -> tuple[bytes, bytes]:
    return signed_in_a_drawn_field(b"/F 2", b"/F 4")


@refused
def words_in_the_structure() -> tuple[bytes, bytes]:
    return sealed_in_a_tagged_file(b"<</S/Form/P 8 0 R/Alt(999 EUR)/K<</Type/OBJR/Obj 10 0 R/Pg 3 0 R>>>>")


@refused
def content_in_a_new_element_of_the_structure() -> tuple[bytes, bytes]:
    return sealed_in_a_tagged_file(b"<</S/P/P 8 0 R/Pg 3 0 R/K 0>>")


@refused
def element_of_the_structure_taken_away() -> tuple[bytes, bytes]:
    added = b"<</S/Form/P 8 0 R/Pg 3 0 R/K<</Type/OBJR/Obj 10 0 R/Pg 3 0 R>>>>"
    return sealed_in_a_tagged_file(added, numbers=b"/Nums[0[9 0 R]1 12 0 R]")


@refused
def appearance_of_a_field_taken_away() -> tuple[bytes, bytes]:
    original, content = signed_in_a_drawn_field(b"/F 4", b"/F 132")
    begin, tail = content[: len(original)], content[len(original) :]
    return original, begin + tail.replace(b"/N 8 0 R", b"/N 0 0 R")


@refused
def seal_that_locks_fields() -> tuple[bytes, bytes]:
    locks = b"<</Type/TransformParams/Action/All/V/1.2>>"
    reference = b"/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams" + locks + b">>]"
    return sealed_with({SIGNATURE: STAND_IN[:-2] + reference + b">>"})


@refused
def string_that_looks_like_a_trailer() -> tuple[bytes, bytes]:
    return sealed_with({SIGNATURE: STAND_IN[:-2] + b"/Reason(trailer <</Root 9 0 R>>)>>"})


@refused
def object_stream_that_extends_another() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, style="packed", container=b"/Extends 4 0 R")


@refused
def second_start_of_the_index() -> tuple[bytes, bytes]:
    original = plain_original()
    newest = int(re.findall(rb"startxref\s+(\d+)", original)[-1])
    return original, seal(original) + b"startxref\n%d\n%%%%EOF\n" % newest


@refused
def comment_that_looks_like_an_object() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, before_index=b"%4 0 obj <</Type/Page>> endobj\n")


@refused
def string_that_looks_like_an_object() -> tuple[bytes, bytes]:
    reason = STAND_IN[:-2] + b"/Reason(\n4 0 obj\n<</Type/Page>>\nendobj\n)>>"
    return sealed_with({SIGNATURE: reason})


@refused
def bytes_behind_the_end() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original) + b"4 0 obj"


@refused
def number_beyond_the_size() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, size=8)


@refused
def entry_of_the_trailer_added() -> tuple[bytes, bytes]:
    original = plain_original()
    return original, seal(original, trailer=b"/Root 1 0 R/Info 6 0 R/Collection<<>>")


@refused
def colours_of_an_indexed_space_changed() -> tuple[bytes, bytes]:
    space = b"/Resources<</ColorSpace<</C[/Indexed/DeviceGray 1 %b]>>>>"
    bare = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
    before = plain_original({PAGE: bare + space % b"<FEFF00410042>" + b">>"})
    return before, seal(before, {PAGE: bare + space % b"(AB)" + b"/Annots[7 0 R]>>"})


@refused
def true_for_one() -> tuple[bytes, bytes]:
    marked = b"<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked %b>>>>"
    return sealed_with({ROOT: root(b"/MarkInfo<</Marked true>>")}, {ROOT: marked % b"1"})


def files(folder: Path, make: Make) -> tuple[Path, Path]:
    original, sealed = folder / "original.pdf", folder / "sealed.pdf"
    for path, content in zip((original, sealed), make(), strict=True):
        path.write_bytes(content)
    return original, sealed


def verdict_of_libraries(original: Path, sealed: Path) -> Reason | None:
    """What the slow path says: None for sound."""
    with sealed.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        try:
            judge_slowly(content, original.stat().st_size, Profile(), ValueError("asked at once"))
        except Rejected as error:
            return error.reason
    return None


@pytest.mark.parametrize("shape", TOLERATED)
def test_a_tolerated_shape_is_sound_on_the_fast_path(tmp_path: Path, shape: str) -> None:
    paths: list[ReadingPath] = []
    judge_revisions(*files(tmp_path, TOLERATED[shape]), observe=paths.append)
    assert paths == [ReadingPath.FAST]


@pytest.mark.parametrize("shape", TOLERATED)
def test_libraries_call_no_tolerated_shape_altered(tmp_path: Path, shape: str) -> None:
    assert verdict_of_libraries(*files(tmp_path, TOLERATED[shape])) in (None, Reason.CANNOT_TELL)


@pytest.mark.parametrize("shape", REFUSED)
def test_a_refused_shape_is_called_altered(tmp_path: Path, shape: str) -> None:
    with pytest.raises(Rejected) as caught:
        judge_revisions(*files(tmp_path, REFUSED[shape]))
    assert caught.value.reason is Reason.NOT_VERIFIED, caught.value


@pytest.mark.parametrize("shape", REFUSED)
def test_libraries_never_call_a_refused_shape_sound(tmp_path: Path, shape: str) -> None:
    assert verdict_of_libraries(*files(tmp_path, REFUSED[shape])) is not None


def test_the_readme_lists_every_shape_and_no_other() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted([*TOLERATED, *REFUSED])
