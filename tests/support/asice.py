"""An ASiC-E maker for tests, built on Python's zipfile, and ways to write archives that disagree with themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from xml.sax.saxutils import quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from jobs.model.digest import Digest
from jobs.model.documents import DataFile, Document
from jobs.model.seals import Expectation
from tests.support.builders import a_document
from tests.support.xades import Edit, Recipe, sign, untouched

MEDIA_TYPE = "application/vnd.etsi.asic-e+zip"
SIGNATURES = "META-INF/signatures0.xml"
_WRITTEN = (2026, 3, 2, 12, 0, 0)

FILES = {"invoice.txt": b"Invoice 1: 100.00 EUR\n" * 20}
SEVERAL = {"a.txt": b"one", "rēķins Nr. 7 & co.txt": b"two" * 50, "z%20+.txt": b"three"}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A container, the document that it was made of, and what a person would have approved."""

    content: bytes
    document: Document
    expectation: Expectation


class _OneWay(BytesIO):
    """Written from begin to end, so that sizes are only known behind each entry (APPNOTE §4.4.4, bit 3)."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def sealed(
    files: Mapping[str, bytes] = FILES, recipe: Recipe | None = None, *, edit_manifest: Edit = untouched
) -> Sealed:
    """A container at level B-LT, as it should be unless the recipe says otherwise."""
    made = sign(files, recipe or Recipe())
    entries = [
        ("mimetype", MEDIA_TYPE.encode()),
        *files.items(),
        ("META-INF/manifest.xml", edit_manifest(manifest(list(files))).encode()),
        (SIGNATURES, made.xml),
    ]
    return Sealed(archive(entries), document_of(files), made.expectation)


def manifest(names: Sequence[str], media_type: str = "text/plain") -> str:
    """The manifest of a container with these files."""
    listed = "".join(
        f'<manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type="{kind}"/>'
        for name, kind in [("/", MEDIA_TYPE), *((name, media_type) for name in names)]
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
        f"{listed}</manifest:manifest>\n"
    )


def archive(
    entries: Sequence[tuple[str, bytes]],
    *,
    method: int = ZIP_STORED,
    first: int = ZIP_STORED,
    one_way: bool = False,
    comment: bytes = b"",
    extra: bytes = b"",
) -> bytes:
    """A ZIP archive of these entries; all but the first use `method`, and have these extra fields."""
    out = _OneWay() if one_way else BytesIO()
    with ZipFile(out, "w") as written:
        for place, (name, content) in enumerate(entries):
            entry = ZipInfo(name, _WRITTEN)
            entry.compress_type = method if place else first
            entry.comment = comment
            entry.extra = extra if place else b""
            written.writestr(entry, content)
        written.comment = comment
    return out.getvalue()


def entries_of(content: bytes) -> list[tuple[str, bytes]]:
    """The entries of a sound archive."""
    with ZipFile(BytesIO(content)) as read:
        return [(entry.filename, read.read(entry)) for entry in read.infolist()]


def rewritten(content: bytes, changes: Mapping[str, bytes]) -> bytes:
    """The archive with other content in these entries."""
    return archive([(name, changes.get(name, old)) for name, old in entries_of(content)])


def deflated(content: bytes, *, one_way: bool = False) -> bytes:
    """The archive with its entries deflated, as most programs write them."""
    return archive(entries_of(content), method=ZIP_DEFLATED, one_way=one_way)


def document_of(files: Mapping[str, bytes]) -> Document:
    """The document that was claimed: one file, or a folder of several."""
    listed = tuple(
        DataFile(name=name, size=len(content), sha256=Digest.sha256(content), media_type="text/plain")
        for name, content in files.items()
    )
    changes = {"name": "bundle", "size": sum(one.size for one in listed), "data_files": listed}
    return a_document().model_copy(update=changes)
