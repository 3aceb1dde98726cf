"""Whether two values mean the same (ISO 32000-2 §7.3), whoever wrote them and however they are spelled.

Numbers are compared by value, strings by their text where they are text, null like absence, streams by what they
hold, and an object that stands by itself like one that stands in its place.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.verification.pades.syntax import Name, Reference, Stream, Value
from worker.verification.pades.tail import PdfState

_MAX_STEPS = 200_000
_MAX_DEPTH = 50
_SHALLOW = 3
_MAX_DECODED = 150_000_000
"""Bytes that all streams together may unpack to which a writer has packed anew: kilobytes can hold gigabytes."""
_PRECISION = 1e-6
"""Reals are kept in single precision by many readers and writers (§7.3.3, Annex C.1)."""

_BYTES = frozenset({"ID", "DA", "Cert", "CheckSum", "DigestValue", "Panose", "ByteRange"})
"""Strings here are bytes and no text (§7.9.2), so that only the same bytes are the same; `/Contents` of a signature,
and the colours of an indexed colour space (§8.6.6.3), are told apart where they stand."""

_MARKS = {b"\xfe\xff": "utf-16-be", b"\xff\xfe": "utf-16-le", b"\xef\xbb\xbf": "utf-8"}
"""How a text string tells its encoding; little-endian is not in the standard, and read so by all."""

_PDFDOC = {
    **dict(zip(range(0x18, 0x20), "\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc", strict=True)),
    **dict(
        zip(
            range(0x80, 0x9F),
            "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c\u201d\u2018\u2019\u201a\u2122"
            "\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142\u0153\u0161\u017e",
            strict=True,
        )
    ),
    0xA0: "\u20ac",
}
"""Where PDFDocEncoding is not Latin-1 (Annex D.3)."""

_STORAGE = frozenset({"Length", "Filter", "DecodeParms", "DL"})
"""How a stream is stored, not what it holds (§7.3.8.2)."""


@dataclass(slots=True)
class Comparison:
    """Compares values of one snapshot with values of a later one.

    `copied` collects, as its keys, references to new objects that hold a copy of what stood elsewhere before.
    """

    before: PdfState
    after: PdfState
    copied: dict[Reference, None] = field(default_factory=dict)
    _steps: int = 0
    _decoded: int = 0

    def is_same(self, old: Value, new: Value, key: str = "", depth: int = 0) -> bool:
        """Whether both mean the same; `key` is the entry they are the value of. Raises ValueError beyond limits.

        The same reference is the same here: what became of the object itself is judged where it was written.
        """
        if isinstance(old, Reference) and old == new:
            return True
        self._steps += 1
        if self._steps > _MAX_STEPS or depth > _MAX_DEPTH:
            raise ValueError("there is too much to compare")
        if isinstance(old, Reference) or isinstance(new, Reference):
            if isinstance(new, Reference):
                self.copied[new] = None
            old, new = self.before.resolve(old), self.after.resolve(new)
        if depth < _SHALLOW and isinstance(old, dict | list) and repr(old) == repr(new):
            # Most of what is written again is written as it was; only near the top, so that nothing is spelled often.
            return True
        if isinstance(old, dict) and isinstance(new, dict):
            return not self.find_changes(old, new, depth)
        if isinstance(old, list) and isinstance(new, list):
            inside = "ID" if old[:1] in ([Name("Indexed")], [Name("I")]) else key
            return len(old) == len(new) and all(
                self.is_same(one, other, inside, depth + 1) for one, other in zip(old, new, strict=True)
            )
        if isinstance(old, Stream) and isinstance(new, Stream):
            return self._is_same_stream(old, new, depth)
        return _is_same_scalar(old, new, key)

    def find_changes(self, old: Mapping[str, Value], new: Mapping[str, Value], depth: int = 0) -> set[str]:
        """The keys whose values mean something else in the second dictionary. Raises ValueError beyond limits."""
        signed = "ByteRange" in old
        found = set()
        for key in old.keys() | new.keys():
            copied = len(self.copied)
            kind = "ID" if signed and key == "Contents" else key
            if not self.is_same(old.get(key), new.get(key), kind, depth + 1):
                found.add(key)
                while len(self.copied) > copied:
                    self.copied.popitem()
        return found

    def _is_same_stream(self, old: Stream, new: Stream, depth: int) -> bool:
        held, other = ({key: one.entries[key] for key in one.entries.keys() - _STORAGE} for one in (old, new))
        if self.find_changes(held, other, depth):
            return False
        stored = {key for key in self.find_changes(old.entries, new.entries, depth) if key in {"Filter", "DecodeParms"}}
        if not stored and old.encoded == new.encoded:
            return True
        decoded = old.decode()
        self._decoded += len(decoded)
        if self._decoded > _MAX_DECODED:
            raise ValueError("there is too much to compare")
        return decoded == new.decode()


def _is_same_scalar(old: Value, new: Value, key: str) -> bool:
    if isinstance(old, bytes) and isinstance(new, bytes):
        return old == new or (key not in _BYTES and (text := as_text(old)) is not None and text == as_text(new))
    if _is_number(old) and _is_number(new):
        whole = isinstance(old, int) and isinstance(new, int)
        return old == new if whole else math.isclose(old, new, rel_tol=_PRECISION)
    return type(old) is type(new) and bool(old == new)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_text(content: bytes) -> str | None:
    """A text string's text: UTF-16BE, UTF-8 or PDFDocEncoding (§7.9.2.2); None for bytes that are no text."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                return None
    return content.decode("latin-1").translate(_PDFDOC)
