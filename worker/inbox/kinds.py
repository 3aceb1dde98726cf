"""What a file is that is no PDF, in the words of whoever dropped it."""

from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\0", "a picture (TIFF)"),
    (b"MM\0*", "a picture (TIFF)"),
    (b"BM", "a picture (BMP)"),
    (b"RIFF", "a picture or a recording (RIFF)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an older Office document (Word, Excel, PowerPoint) or a message (Outlook)"),
    (rb"{\rtf", "a text document (RTF)"),
    (b"%!PS", "a PostScript file"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7-Zip)"),
    (b"Rar!", "an archive (RAR)"),
)
_MARKUP = (("<!doctype html", "a web page (HTML)"), ("<html", "a web page (HTML)"), ("<?xml", "an XML file"))
_OFFICE = {"word": "a Word document", "xl": "an Excel workbook", "ppt": "a PowerPoint presentation"}


def name_kind(path: Path, head: bytes) -> str | None:
    """Say what a file is that begins with `head`; None where it may be a PDF, or nothing that is known."""
    if not head.strip(b"\0"):
        return "filled with NUL bytes: its content was never written"
    if head.startswith(b"PK\x03\x04"):
        return _name_archive(path)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].decode("latin-1").lower()
    return next(
        (kind for magic, kind in _KINDS if head.startswith(magic)),
        next((kind for begin, kind in _MARKUP if text.startswith(begin)), None),
    )


def _name_archive(path: Path) -> str:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except (BadZipFile, NotImplementedError, ValueError):
        return "a damaged archive (ZIP)"
    folders = {PurePosixPath(name).parts[0] for name in names if "/" in name}
    if "META-INF" in folders and "mimetype" in names:
        return "a container (EDOC, ASiC-E)"
    if "[Content_Types].xml" in names:
        return next((kind for folder, kind in _OFFICE.items() if folder in folders), "an Office document")
    pdf = next((name for name in names if name.lower().endswith(".pdf")), None)
    return f"an archive (ZIP) that holds {pdf}: take it out and drop that" if pdf else "an archive (ZIP)"
