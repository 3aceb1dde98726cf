"""PDF objects as Python values (ISO 32000-2 §7.3), read strictly: what is not plain syntax raises ValueError.

A name is a Name, an indirect reference a Reference, a string `bytes`, a dictionary a dict with the names'
text as keys, a stream a Stream. An entry that is null is left out, for it says the same as none (§7.3.7).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from mmap import mmap
from typing import Any, NamedTuple

from worker.verification.pades.filters import inflate, undo_predictor
from worker.verification.pades.strings import from_hex, read_string

Buffer = bytes | mmap
Value = Any
"""None, bool, int, float, bytes, Name, Reference, list, dict or Stream."""

BLANK = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])*"
_END = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"
_TOKEN = re.compile(
    BLANK
    + rb"(?:(?P<reference>(\d+)[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]+R%b)|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)%b)"
    % (_END, _END)
    + rb"|/(?P<name>[^\0\t\n\f\r ()<>\[\]{}/%]*)|(?P<dictionary><<)|(?P<close>>>|\])|(?P<array>\[)"
    + rb"|<(?P<hex>[0-9A-Fa-f\0\t\n\f\r ]*)>|\((?P<plain>[^()\\\r]*)\)|(?P<string>\()|(?P<word>true|false|null)%b)"
    % _END
)
# An offset may point at the white space before an object: a well-known printer driver counts so.
_HEADER = re.compile(rb"[\0\t\n\f\r ]*(\d+)[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]+obj" + _END)
_STREAM = re.compile(BLANK + rb"stream(?:\r\n|\n)")
_ENDSTREAM = re.compile(rb"[\t\n\f\r ]*endstream" + _END)
_ENDOBJ = re.compile(BLANK + rb"endobj" + _END)
Resolve = Callable[[Value], Value]
_WORDS = {b"true": True, b"false": False, b"null": None}
_MAX_DEPTH = 40


class Name(str):
    """A name object, without its slash."""

    __slots__ = ()


class Reference(NamedTuple):
    """An indirect reference."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream object: its dictionary, and its bytes as they stand in the file."""

    entries: Mapping[str, Value]
    encoded: bytes = field(repr=False)

    def decode(self) -> bytes:
        """The bytes behind `/FlateDecode` and its predictor, or as they stand. Raises ValueError for other filters."""
        stated = (self.entries.get(key) for key in ("Filter", "DecodeParms"))
        # One filter may stand by itself instead of in an array (§7.3.8.2, table 5).
        filters, parameters = (one if isinstance(one, list) else [] if one is None else [one] for one in stated)
        if not filters:
            return self.encoded
        if filters != [Name("FlateDecode")] or len(parameters) > 1:
            raise ValueError(f"a stream has the filters {filters}")
        return undo_predictor(inflate(self.encoded), parameters[0] or {} if parameters else {})


def as_it_is(value: Value) -> Value:
    """Resolve nothing."""
    return value


def read_value(content: Buffer, position: int) -> tuple[Value, int]:
    """Read one direct object; gives it and the offset behind it. Raises ValueError."""
    return _value(content, _token(content, position), 0)


def read_indirect(content: Buffer, position: int, resolve: Resolve = as_it_is) -> tuple[Reference, Value, int]:
    """Read one whole `n g obj … endobj` that begins exactly here; gives the offset behind it too. Raises ValueError.

    `resolve` is asked for a stream's length that stands in another object.
    """
    reference, begin = read_header(content, position)
    value, end = read_body(content, begin, resolve)
    return reference, value, end


def read_header(content: Buffer, position: int) -> tuple[Reference, int]:
    """Read the `n g obj` that begins exactly here; gives the offset behind it too. Raises ValueError."""
    header = _HEADER.match(content, position)
    if header is None:
        raise ValueError(f"no indirect object begins at {position}")
    return Reference(int(header[1]), int(header[2])), header.end()


def read_body(content: Buffer, position: int, resolve: Resolve = as_it_is) -> tuple[Value, int]:
    """Read what follows `n g obj`, up to and including `endobj`; gives the offset behind it. Raises ValueError."""
    value, position = read_value(content, position)
    if isinstance(value, dict) and (begin := _STREAM.match(content, position)):
        start, length = begin.end(), resolve(value.get("Length"))
        behind = _ENDSTREAM.match(content, start + length) if isinstance(length, int) else None
        if behind is None:
            raise ValueError(f"the stream at {start} has no sound length")
        value, position = Stream(value, content[start : start + int(length or 0)]), behind.end()
    end = _ENDOBJ.match(content, position)
    if end is None:
        raise ValueError(f"the object before {position} does not end")
    return value, end.end()


def _token(content: Buffer, position: int) -> re.Match[bytes]:
    token = _TOKEN.match(content, position)
    if token is None:
        raise ValueError(f"no PDF object stands at {position}")
    return token


def _value(content: Buffer, token: re.Match[bytes], depth: int) -> tuple[Value, int]:
    kind, end = token.lastgroup, token.end()
    if kind in _SCALARS:
        return _SCALARS[kind](token), end
    if kind == "dictionary":
        return _dictionary(content, end, depth + 1)
    if kind == "array":
        return _items(content, end, depth + 1, b"]")
    if kind == "string":
        return read_string(content, end)
    raise ValueError(f"something ends at {end} that never began")


@lru_cache(maxsize=1024)
def _name(text: bytes) -> Name:
    if b"#" in text:
        text = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes.fromhex(code[1].decode()), text)
    return Name(text.decode("latin-1"))


_SCALARS: dict[str | None, Callable[[re.Match[bytes]], Value]] = {
    "reference": lambda token: Reference(int(token[2]), int(token[3])),
    "number": lambda token: (float if b"." in token["number"] else int)(token["number"]),
    "name": lambda token: _name(token["name"]),
    "hex": lambda token: from_hex(token["hex"]),
    "plain": lambda token: token["plain"],
    "word": lambda token: _WORDS[token["word"]],
}


def _dictionary(content: Buffer, position: int, depth: int) -> tuple[dict[str, Value], int]:
    items, end = _items(content, position, depth, b">>")
    keys, values = items[::2], items[1::2]
    if len(items) % 2 or not all(type(key) is Name for key in keys):
        raise ValueError(f"the dictionary at {position} is malformed")
    if len(set(keys)) != len(keys):
        # A key that stands twice says the same twice: readers differ in which of two values they take (§7.3.7).
        first: dict[Name, Value] = {}
        for key, value in zip(keys, values, strict=True):
            if repr(first.setdefault(key, value)) != repr(value):
                raise ValueError(f"a dictionary says two things of {key}")
    return {key: value for key, value in zip(keys, values, strict=True) if value is not None}, end


def _items(content: Buffer, position: int, depth: int, closing: bytes) -> tuple[list[Value], int]:
    if depth > _MAX_DEPTH:
        raise ValueError(f"objects are nested too deeply at {position}")
    items: list[Value] = []
    while (token := _token(content, position)).lastgroup != "close":
        item, position = _value(content, token, depth)
        items.append(item)
    if token["close"] != closing:
        raise ValueError(f"brackets at {position} do not fit")
    return items, token.end()
