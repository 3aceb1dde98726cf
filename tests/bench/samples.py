"""Documents to seal: real PDFs of one exact size, each with a name and content of its own."""

from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import BadZipFile, ZipFile

import pikepdf

from worker.demo.invoices import write_invoices

_MARK = b"0" * 32
"""Where in the attachment stands what makes each document another one."""


def write_samples(folder: Path, count: int, size: int, series: str) -> list[Path]:
    """Write `count` PDFs of `size` bytes each, named after the series: no two of a bench have one name or content.

    Each is an invoice that holds a file which no program can compress. Raises ValueError where an invoice is larger.
    """
    folder.mkdir(parents=True, exist_ok=True)
    template, paths = _template(folder, size), []
    for number in range(1, count + 1):
        path = folder / f"{series}-{number:05}.pdf"
        unique = f"{series} {number}".encode().rjust(len(_MARK), b".")[-len(_MARK) :]
        path.write_bytes(template.replace(_MARK, unique))
        paths.append(path)
    return paths


def is_sealed(sealed: Path, original: Path) -> bool:
    """Whether the file is there and holds the original, whole (PDF) or as an entry (EDOC), and a signature.

    Verification is the worker's; this tells that a client has finished what it began.
    """
    if not sealed.is_file():
        return False
    content, inside = original.read_bytes(), sealed.read_bytes()
    if inside.startswith(b"%PDF"):
        return inside.startswith(content) and b"/ByteRange" in inside[len(content) :]
    try:
        with ZipFile(BytesIO(inside)) as container:
            names = container.namelist()
            has_signature = any(name.startswith("META-INF/") and "signature" in name for name in names)
            return has_signature and any(container.read(name) == content for name in names)
    except BadZipFile:
        return False


def _template(folder: Path, size: int) -> bytes:
    (invoice,) = write_invoices(folder / "template", 1)
    missing = size - len(_with_attachment(invoice, len(_MARK)))
    if missing < 0:
        raise ValueError(f"a document has at least {size - missing} bytes")
    # Offsets and lengths may grow by digits, so it is brought to the byte in a few steps.
    attached = len(_MARK) + missing
    for _ in range(8):
        whole = _with_attachment(invoice, attached)
        if len(whole) == size:
            return whole
        attached += size - len(whole)
    return whole


def _with_attachment(invoice: Path, length: int) -> bytes:
    noise = Random(length).randbytes(length - len(_MARK))  # noqa: S311 - sample content
    target = BytesIO()
    with pikepdf.open(invoice) as pdf:
        pdf.attachments["rēķins.bin"] = _MARK + noise
        pdf.save(target, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none, static_id=True)
    return target.getvalue()
