"""Signatures, proofs and revisions of a PDF, as qpdf reads them."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import new
from pathlib import Path
from typing import BinaryIO, TypeVar

import pikepdf
from pikepdf import Dictionary, Object, Pdf, Stream

from worker.audit.trust import Material, read_answer, read_certificate, read_list

Parsed = TypeVar("Parsed")

_PIECE = 1 << 20
_OBJECT, _OFFSET = "(object ", re.compile(r", offset \d+\)")
_NO_CHANGES = 1
"""As /P: no change to the document is permitted (ISO 32000-2 §12.8.2.2, table 257)."""
_MAX_FIELDS = 100_000
MAX_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """A signature dictionary with its value (ISO 32000-2 §12.8.1): `end` is where its revision ends in the file."""

    contents: bytes = field(repr=False)
    """The CMS, with the padding behind it."""
    byte_range: tuple[int, ...]
    is_timestamp: bool
    """Whether it is a document timestamp (§12.8.5) and no signature."""
    type: str
    """Its /SubFilter."""
    is_final: bool
    """Whether it allows no further signature: it certifies that nothing changes, or locks all fields (§12.8.2)."""

    @property
    def end(self) -> int:
        """The offset behind the last signed byte."""
        return sum(self.byte_range[-2:])


class Prefix(io.RawIOBase):
    """The first `size` bytes of an open file: the file as it was at the end of an earlier revision."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size, self._at = file, size, 0

    def __repr__(self) -> str:
        # pikepdf names its stream in what it says, and people read that.
        return "of an earlier revision"

    def readable(self) -> bool:  # noqa: D102 - of io.RawIOBase
        return True

    def seekable(self) -> bool:  # noqa: D102
        return True

    def tell(self) -> int:  # noqa: D102
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:  # noqa: D102
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, target: "memoryview") -> int:  # type: ignore[override]  # noqa: D102
        self._file.seek(self._at)
        piece = self._file.read(max(0, min(len(target), self._size - self._at)))
        target[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@contextmanager
def opened(file: BinaryIO, size: int) -> Iterator[Pdf]:
    """Open the first `size` bytes as a PDF, which must be sound as it stands. Raises pikepdf.PdfError."""
    with Pdf.open(
        Prefix(file, size),  # type: ignore[arg-type]
        attempt_recovery=False,
        suppress_warnings=True,
        inherit_page_attributes=False,  # which would write what it reads
    ) as pdf:
        yield pdf


def read_signatures(pdf: Pdf) -> list[PdfSignature]:
    """Read all signatures in fields of the form (§12.7.5.5), in the order of their revisions. Raises ValueError."""
    found = []
    for owner, field_type in walk_fields(pdf):
        value = owner.get("/V")
        if field_type == "/Sig" and isinstance(value, Dictionary) and "/Contents" in value:
            numbers = tuple(int(one) for one in _items(value, "/ByteRange"))
            kind = str(value.get("/SubFilter", ""))
            is_timestamp = kind == "/ETSI.RFC3161" or value.get("/Type") == "/DocTimeStamp"
            found.append(PdfSignature(bytes(value.Contents), numbers, is_timestamp, kind, _is_final(value, owner)))
    if len(found) > MAX_SIGNATURES:
        raise ValueError(f"it has more than {MAX_SIGNATURES} signatures")
    return sorted(found, key=lambda one: one.end)


def walk_fields(pdf: Pdf) -> Iterator[tuple[Dictionary, str]]:
    """Yield every field of the form, terminal or not, with its type, which a parent may state (§12.7.4.1)."""
    form = pdf.Root.get("/AcroForm")
    waiting = [(one, "") for one in _items(form, "/Fields")] if isinstance(form, Dictionary) else []
    seen: set[tuple[int, int]] = set()
    while waiting:
        one, inherited = waiting.pop()
        if not isinstance(one, Dictionary) or (one.is_indirect and one.objgen in seen):
            continue
        seen.add(one.objgen)
        if len(seen) > _MAX_FIELDS:
            raise ValueError("its form has too many fields")
        kind = str(one.get("/FT", inherited))
        yield one, kind
        waiting += [(kid, kind) for kid in _items(one, "/Kids")]


def read_store(pdf: Pdf) -> Material:
    """Read the document security store (§12.8.4.3), what can be read of it; empty where there is none."""
    store = pdf.Root.get("/DSS")
    if not isinstance(store, Dictionary):
        return Material()
    return Material(
        tuple(_read_proofs(store, "/Certs", read_certificate)),
        tuple(_read_proofs(store, "/OCSPs", read_answer)),
        tuple(_read_proofs(store, "/CRLs", read_list)),
    )


def hash_range(file: BinaryIO, signature: PdfSignature, name: str) -> bytes:
    """The hash over the signature's byte range."""
    digest = new(name)
    for begin, length in zip(signature.byte_range[::2], signature.byte_range[1::2], strict=True):
        for piece in read_pieces(file, begin, length):
            digest.update(piece)
    return digest.digest()


def read_pieces(file: BinaryIO, begin: int, length: int) -> Iterator[bytes]:
    """Yield these bytes of the file, never many at once."""
    file.seek(begin)
    while length > 0 and (piece := file.read(min(length, _PIECE))):
        length -= len(piece)
        yield piece


def is_same_beginning(original: Path, sealed: Path) -> bool:
    """Whether the sealed file begins with all bytes of the original."""
    with original.open("rb") as one, sealed.open("rb") as other:
        return all(other.read(len(piece)) == piece for piece in iter(partial(one.read, _PIECE), b""))


def _items(owner: Dictionary, key: str) -> list[Object]:
    value = owner.get(key)
    return list(value) if isinstance(value, pikepdf.Array) else []


def _is_final(value: Dictionary, owner: Dictionary) -> bool:
    """Whether DocMDP, FieldMDP or the field's lock (tables 257, 259, 236) forbid a signature field beside this one."""
    references = [one for one in _items(value, "/Reference") if isinstance(one, Dictionary)]
    locks = [(str(one.get("/TransformMethod", "")), one.get("/TransformParams")) for one in references]
    locks.append(("/FieldMDP", owner.get("/Lock")))
    return any(
        (method == "/FieldMDP" and lock.get("/Action") in ("/All", "/Exclude")) or lock.get("/P") == _NO_CHANGES
        for method, lock in locks
        if isinstance(lock, Dictionary)
    )


def _read_proofs(store: Dictionary, key: str, read: Callable[[bytes], Parsed]) -> Iterator[Parsed]:
    for one in _items(store, key):
        if isinstance(one, Stream):
            try:
                yield read(one.read_bytes())
            except (ValueError, pikepdf.PdfError):
                continue


def warnings_of(pdf: Pdf) -> set[str]:
    """Objects that qpdf could not read or had to guess at, as `(object 7 0): …`.

    Offsets are left out: what is written again as it was, oddities included, is no doubt of the newer revision.
    """
    found = (warning[warning.index(_OBJECT) :] for warning in pdf.get_warnings() if _OBJECT in warning)
    return {_OFFSET.sub(")", warning) for warning in found}
