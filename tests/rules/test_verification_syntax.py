"""PDF syntax is read as other people's libraries write it, and nothing unsound is read at all."""

import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic

from worker.verification.pades.crossref import Packed, Placed, read_section
from worker.verification.pades.syntax import Name, Reference, Stream, Value, read_indirect, read_value

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**9), max_value=10**9),
    st.binary(max_size=20),
    NAMES.map(Name),
    st.builds(Reference, st.integers(1, 9999), st.just(0)),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)


def foreign(value: Value) -> generic.PdfObject:  # noqa: PLR0911 - one line for each kind of object
    """The value as pyHanko has it."""
    match value:
        case None:
            return generic.NullObject()
        case bool():
            return generic.BooleanObject(value)  # type: ignore[no-untyped-call]
        case int():
            return generic.NumberObject(value)  # type: ignore[no-untyped-call]
        case bytes():
            return generic.ByteStringObject(value)
        case Name():
            return generic.NameObject(f"/{value}")
        case Reference():
            return generic.IndirectObject(value.number, value.generation, None)  # type: ignore[no-untyped-call]
        case list():
            return generic.ArrayObject(foreign(item) for item in value)
    return generic.DictionaryObject({generic.NameObject(f"/{key}"): foreign(item) for key, item in value.items()})  # type: ignore[no-untyped-call]


def without_nulls(value: Value) -> Value:
    """The value without entries that are null, which say the same as none (ISO 32000-2 §7.3.7)."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@given(VALUES)
def test_what_another_library_writes_is_read_back(value: Value) -> None:
    written = BytesIO()
    foreign(value).write_to_stream(written, None)
    content = written.getvalue()
    assert read_value(content + b"\n", 0) == (without_nulls(value), len(content))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            rb"(a\(b\) (c) \101\n\
d)",
            b"a(b) (c) A\nd",
        ),
        (b"<48 65 6>", b"He`"),
        (b"/A#20B", Name("A B")),
        (b"[1 0 R 2 .5 -3.]", [Reference(1, 0), 2, 0.5, -3.0]),
        (b"<</A%comment\n1/B[]>>", {"A": 1, "B": []}),
    ],
)
def test_the_corners_of_the_syntax_are_known(text: bytes, value: Value) -> None:
    assert read_value(text, 0)[0] == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<</A 1",
        b"[1 2",
        b"]",
        b"<</A>>",
        b"<</A 1/A 2>>",
        b"<<1 2>>",
        b"[1>>",
        b"(a",
        b"12x",
        b"[" * 1000,
        b"nul",
    ],
)
def test_unsound_syntax_is_no_value(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_value(text, 0)


def test_a_stream_has_the_length_it_says() -> None:
    reference, stream, _ = read_indirect(b"7 0 obj\n<</Length 3>>\nstream\nabc\nendstream\nendobj\n", 0)
    assert (reference, stream) == (Reference(7, 0), Stream({"Length": 3}, b"abc"))
    with pytest.raises(ValueError, match="sound length"):
        read_indirect(b"7 0 obj\n<</Length 2>>\nstream\nabc\nendstream\nendobj\n", 0)


def test_a_stream_that_inflates_without_end_is_refused() -> None:
    bomb = zlib.compress(bytes(60_000_000))
    with pytest.raises(ValueError, match="too large"):
        Stream({"Filter": Name("FlateDecode")}, bomb).decode()


def test_a_table_tells_where_objects_are() -> None:
    entries = b"0 1\n0000000000 65535 f \n4 2\n0000000010 00000 n \n0000000020 00001 n \n"
    table = b"xref\n" + entries + b"trailer\n<</Size 6/Root 4 0 R>>"
    section = read_section(table, 0)
    assert section.places == {4: (10, 0), 5: (20, 1)}
    assert (section.freed, section.trailer["Root"], section.end) == (frozenset(), Reference(4, 0), len(table))


def test_a_hybrid_file_frees_only_what_its_stream_does_not_know() -> None:
    rows = b"\x02\x00\x09\x00" + b"\x00\x00\x00\x01"
    stream = b"8 0 obj\n<</Type/XRef/W[1 2 1]/Index[5 2]/Size 9/Length 8>>\nstream\n" + rows + b"\nendstream\nendobj\n"
    table = b"xref\n4 3\n0000000010 00000 n \n0000000000 00000 f \n0000000000 00000 f \ntrailer\n<</Size 9/XRefStm 0>>"
    section = read_section(stream + table, len(stream))
    assert (section.places, section.freed) == ({4: Placed(10, 0), 5: Packed(9, 0)}, frozenset({6}))
    assert section.begins == (0, len(stream))


@pytest.mark.parametrize(
    "table", [b"xref\n0 1\n000 0 f\ntrailer\n<<>>", b"xref\n0 1\n", b"startxref", b"xref\ntrailer\n1"]
)
def test_a_malformed_table_is_refused(table: bytes) -> None:
    with pytest.raises((ValueError, AttributeError, TypeError), match=r"."):
        read_section(table, 0)
