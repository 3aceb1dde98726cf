"""PDF syntax without loss (ISO 32000-2 §7.2, §7.3): a value is the bytes that it is written with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLANKS = re.compile(rb"(?:[\0\t\n\f\r ]|%[^\r\n]*)*")
NAME = re.compile(rb"/[^\0\t\n\f\r ()<>\[\]{}/%]*")
REFERENCE = re.compile(rb"(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+R(?![^\0\t\n\f\r ()<>\[\]{}/%])")
HEXADECIMAL = re.compile(rb"<[^<>]*>")
IN_STRING = re.compile(rb"(?:[^()\\]|\\.)*", re.DOTALL)
WORD = re.compile(rb"[^\0\t\n\f\r ()<>\[\]{}/%]+")
SIMPLE = (REFERENCE, NAME, HEXADECIMAL, WORD)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
NUMBERED = re.compile(rb"#([0-9A-Fa-f]{2})")
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
CLOSING = {b"<<": b">>", b"[": b"]"}

Reference = tuple[int, int]
"""Object number and generation."""


class UnreadablePdf(ValueError):
    """These bytes are no PDF syntax, or more than this reader takes."""


def skip_blanks(text: bytes, at: int) -> int:
    """Return where the next token begins: white space and comments are passed over."""
    found = BLANKS.match(text, at)
    return found.end() if found else at


def end_of_value(text: bytes, at: int) -> int:
    """Return where the value that begins here ends; raises `UnreadablePdf`."""
    open_brackets: list[bytes] = []
    while True:
        at = skip_blanks(text, at)
        bracket = text[at : at + 2] if text[at : at + 2] in {b"<<", b">>"} else text[at : at + 1]
        if bracket in CLOSING:
            open_brackets.append(CLOSING[bracket])
            at += len(bracket)
        elif open_brackets and bracket == open_brackets[-1]:
            open_brackets.pop()
            at += len(bracket)
        elif bracket == b"(":
            at = _end_of_string(text, at)
        elif found := next(filter(None, (kind.match(text, at) for kind in SIMPLE)), None):
            at = found.end()
        else:
            raise UnreadablePdf(f"there is no value at byte {at}")
        if not open_brackets:
            return at


def _end_of_string(text: bytes, at: int) -> int:
    """Return where a literal string ends; its inner parentheses are balanced (§7.3.4.2)."""
    depth = 0
    while True:
        if text[at : at + 1] == b"(":
            depth += 1
        elif text[at : at + 1] == b")":
            depth -= 1
        else:
            raise UnreadablePdf("a string has no end")
        at += 1
        if not depth:
            return at
        found = IN_STRING.match(text, at)
        at = found.end() if found else at


def items_of(array: bytes) -> list[bytes]:
    """Return the values of an array as they are written; raises `UnreadablePdf` for what is none."""
    return list(_values(array, b"[", b"]"))


def _values(text: bytes, opening: bytes, closing: bytes) -> Iterator[bytes]:
    if not text.startswith(opening):
        raise UnreadablePdf(f"{text[:20]!r} does not begin with {opening.decode()}")
    at = skip_blanks(text, len(opening))
    while not text.startswith(closing, at):
        end = end_of_value(text, at)
        yield text[at:end]
        at = skip_blanks(text, end)


def reference_in(value: bytes) -> Reference | None:
    """Return the reference that the value is, if it is one."""
    found = REFERENCE.fullmatch(value)
    return (int(found[1]), int(found[2])) if found else None


def number_in(value: bytes) -> int:
    """Return the integer that the value is; raises `UnreadablePdf`."""
    try:
        return int(value)
    except ValueError as cause:
        raise UnreadablePdf(f"{value[:20]!r} is no integer") from cause


def name_in(value: bytes) -> bytes:
    """Return a name as it is meant, its `#` escapes undone (§7.3.5)."""
    return NUMBERED.sub(lambda found: bytes.fromhex(found[1].decode()), value) if b"#" in value else value


def string_in(value: bytes) -> bytes:
    """Return the bytes that a literal or hexadecimal string stands for (§7.3.4); nothing for any other value."""
    if value.startswith(b"<") and not value.startswith(b"<<"):
        digits = b"".join(value[1:-1].split())
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return ESCAPED.sub(_unescape, value[1:-1]) if value.startswith(b"(") else b""


def _unescape(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 0xFF]) if code.isdigit() and code < b"8" else ESCAPES.get(code, code)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The entries of a dictionary in their order, as written; of a key that stands twice both are kept."""

    entries: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def of(cls, text: bytes) -> "Dictionary":
        """Read `<<…>>`; raises `UnreadablePdf` for anything else."""
        parts = list(_values(text, b"<<", b">>"))
        if len(parts) % 2 or any(not key.startswith(b"/") for key in parts[::2]):
            raise UnreadablePdf("a dictionary is made of names and values")
        return cls(tuple(zip(parts[::2], parts[1::2], strict=True)))

    def get(self, name: bytes) -> bytes | None:
        """Return the value of a key, the last where it stands twice."""
        return next((value for key, value in reversed(self.entries) if name_in(key) == name), None)

    def with_entry(self, name: bytes, value: bytes) -> "Dictionary":
        """Return it with this value at the key's place, or behind the others."""
        if self.get(name) is None:
            return Dictionary((*self.entries, (name, value)))
        return Dictionary(tuple((key, value if name_in(key) == name else old) for key, old in self.entries))

    def without(self, *names: bytes) -> "Dictionary":
        """Return it without these keys."""
        return Dictionary(tuple(entry for entry in self.entries if name_in(entry[0]) not in names))

    def to_bytes(self) -> bytes:
        """Write it."""
        return b"<<%b>>" % self.inner()

    def inner(self) -> bytes:
        """Write the entries without brackets."""
        return b" ".join(b"%b %b" % entry for entry in self.entries)
