"""ZIP archives that can be read in one way only: no hidden bytes, no second entry, no link, no other header."""

import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from worker.audit.archive_bytes import END, ZIP64, find_hidden_bytes, find_hidden_content, read_fields
from worker.audit.report import AuditOutcome, Problem

MEDIA_TYPE = "application/vnd.etsi.asic-e+zip"
_TYPE, _MEDIA_TYPE = "mimetype", MEDIA_TYPE.encode()
_LOCATOR, _LOCATOR_SIZE = b"PK\6\7", 20
_ENCRYPTED, _UTF8 = 0x0041, 0x0800
_HARMLESS = frozenset({0x0001, 0x000A, 0x5455, 0x5855, 0x7855, 0x7875, 0xCAFE})
"""Extra fields that tell sizes, times, owners, or that Java made the archive (APPNOTE §4.5.2, §4.6.1)."""
_MAX_REMARK, _MAX_COMMENT, _MAX_DIRECTORY, _MAX_SIZE = 512, 0xFFFF, 4_000_000, 4_000_000_000


@contextmanager
def open_archive(path: Path) -> Iterator[ZipFile]:
    """Open an archive whose directory is small enough to be read. Raises ValueError and zipfile.BadZipFile.

    ZIP64 describes an archive twice, in fields of which each program takes others; no container of a seal needs it.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - END.size - _MAX_COMMENT))
        tail = file.read()
        at = tail.rfind(b"PK\5\6")
        if at >= 0 and len(tail) - at >= END.size and END.unpack_from(tail, at)[5] > _MAX_DIRECTORY:
            raise ValueError("it has too many files")
        if tail[:at].rfind(_LOCATOR) == at - _LOCATOR_SIZE >= 0:
            raise ValueError(ZIP64)
        # A name that does not say in which letters it is written is read as UTF-8, as libdigidocpp reads it.
        with ZipFile(file, metadata_encoding="utf-8") as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_SIZE:
                raise ValueError("its files are larger than can be validated here")
            yield archive


def find_archive_faults(archive: ZipFile, path: Path) -> Iterator[Problem]:
    """Say what is wrong with the entries and with the bytes between them."""
    with path.open("rb") as file:
        for sentence in (
            *_find_entry_faults(archive),
            *find_hidden_bytes(archive, file, path.stat().st_size),
            *find_hidden_content(archive, file),
        ):
            yield Problem(AuditOutcome.ALTERED, sentence)


def find_archive_remarks(archive: ZipFile) -> Iterator[str]:
    """Say what is odd about the entries and leaves them as they were sealed.

    A media type that is compressed, or has a blank behind it, breaks ETSI EN 319 162-1 §A.1, and says the same to
    whoever unpacks it, as libdigidocpp does. The worker delivers none: whoever looks for it at its place, as file(1)
    does, sees no container.
    """
    listed = archive.infolist()
    if any(entry.filename == _TYPE and entry.compress_type != ZIP_STORED for entry in listed):
        yield "the container's media type is compressed, so that some programs do not know it for a container"
    elif any(entry.filename == _TYPE and entry.file_size != len(_MEDIA_TYPE) for entry in listed):
        yield "something blank follows the container's media type"
    if any(entry.is_dir() for entry in listed):
        yield "folders stand in the container by themselves"
    for entry in listed:
        if not entry.filename.isascii() and not entry.flag_bits & _UTF8:
            yield f"some programs show {entry.filename} in other letters: its name does not say that it is UTF-8"
        if any(kind not in _HARMLESS for kind, _ in read_fields(entry.extra)):
            yield f"{entry.filename} has an extra field that is not understood here"
    if any(not _is_remark(one) for one in (archive.comment, *(entry.comment for entry in listed))):
        yield "a comment in the container holds more than a line of text"


def _is_folder_of_files(entry: ZipInfo, listed: Iterable[ZipInfo]) -> bool:
    """Whether it only names a folder in which files lie, as zip(1) and others write it: it holds nothing."""
    is_folder = entry.is_dir() and stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFDIR)
    return (
        is_folder
        and not entry.file_size
        and any(one.filename.startswith(entry.filename) for one in listed if one is not entry)
    )


def _is_remark(comment: bytes) -> bool:
    """Whether it names the program that made the archive, or the like; nobody shows it as content."""
    return len(comment) <= _MAX_REMARK and comment.decode(errors="replace").isprintable()


def _find_entry_faults(archive: ZipFile) -> Iterator[str]:
    listed = archive.infolist()
    first = listed[0] if listed else ZipInfo()
    small = first.filename == _TYPE and first.file_size < 2 * len(_MEDIA_TYPE)
    if not small or archive.read(first).rstrip() != _MEDIA_TYPE:
        yield "the container does not begin with its media type"
    for name, count in Counter(entry.filename for entry in listed).items():
        if count > 1:
            yield f"the container holds {name} {count} times"
    for entry in listed:
        mode = entry.external_attr >> 16
        is_plain = stat.S_IFMT(mode) in (0, stat.S_IFREG) and not entry.is_dir()
        if not is_plain and not _is_folder_of_files(entry, listed):
            yield f"{entry.filename} is no plain file but a link, folder or device"
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            yield f"{entry.filename} is encrypted, or compressed in an unusual way"
        if entry.filename.startswith("/") or "\\" in entry.filename or ".." in entry.filename.split("/"):
            yield f"{entry.filename} leads out of the container"
        if entry.filename != entry.orig_filename:
            yield f"{entry.filename} is named in two ways"
