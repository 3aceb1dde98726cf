"""What whoever handed a document in says about it: carried along, shown to people, never judged by.

It comes as JSON (RFC 8259): one object with the fields of `Metadata`. Everything in it is somebody else's: what cannot
be shown on one line of a page, or carried exactly, is refused with a sentence that says what to change.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import reduce
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from jobs.model.frozen import Frozen
from jobs.model.text import Text, Written

LONGEST_METADATA = 1 << 16
"""Bytes of JSON that are read; what is longer is no metadata."""
_MOST_CARRIED = 8192
"""Bytes that it may have in a record: a hundred documents stand in one."""
_FARTHEST = 30
"""Places before or behind the point beyond which a number is no sum of anything."""
_NAMED = 60
"""Characters of somebody's own name for a thing that an error repeats."""
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the writing around (Unicode UAX 9 §2): a sum could be shown as another one."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SUM = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class MetadataUse(StrEnum):
    """Whether documents of a route come with metadata."""

    OPTIONAL = "optional"
    """A sidecar is taken with its document, where there is one."""
    REQUIRED = "required"
    """A document without it is not sealed."""
    IGNORE = "ignore"
    """There are no sidecars: a JSON file is a file like any other."""


class BadMetadata(ValueError):
    """It is no metadata that can be carried; `why` says what to change."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _write_plainly(value: object) -> object:
    """A number as text without an exponent, true and false as JSON writes them; text as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Decimal):
        return _plain_number(Decimal(value))
    if not isinstance(value, str):
        raise ValueError(Text("is a list or an object; only one line of text, or a number, can be carried"))  # noqa: TRY004
    return unicodedata.normalize("NFC", value)


def _require_one_line(text: str) -> str:
    for letter in text:
        if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} or letter in _BIDI:
            raise ValueError(
                Text("holds U+{code}, which cannot be shown on one line of plain text", code=format(ord(letter), "04X"))
            )
    return text


def _read_sum(value: object) -> object:
    if isinstance(value, str) and not _SUM.fullmatch(value):
        raise ValueError(Text("is no sum; write it as 1234.50, with a point and without blanks"))
    if isinstance(value, bool | float):
        raise ValueError(Text("is no sum; write it as 1234.50"))  # noqa: TRY004  a ValidationError is made of it
    return Decimal(_plain_number(value)) if isinstance(value, Decimal) else value


def _read_date(value: object) -> object:
    # A number would be taken for seconds, and a moment for a day.
    if not isinstance(value, date) and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError(Text("is no date; write it as 2026-11-28"))
    return value


def _plain_number(number: Decimal) -> str:
    if not number.is_finite() or abs(number.adjusted()) > _FARTHEST:
        raise ValueError(Text("is too large or too small a number"))
    return f"{number:f}"


AWord = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    BeforeValidator(_write_plainly),
    AfterValidator(_require_one_line),
]
"""One line of text, as long as a page can show."""


class Metadata(Frozen):
    """What is known of one document besides the document. All of it may be missing.

    `total` is the sum that it is about, in `currency` (ISO 4217); `other` is anything else, by name.
    """

    number: AWord | None = None
    issued_on: Annotated[date, BeforeValidator(_read_date)] | None = None
    total: Annotated[Decimal, BeforeValidator(_read_sum), Field(max_digits=18, decimal_places=4)] | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    customer: AWord | None = None
    sender: AWord | None = None
    reference: AWord | None = None
    other: Mapping[AWord, AWord] = Field(default_factory=dict, max_length=50)

    def __hash__(self) -> int:
        """Equal values have equal hashes, though a mapping alone has none."""
        return hash((self.number, self.issued_on, self.total, self.reference, frozenset(self.other.items())))

    @model_validator(mode="after")
    def _is_small(self) -> Self:
        size = len(self.model_dump_json().encode())
        if size > _MOST_CARRIED:
            raise ValueError(
                Text(
                    "all of it together has {size} bytes; at most {most} can be carried", size=size, most=_MOST_CARRIED
                )
            )
        return self


def read_metadata(content: bytes) -> Metadata:
    """Read JSON as it came. Numbers are taken exactly as they are written. Raises BadMetadata."""
    if len(content) > LONGEST_METADATA:
        raise BadMetadata(Text("it has more than {most} bytes", most=LONGEST_METADATA))
    try:
        text = content.decode("utf-8-sig")
        # The depth is bounded by Python, and nothing that is nested passes the fields.
        value = json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_read_object,
        )
    except UnicodeDecodeError:
        raise BadMetadata(Text("it is no text in UTF-8")) from None
    except BadMetadata:
        raise
    except RecursionError:
        raise BadMetadata(Text("it is nested too deep")) from None
    except InvalidOperation:
        raise BadMetadata(Text("it holds a number that is too large or too small")) from None
    except ValueError as error:
        raise BadMetadata(Text("it is no JSON: {error}", error=error)) from None
    if not isinstance(value, dict):
        raise BadMetadata(Text("it is JSON, but no object in curly brackets"))
    return _make(value)


def read_pairs(pairs: Iterable[tuple[str, str]]) -> Metadata:
    """Read what stands in pairs of a name and a value: fields by their names, all else becomes `other`.

    Raises BadMetadata.
    """
    fields: dict[str, Any] = {}
    other: dict[str, str] = {}
    for name, value in pairs:
        known = fields if name in Metadata.model_fields and name != "other" else other
        if name in known:
            raise BadMetadata(Text("{name} is given twice", name=_quote(name)))
        known[name] = value
    return _make({**fields, "other": other})


def _make(fields: Mapping[str, Any]) -> Metadata:
    try:
        # What is null is not known, wherever it stands.
        known = {name: value for name, value in fields.items() if value is not None}
        if isinstance(other := known.get("other"), dict):
            known["other"] = {name: value for name, value in other.items() if value is not None}
        return Metadata.model_validate(known)
    except ValidationError as error:
        faults = map(_explain, error.errors(include_url=False)[:5])
        raise BadMetadata(reduce(lambda one, other: Text("{one}; {other}", one=one, other=other), faults)) from None


def _explain(error: Any) -> str:
    where = " in ".join(_quote(str(part)) for part in reversed(error["loc"]) if part != "[key]")
    match error["type"]:
        case "extra_forbidden":
            return Text("there is no field {name}: put it into `other`, or leave it out", name=where)
        case "string_pattern_mismatch":
            return Text("{name} is no currency; write three capital letters, as EUR", name=where)
        case "dict_type" | "mapping_type":
            return Text("{name} must be an object of names with one line of text each", name=where)
        case _:
            said = error["ctx"]["error"].args[0] if error["type"] == "value_error" else Written(error["msg"])
            return Text("the field {name}: {fault}", name=where, fault=said) if where else said


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse what stands twice: readers differ in which of the two counts (RFC 8259 §4)."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadMetadata(Text("{name} stands in it twice", name=_quote(name)))
        found[name] = value
    return found


def _refuse_constant(name: str) -> None:
    raise BadMetadata(Text("{name} is no number in JSON", name=name))


def _quote(name: str) -> str:
    """A name for people, with what cannot be shown escaped."""
    return repr(name[:_NAMED])
