"""When two simple values of a PDF mean the same, however they are spelled."""

from decimal import Decimal
from math import isclose

from pikepdf import Array, Dictionary, Stream, String

_SINGLE_PRECISION = 2**-23
"""Relative rounding of a real in a writer that keeps 32 bits, as readers may too (ISO 32000-2 annex C.2)."""
_TEXT = frozenset(
    {"Lang", "Title", "Contents", "T", "TU", "TM", "V", "DV", "Alt", "ActualText", "E", "P", "Desc", "UF", "F", "Subj"}
    | {"RC", "CA", "RCA", "Name", "Reason", "Location", "ContactInfo", "NM", "Opt", "Info", "OutputCondition"}
    | {"OutputConditionIdentifier", "RegistryName", "Author", "Subject", "Keywords"}
)
"""Keys whose strings are text, so that PDFDocEncoding, UTF-16 and UTF-8 can say the same (§7.9.2.2); all other strings
are bytes, as the colours of an indexed space are."""

INHERITABLE = {"/Resources": Dictionary(), "/MediaBox": None, "/CropBox": None, "/Rotate": 0}
"""Keys of a page that its ancestors may state, with their default (§7.7.3.4)."""
_MAX_DEPTH = 100


def is_same_value(old: object, new: object, path: str) -> bool:
    """Whether two simple values mean the same; null is nothing (§7.3.9), 1 is 1.0 (§7.3.3).

    `path` is the way to them, as `/Root/Lang`: its last key tells whether a string is text.
    """
    if isinstance(old, String) and isinstance(new, String):
        # Places in arrays are no keys.
        key = next((part for part in reversed(path.split("/")) if part and not part.isdigit()), "")
        return is_same_text(old, new) if key in _TEXT else bytes(old) == bytes(new)
    numbers = (int, Decimal)
    if isinstance(old, bool) or isinstance(new, bool) or not (isinstance(old, numbers) and isinstance(new, numbers)):
        return type(old) is type(new) and not isinstance(old, Array | Dictionary | Stream) and bool(old == new)
    return old == new or isclose(old, new, rel_tol=_SINGLE_PRECISION)


def is_same_text(one: object, other: object) -> bool:
    """Whether two strings are the same bytes, or the same text in another encoding (ISO 32000-2 §7.9.2.2)."""
    if not (isinstance(one, String) and isinstance(other, String)):
        return type(one) is type(other) and one == other
    if bytes(one) == bytes(other):
        return True
    text = str(one)
    return "\ufffd" not in text and text == str(other)


def effective_value(page: Dictionary, key: str) -> object:
    """What a page says by an inheritable key, or its ancestors for it, or the default."""
    node: object = page
    for _ in range(_MAX_DEPTH):
        if not isinstance(node, Dictionary):
            break
        if key in node:
            return node.get(key)
        node = node.get("/Parent")
    return INHERITABLE[key]
