"""The placeholder for a signature's own value: all of the file but this is signed (ISO 32000-1 §12.8.1)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.pades.revision import PdfObject, Revision

CONTENTS_BYTES = 8192  # a CMS with chain and timestamp takes about 5,000; fixed, so that nothing is asked to find out
EMPTY = b"<%b>" % (b"00" * CONTENTS_BYTES)
BYTE_RANGE = b"[0 %010d %010d %010d]"  # always as wide, so that it can be filled in last
UNKNOWN_RANGE = BYTE_RANGE % (0, 0, 0)
TO_BE_FILLED = b"/ByteRange %b /Contents %b" % (UNKNOWN_RANGE, EMPTY)
"""The entries of a signature dictionary that are known last."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Where `/Contents` stands in the file: from its `<` up to and including its `>`."""

    start: int
    end: int

    @property
    def capacity(self) -> int:
        """How many bytes of CMS fit in, written as hexadecimal."""
        return (self.end - self.start - 2) // 2

    def around(self, document: bytes) -> Iterator[bytes]:
        """Yield what is signed: the bytes before the placeholder and those behind it."""
        yield document[: self.start]
        yield document[self.end :]

    def pad(self, cms: bytes) -> bytes:
        """Return what stands there then: the CMS and zeros behind it; raises `ValueError` when it takes more."""
        if len(cms) > self.capacity:
            raise ValueError(f"the CMS takes {len(cms)} bytes, and {self.capacity} are reserved")
        return cms.ljust(self.capacity, b"\0")

    def fill(self, document: bytes, cms: bytes) -> bytes:
        """Return the document with the CMS in its placeholder; raises `ValueError` when it takes more."""
        contents = self.pad(cms).hex().encode("ascii")
        return b"".join((document[: self.start + 1], contents, document[self.end - 1 :]))


def leave_placeholder(document: bytes, update: Revision, signature: PdfObject) -> tuple[bytes, Placeholder]:
    """Return the document with its update, the byte range of the signature filled in, and the placeholder."""
    begin = update.appended.index(EMPTY, update.offsets[signature.number] - len(document))
    placeholder = Placeholder(len(document) + begin, len(document) + begin + len(EMPTY))
    spoken_for = BYTE_RANGE % (placeholder.start, placeholder.end, update.tail.length - placeholder.end)
    before, _, after = update.appended.rpartition(UNKNOWN_RANGE)
    return b"".join((document, before, spoken_for, after)), placeholder
