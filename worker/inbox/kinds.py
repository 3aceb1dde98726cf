"""What a file is that is no PDF, in the words of whoever dropped it."""

import re
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from jobs.model.text import Text

_MAGIC: tuple[tuple[bytes, Text], ...] = (
    (b"\x89PNG\r\n\x1a\n", Text("a picture (PNG)")),
    (b"\xff\xd8\xff", Text("a picture (JPEG)")),
    (b"GIF8", Text("a picture (GIF)")),
    (b"II*\0", Text("a picture (TIFF)")),
    (b"MM\0*", Text("a picture (TIFF)")),
    (b"BM", Text("a picture (BMP)")),
    (b"RIFF", Text("a picture or a recording (RIFF)")),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Text("an older Office document (Word, Excel, PowerPoint) or a message (Outlook)"),
    ),
    (b"{\\rtf", Text("a text document (RTF)")),
    (b"%!PS", Text("a PostScript file")),
    (b"\x1f\x8b", Text("a compressed file (gzip)")),
    (b"7z\xbc\xaf\x27\x1c", Text("an archive (7-Zip)")),
    (b"Rar!", Text("an archive (RAR)")),
)
_TEXT: tuple[tuple[re.Pattern[bytes], Text], ...] = (
    (re.compile(rb"<!doctype html|<html", re.IGNORECASE), Text("a web page (HTML)")),
    (re.compile(rb"<\?xml"), Text("an XML file")),
    (
        re.compile(rb"(?:From|To|Date|Subject|Received|Return-Path|MIME-Version|Message-ID): ?\S", re.IGNORECASE),
        Text("a mail message"),
    ),
)
_BEFORE_TEXT = re.compile(rb"(?:\xef\xbb\xbf)?\s*")
_OFFICE = {"word": Text("a Word document"), "xl": Text("an Excel workbook"), "ppt": Text("a PowerPoint presentation")}


def name_kind(path: Path, head: bytes) -> Text | None:
    """Say what a file is that begins with `head`; None where it may be a PDF, or nothing that is known."""
    if not head.strip(b"\0"):
        return Text("filled with NUL bytes: its content was never written")
    if head.startswith(b"PK\x03\x04"):
        return _name_archive(path)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    begin = _BEFORE_TEXT.match(head)
    return next((kind for text, kind in _TEXT if begin and text.match(head, begin.end())), None)


def _name_archive(path: Path) -> Text:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except (BadZipFile, NotImplementedError, ValueError, OSError):
        return Text("a damaged archive (ZIP)")
    folders = {PurePosixPath(name).parts[0] for name in names if "/" in name.lstrip("/")}
    if "[Content_Types].xml" in names:
        return next((kind for folder, kind in _OFFICE.items() if folder in folders), Text("an Office document"))
    if "mimetype" in names:
        return Text("an OpenDocument file") if "content.xml" in names else Text("a container (EDOC, ASiC-E)")
    pdf = next((name for name in names if name.lower().endswith(".pdf")), None)
    return (
        Text("an archive (ZIP) that holds {name}: take it out and drop that", name=pdf)
        if pdf
        else Text("an archive (ZIP)")
    )
