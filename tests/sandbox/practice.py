"""An authority with one seal of every key kind, made once per run, and documents to seal with them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

import pikepdf
from reportlab.pdfgen.canvas import Canvas

from sandbox.pades import finish, prepare
from sandbox.pki import Authority, KeyKind, SigningIdentity
from sandbox.variants.signapi import PdfWriter

NOW = datetime.now(UTC)  # the programs we ask to verify look at the real clock
LIFE = {"not_before": NOW - timedelta(days=30), "not_after": NOW + timedelta(days=700)}


@cache
def the_authority() -> Authority:
    return Authority.create(NOW)


@cache
def a_seal(kind: KeyKind = KeyKind.P256) -> SigningIdentity:
    return the_authority().seal_identity("SIA DEMO : eZīmogs", "SIA DEMO", "40000000000", kind, **LIFE)


def a_person(issue: Callable[..., SigningIdentity], kind: KeyKind = KeyKind.P256) -> SigningIdentity:
    return issue("Anna", "Bērziņa", "PNOLV-010190-12345", kind, **LIFE)


def an_invoice(number: int = 1, pages: int = 1) -> bytes:
    """A PDF with a cross-reference table, whose text can be found in its bytes."""
    paper = BytesIO()
    canvas = Canvas(paper, pageCompression=0, invariant=True)
    for _ in range(pages):
        canvas.drawString(72, 720, f"Invoice {number}")
        canvas.showPage()
    canvas.save()
    return paper.getvalue()


def change_pdf(document: bytes, change: Callable[[pikepdf.Pdf], object] = lambda _: None, **saving: object) -> bytes:
    """The document as another program saves it after a change."""
    paper = BytesIO()
    with pikepdf.open(BytesIO(document)) as pdf:
        change(pdf)
        pdf.save(paper, **saving)  # type: ignore[arg-type]
    return paper.getvalue()


def seal_pdf(
    document: bytes, kind: KeyKind = KeyKind.P256, now: datetime = NOW, writer: PdfWriter = PdfWriter.PYHANKO
) -> bytes:
    seal = a_seal(kind)
    prepared = prepare(document, seal.certificate_der, the_authority().chain, now, writer=writer)
    return finish(prepared, seal.sign_digest(prepared.digest), the_authority(), seal.certificate, now)
