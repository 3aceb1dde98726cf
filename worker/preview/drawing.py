"""A document's first page drawn small, and the names of who signed it and what is attached to it.

PDFium and Pillow read what strangers wrote: only the guarded child (`drawing_process`) imports this module. PDFium is
built without scripts and without XFA, fetches nothing, and follows no action.
"""

import ctypes
import io
import math
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
from cryptography import x509
from cryptography.x509.oid import NameOID
from PIL import Image, ImageOps

from worker.preview.look import HEIGHT, KINDS, MOST_NAMES, WIDTH, Look
from worker.verification.cms import read_signed_data, read_signer

_MOST_PIXELS = 40_000_000
"""Of a picture that is a document itself, unpacked: what does not fit is not drawn."""
_LONGEST_NAME = 200
_QUALITY = 85
"""Of a JPEG, at which small print is still read; colours are kept for each pixel, since print is coloured too."""
_TIMESTAMP = "ETSI.RFC3161"
UNNAMED = "?"
"""Stands for a signer whose certificate does not say who they are."""


def draw(path: Path, media_type: str) -> tuple[Look, bytes]:
    """Look at the file; gives what was seen, and the picture (JPEG). Raises whatever its reader stumbles over."""
    return _draw_pdf(path) if KINDS[media_type] == "pdf" else _draw_image(path)


def _draw_pdf(path: Path) -> tuple[Look, bytes]:
    with closing(pypdfium2.PdfDocument(path)) as document:
        # Fields show what was filled in only with this (ISO 32000-2 §12.7).
        document.init_forms()
        page = document[0]
        width, height = page.get_size()
        # A page may be a sheet of 5 metres, or a thread: the bitmap never is.
        scale = min(WIDTH / width, HEIGHT / height)
        require_bounded(width * scale, height * scale)
        picture, encoded = _encode(page.render(scale=scale).to_pil())
        return Look(
            width=picture.width,
            height=picture.height,
            pages=len(document),
            signers=tuple(dict.fromkeys(islice(_signers(document), MOST_NAMES))),
            attachments=tuple(_shorten(name) for name in islice(_attachments(document), MOST_NAMES)),
        ), encoded


def _draw_image(path: Path) -> tuple[Look, bytes]:
    with Image.open(path, formats=("PNG", "JPEG")) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise MemoryError
        # A JPEG is decoded smaller to begin with.
        image.draft("RGB", (WIDTH, HEIGHT))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((WIDTH, HEIGHT))
        picture, encoded = _encode(upright.convert("RGB"))
        return Look(width=picture.width, height=picture.height), encoded


def require_bounded(width: float, height: float) -> None:
    """Raise ValueError unless a bitmap of this size is one: sizes in a file may be infinite, or no numbers."""
    if not (0 < math.ceil(width) <= WIDTH + 1 and 0 < math.ceil(height) <= HEIGHT + 1):
        raise ValueError("the page has no size that could be drawn")


def _encode(picture: Image.Image) -> tuple[Image.Image, bytes]:
    """Without anything that the original said of itself: no profile, no text."""
    small = Image.new("RGB", (min(picture.width, WIDTH), min(picture.height, HEIGHT)), "white")
    small.paste(picture)
    encoded = io.BytesIO()
    small.save(encoded, "JPEG", quality=_QUALITY, subsampling="4:4:4")
    return small, encoded.getvalue()


def _attachments(document: pypdfium2.PdfDocument) -> Iterator[str]:
    return (document.get_attachment(number).get_name() for number in range(document.count_attachments()))


def _signers(document: pypdfium2.PdfDocument) -> Iterator[str]:
    for number in range(max(0, pdfium.FPDF_GetSignatureCount(document))):
        signature = pdfium.FPDF_GetSignatureObject(document, number)
        kind = _read_bytes(pdfium.FPDFSignatureObj_GetSubFilter, signature).rstrip(b"\0").decode("latin-1")
        contents = _read_bytes(pdfium.FPDFSignatureObj_GetContents, signature)
        if contents.strip(b"\0") and kind != _TIMESTAMP:
            yield _name_signer(contents)


def _read_bytes(read: "ctypes._FuncPointer", signature: object) -> bytes:
    """What PDFium tells into a buffer of the length that it names first."""
    length = read(signature, None, 0)
    buffer = ctypes.create_string_buffer(length)
    read(signature, buffer, length)
    return buffer.raw[:length]


def _name_signer(contents: bytes) -> str:
    try:
        certificate = x509.load_der_x509_certificate(read_signer(read_signed_data(contents)).party.certificate)
        names = (
            certificate.subject.get_attributes_for_oid(kind)
            for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        )
        return next((_shorten(str(found[0].value)) for found in names if found), UNNAMED)
    except Exception:  # noqa: BLE001  somebody else's signature may be made in any way: it is there all the same
        return UNNAMED


def _shorten(name: str) -> str:
    return name[:_LONGEST_NAME]
