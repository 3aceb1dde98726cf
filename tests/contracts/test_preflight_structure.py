"""What sealing writes again must be readable, whole and finite."""

from pathlib import Path

import pytest

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from tests.support.handwritten import HEAD, an_invoice, append, write, write_packed
from tests.support.preflight import reason_against
from worker.inbox.inspection import inspect
from worker.verification.pades.preflight import pages

GOOD: dict[str, bytes] = {
    "plain": write(an_invoice()),
    "objects in an object stream": write_packed(
        {4: an_invoice()[4]}, {n: t for n, t in an_invoice().items() if n != 4}
    ),
    "a reference below /Size to nothing": write(an_invoice(catalogue=b"/Outlines 8 0 R"), size=9),
    "a reference to nothing, far away": write(an_invoice(catalogue=b"/Outlines 99 0 R")),
    "a reference to nothing in an object that was replaced": append(
        write(an_invoice(page=b"/AA 6 0 R")), {3: an_invoice()[3]}
    ),
    "something like a reference in a string": write(an_invoice(catalogue=b"/Lang (see 6 0 R)")),
    "something like a reference in a page's content": write(
        an_invoice(more={4: b"<</Length 8>>\nstream\n6 0 R Do\nendstream"})
    ),
    "comments and odd spaces": write(an_invoice(catalogue=b"%comment (\n/Lang\t(lv)%\r\n")),
    "a text string in UTF-16": write(
        an_invoice(catalogue=b"/Lang <FEFF006C0076> /PageLabels <</Nums [0 <</P (\xfe\xff\0a)>>]>>")
    ),
    "a form with /NeedAppearances": write(
        an_invoice(
            catalogue=b"/AcroForm <</Fields [6 0 R] /NeedAppearances true>>",
            more={6: b"<</FT /Tx /T (a) /Subtype /Widget /Rect [0 0 9 9] /P 3 0 R>>"},
        )
    ),
    "a page without /Resources": write({**an_invoice(), 3: b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>"}),
    "a store whose /VRI has /TS": write(
        an_invoice(
            catalogue=b"/DSS <</Certs [6 0 R] /VRI <</AB <</Cert [6 0 R] /TS 7 0 R /TU (D:2026)>>>>>>",
            more={6: b"<</Length 3>>\nstream\nabc\nendstream", 7: b"<</Length 3>>\nstream\nabc\nendstream"},
        )
    ),
    "document information within the trailer": write(an_invoice(), trailer=b"/Root 1 0 R /Info <</Title <FEFF0061>>>"),
    "blanks after the end": write(an_invoice()) + b" \r\n\0\0",
}

DAMAGED: dict[str, tuple[bytes, str]] = {
    "no pages": (write({**an_invoice(), 2: b"<</Type /Pages /Kids [] /Count 0>>"}), "no pages"),
    "a page that is missing": (write({**an_invoice(), 2: b"<</Type /Pages /Kids [3 0 R 0 0 R] /Count 2>>"}), "missing"),
    "a page that is null": (
        write({**an_invoice(), 2: b"<</Type /Pages /Kids [3 0 R 6 0 R] /Count 2>>", 6: b"null"}),
        "missing",
    ),
    "another number of pages than it says": (
        write({**an_invoice(), 2: b"<</Kids [3 0 R] /Count 2>>"}),
        "says that it has 2",
    ),
    "a page tree that goes round": (
        write({**an_invoice(), 2: b"<</Kids [3 0 R 6 0 R] /Count 2>>", 6: b"<</Kids [2 0 R] /Count 1>>"}),
        "twice|Loop",
    ),
    "a page that is there twice": (
        write({**an_invoice(), 2: b"<</Type /Pages /Kids [3 0 R 3 0 R] /Count 2>>"}),
        "stands in it twice",
    ),
    "a first page that does not say so": (
        write({**an_invoice(), 3: b"<</Parent 2 0 R /MediaBox [0 0 9 9]>>"}),
        "does not say that it is one",
    ),
    "something else than a page": (write({**an_invoice(), 3: b"<</Type /Font>>"}), "no page"),
    "fields that go round": (
        write(
            an_invoice(
                catalogue=b"/AcroForm <</Fields [6 0 R]>>",
                more={6: b"<</T (a) /Kids [7 0 R]>>", 7: b"<</T (b) /Kids [6 0 R]>>"},
            )
        ),
        "circle",
    ),
    "a form that is none": (write(an_invoice(catalogue=b"/AcroForm [1 2]")), "the form is no dictionary"),
    "fields that are no list": (write(an_invoice(catalogue=b"/AcroForm <</Fields 7>>")), "fields is no array"),
    "annotations that are no list": (write(an_invoice(page=b"/Annots <</a 1>>")), "annotations is no array"),
    "names that are no dictionary": (write(an_invoice(catalogue=b"/Names (a)")), "the names is no dictionary"),
    "a form that is the document's information as well": (
        write(an_invoice(catalogue=b"/AcroForm 6 0 R", more={6: b"<<>>"}), trailer=b"/Root 1 0 R /Info 6 0 R"),
        "both the form and the document information",
    ),
    "a store that is none": (write(an_invoice(catalogue=b"/DSS (a)")), "security store is no dictionary"),
    "information that is none": (write(an_invoice(), trailer=b"/Root 1 0 R /Info 5"), "information is no dictionary"),
    "an object that has no end": (
        write(an_invoice(catalogue=b"/Names 6 0 R", more={6: b"<</Dests 5 0 R"})),
        "object 6 cannot be read",
    ),
    "offsets that lead elsewhere": (write(an_invoice(), shift=4), "unable to find /Root"),
    "bytes before the head": (b"\xef\xbb\xbf\n" + write(an_invoice()), "4 bytes stand before the %PDF-"),
    "a long tail of NUL bytes": (write(an_invoice()) + bytes(4096), "filled with NUL bytes"),
    "an object behind the end": (write(an_invoice()) + b"7 0 obj\n(a)\nendobj\n", "cut off"),
}

UNCOMMON = {
    "a key within the page": an_invoice(page=b"/Group <</F#e4 5 0 R>>"),
    "a value in the catalogue": an_invoice(catalogue=b"/PageMode [/Use#ffNone]"),
    "a key of the catalogue": an_invoice(catalogue=b"/\xe4 1"),
    "a name with NUL": an_invoice(page=b"/A#00B 1"),
}

INCOMPLETE: dict[str, bytes] = {
    "from a page": write(an_invoice(page=b"/AA 6 0 R")),
    "from a page's resources": write(an_invoice(more={5: b"<</Type /Font /FontDescriptor 9 0 R>>"})),
    "with comments in between": write(an_invoice(more={5: b"<</Type /Font /ToUnicode 6 %here\n 0 %there\r R>>"})),
    "from within an object stream": write_packed(
        {4: an_invoice()[4]}, {**an_invoice(catalogue=b"/Threads 17 0 R"), 4: b"0"}
    ),
    "from the entries of a stream": write(an_invoice(more={4: b"<</Length 0 /Metadata 6 0 R>>\nstream\n\nendstream"})),
    "in a later revision": append(write(an_invoice()), {3: an_invoice(page=b"/AA 8 0 R")[3]}),
    "from the trailer": write(an_invoice(), trailer=b"/Root 1 0 R /Extra [6 0 R]"),
    "from an old object that is still there": append(write(an_invoice(page=b"/AA 7 0 R")), {6: b"(new)"}),
}


@pytest.mark.parametrize("pdf", GOOD.values(), ids=GOOD)
def test_it_can_be_sealed(tmp_path: Path, pdf: bytes) -> None:
    assert reason_against(pdf, tmp_path) is None


@pytest.mark.parametrize(("pdf", "why"), DAMAGED.values(), ids=DAMAGED)
def test_it_is_damaged_and_says_why(tmp_path: Path, pdf: bytes, why: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf)
    with pytest.raises(Rejected, match=why) as caught:
        inspect(path, len(pdf), None)
    assert caught.value.reason is Reason.DAMAGED


@pytest.mark.parametrize("pdf", INCOMPLETE.values(), ids=INCOMPLETE)
def test_what_a_seal_would_fill_makes_it_incomplete(tmp_path: Path, pdf: bytes) -> None:
    assert reason_against(pdf, tmp_path) is Reason.INCOMPLETE


@pytest.mark.parametrize("objects", UNCOMMON.values(), ids=UNCOMMON)
def test_names_that_writers_change_are_too_complex(tmp_path: Path, objects: dict[int, bytes]) -> None:
    assert reason_against(write(objects), tmp_path) is Reason.TOO_COMPLEX


def test_names_in_utf8_are_common(tmp_path: Path) -> None:
    assert reason_against(write(an_invoice(page=b"/F#c4#93nts <</\xc4\x93 1>>")), tmp_path) is None


def a_chain(links: int) -> bytes:
    """A page under so many nodes of the page tree, the root included."""
    nodes = {10 + n: b"<</Kids [%d 0 R] /Count 1>>" % (11 + n) for n in range(links - 1)}
    page = {9 + links: b"<</Type /Page /MediaBox [0 0 9 9]>>"}
    return write({1: b"<</Type /Catalog /Pages 2 0 R>>", 2: b"<</Kids [10 0 R] /Count 1>>", **nodes, **page})


def test_the_deepest_page_tree_that_is_followed(tmp_path: Path) -> None:
    assert reason_against(a_chain(pages.MAX_DEPTH), tmp_path) is None
    assert reason_against(a_chain(pages.MAX_DEPTH + 1), tmp_path) is Reason.TOO_COMPLEX


def test_a_file_of_nothing_but_a_head_is_damaged(tmp_path: Path) -> None:
    assert reason_against(HEAD, tmp_path) is Reason.DAMAGED
