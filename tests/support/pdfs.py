"""Small real PDFs for tests."""

from io import BytesIO
from pathlib import Path

import pikepdf

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "invoices"
"""Real invoices, where the machine has them."""

CASES = Path(__file__).parents[3] / "shared" / "cases"
"""Small files that went wrong once, where the machine has them."""


def a_pdf(text: str = "", *, encryption: pikepdf.Encryption | None = None) -> bytes:
    """A PDF of one blank page; `text` alone makes it differ from others, unless it is encrypted."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.docinfo["/Title"] = text
        return _saved(pdf, encryption)


def _saved(pdf: pikepdf.Pdf, encryption: pikepdf.Encryption | None) -> bytes:
    buffer = BytesIO()
    # Otherwise its identifier tells the second in which it is made, and two of one text are one content or are not.
    pdf.save(buffer, encryption=encryption or False, deterministic_id=encryption is None)
    return buffer.getvalue()


def updated(pdf: bytes) -> bytes:
    """The PDF with a small incremental update (ISO 32000-1, 7.5.6): one new, unused object."""
    last = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    size = int(pdf[pdf.rindex(b"/Size") + 5 :].split()[0].rstrip(b">"))
    trailer = pdf[pdf.rindex(b"trailer") + 7 : pdf.rindex(b"startxref")].strip()
    body = pdf + b"\n" * (not pdf.endswith(b"\n")) + f"{size} 0 obj\n(new)\nendobj\n".encode()
    at = len(pdf) + (not pdf.endswith(b"\n"))
    grown = trailer.replace(f"/Size {size}".encode(), f"/Size {size + 1} /Prev {last}".encode())
    table = f"xref\n{size} 1\n{at:010} 00000 n \ntrailer ".encode()
    return body + table + grown + f"\nstartxref\n{len(body)}\n%%EOF\n".encode()
