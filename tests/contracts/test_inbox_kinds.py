"""What is no PDF is called by its name."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from tests.support.pdfs import a_pdf
from tests.support.preflight import remarks_on
from worker.inbox.inspection import require_ending


def an_archive(*names: str, content: bytes = b"x", method: int = zipfile.ZIP_STORED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name in names:
            archive.writestr(name, content)
    return out.getvalue()


KINDS = {
    "holds jūnijs/rēķins.PDF": an_archive("readme.txt", "jūnijs/rēķins.PDF", content=a_pdf()),
    "holds a.pdf: take it out": an_archive("a.pdf", content=a_pdf(), method=zipfile.ZIP_DEFLATED),
    "an archive \\(ZIP\\)$": an_archive("a.txt"),
    "a damaged archive": an_archive("a.txt")[:-10],
    "a Word document": an_archive("[Content_Types].xml", "word/document.xml"),
    "an Excel workbook": an_archive("[Content_Types].xml", "xl/workbook.xml"),
    "a PowerPoint presentation": an_archive("[Content_Types].xml", "ppt/presentation.xml"),
    "a container \\(EDOC": an_archive("mimetype", "a.pdf", "META-INF/manifest.xml"),
    "an OpenDocument file": an_archive("mimetype", "content.xml"),
    "an older Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "a picture \\(PNG\\)": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "a picture \\(JPEG\\)": b"\xff\xd8\xff\xe0\0\x10JFIF\0 %PDF- in a comment",
    "a picture \\(TIFF\\)": b"II*\0" + bytes(20),
    "a web page": b"\xef\xbb\xbf\r\n<!DOCTYPE html>\n<title>Sign in to print</title>",
    "an XML file": b'<?xml version="1.0"?><Invoice/>',
    "a text document \\(RTF\\)": rb"{\rtf1\ansi Rekins}",
    "a PostScript file": b"%!PS-Adobe-3.0\n",
    "a mail message": b"Return-Path: <a@example.org>\r\nSubject: Invoice\r\n\r\n",
    "filled with NUL bytes": bytes(5000),
    "there is no %PDF-": b"Pay 100 EUR",
}


@pytest.mark.parametrize(("why", "content"), KINDS.items(), ids=KINDS)
def test_it_is_no_pdf_and_is_told_what_it_is(tmp_path: Path, why: str, content: bytes) -> None:
    with pytest.raises(Rejected, match=why) as caught:
        remarks_on(content, tmp_path)
    assert caught.value.reason is Reason.NOT_A_PDF


def test_an_archive_whose_list_cannot_be_read_is_refused_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="a damaged archive"):
        remarks_on(b"PK\x03\x04" + bytes(3000) + b"PK\x05\x06" + b"\xff" * 18, tmp_path)


@pytest.mark.parametrize("name", ["rēķins", "invoice.pdf.txt", "pdf", "a.PDF "])
def test_a_pdf_must_be_named_like_one(name: str) -> None:
    with pytest.raises(Rejected, match=r"does not end in \.pdf") as caught:
        require_ending(name)
    assert caught.value.reason is Reason.UNUSABLE_NAME


@pytest.mark.parametrize("name", ["rēķins.pdf", "2026/A.PDF", ".pdf"])
def test_capitals_and_folders_are_no_matter(name: str) -> None:
    require_ending(name)
