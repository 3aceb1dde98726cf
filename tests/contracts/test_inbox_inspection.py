"""Which files can be sealed."""

from pathlib import Path

import pikepdf
import pytest

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from tests.support.pdfs import CORPUS, a_pdf, updated
from worker.inbox.inspection import inspect

PDF = a_pdf("an invoice")
INVOICES = sorted(CORPUS.glob("*.pdf"))
NEEDS_CORPUS = pytest.mark.skipif(not INVOICES, reason="the corpus of real invoices is not beside the project")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.pdf"


def reason(path: Path, content: bytes, limit: int | None = None) -> Reason | None:
    """Why that content is refused; None when it can be sealed."""
    path.write_bytes(content)
    try:
        inspect(path, len(content), limit)
    except Rejected as error:
        return error.reason
    return None


def test_a_sound_pdf_can_be_sealed(path: Path) -> None:
    assert reason(path, PDF) is None


def test_an_empty_file_is_refused(path: Path) -> None:
    assert reason(path, b"") is Reason.EMPTY


@pytest.mark.parametrize("content", [b"PK\x03\x04 a Word file", b"x" * 1024 + PDF, b"\0"])
def test_what_does_not_begin_like_a_pdf_is_none(path: Path, content: bytes) -> None:
    assert reason(path, content) is Reason.NOT_A_PDF


def test_the_limit_is_the_last_size_that_passes(path: Path) -> None:
    assert reason(path, PDF, len(PDF)) is None
    assert reason(path, PDF, len(PDF) - 1) is Reason.TOO_LARGE


@pytest.mark.parametrize("user", ["", "secret"])
def test_an_encrypted_pdf_is_refused_even_if_it_opens_without_a_password(path: Path, user: str) -> None:
    assert reason(path, a_pdf(encryption=pikepdf.Encryption(owner="owner", user=user))) is Reason.ENCRYPTED


@pytest.mark.parametrize("length", range(10, len(PDF) - 1, 7))
def test_a_pdf_cut_anywhere_is_damaged(path: Path, length: int) -> None:
    assert reason(path, PDF[:length]) is Reason.DAMAGED


def test_a_pdf_cut_within_its_last_update_is_damaged(path: Path) -> None:
    whole = updated(PDF)
    assert reason(path, whole) is None
    cuts = {reason(path, whole[:length]) for length in range(len(PDF) + 10, len(whole) - 2)}
    assert cuts == {Reason.DAMAGED}


def test_a_pdf_whose_table_would_need_repair_is_damaged(path: Path) -> None:
    at = PDF.rindex(b"startxref")
    assert reason(path, PDF[:at] + b"startxref\n7\n%%EOF\n") is Reason.DAMAGED


def test_a_pdf_without_pages_is_damaged(path: Path) -> None:
    assert reason(path, PDF.replace(b"/Type /Pages", b"/Typo /Pagez").replace(b"/Kids", b"/Kidz")) is Reason.DAMAGED


def test_an_explanation_does_not_tell_our_paths(path: Path) -> None:
    path.write_bytes(PDF[:-200])
    with pytest.raises(Rejected) as caught:
        inspect(path, len(PDF) - 200, None)
    assert "the file: can't find startxref" in caught.value.detail


def test_a_pdf_with_a_missing_page_is_damaged(path: Path) -> None:
    kids = PDF.index(b"/Kids [ ") + 8
    assert reason(path, PDF[:kids] + b"9" + PDF[kids + 1 :]) is Reason.DAMAGED


def test_blank_lines_after_the_end_are_no_damage(path: Path) -> None:
    assert reason(path, PDF + b"\r\n\r\n\0\0") is None


@NEEDS_CORPUS
@pytest.mark.parametrize("invoice", INVOICES, ids=lambda invoice: invoice.name[:40])
class TestRealInvoices:
    """Files of many producers."""

    def test_it_can_be_sealed(self, invoice: Path) -> None:
        inspect(invoice, invoice.stat().st_size, None)

    @pytest.mark.parametrize("cut", ["10 %", "50 %", "95 %", "200 bytes", "7 bytes"])
    def test_it_is_damaged_when_cut(self, invoice: Path, path: Path, cut: str) -> None:
        content = invoice.read_bytes()
        number = int(cut.split(maxsplit=1)[0])
        length = len(content) * number // 100 if cut.endswith("%") else len(content) - number
        assert reason(path, content[:length]) is Reason.DAMAGED
