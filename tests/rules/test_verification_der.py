"""ASN.1 is read to the last byte, and nothing is found where something else should stand."""

import re

import pytest
from asn1crypto import parser
from asn1crypto.core import Integer, ObjectIdentifier, OctetString

from worker.verification.der import SEQUENCE, oid, read_element, read_elements, read_octets, read_parts

NUMBER, BYTES = Integer(5).dump(), OctetString(b"abc").dump()
SHAPE = re.compile(rb"(?P<number>\x02)(?P<bytes>\x04)?")


def test_elements_are_told_apart_and_kept_whole() -> None:
    assert [one.whole for one in read_elements(NUMBER + BYTES)] == [NUMBER, BYTES]


def test_parts_have_names_and_may_be_left_out() -> None:
    parts = read_parts(NUMBER + BYTES, SHAPE)
    assert (parts["number"].contents, parts["bytes"].contents) == (b"\x05", b"abc")
    assert "bytes" not in read_parts(NUMBER, SHAPE)


@pytest.mark.parametrize("content", [b"", BYTES, BYTES + NUMBER, NUMBER + BYTES + BYTES, NUMBER + NUMBER])
def test_parts_of_another_shape_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="something else than it should"):
        read_parts(content, SHAPE)


@pytest.mark.parametrize("content", [NUMBER[:-1], NUMBER + b"\x04", b"\x04\x05a", b"\x04\x80a\0\0"])
def test_what_is_cut_short_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_elements(content)


@pytest.mark.parametrize(
    "content",
    [
        b"\x04\x81\x03abc",
        b"\x04\x82\x01\x00" + b"a" * 256,
        b"\x04\x86\0\0\0\0\0\x03abc",
        b"\x1f\x81\x01\x03abc",
        b"\x30\x80\x02\x01\x05\0\0",
        b"\x04\0",
    ],
)
def test_lengths_and_tags_of_every_kind_are_read_as_the_library_reads_them(content: bytes) -> None:
    for text in (content, content + BYTES):
        *_, header, contents, trailer = parser.parse(text[: len(content)])
        first = read_elements(text)[0]
        assert (first.identifier, first.contents, first.whole) == (header[0], contents, header + contents + trailer)


def test_elements_without_number_are_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        read_elements(NUMBER * 300)


@pytest.mark.parametrize("content", [b"", NUMBER, NUMBER + NUMBER])
def test_another_element_than_the_only_one_asked_for_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="something else than it should"):
        read_element(content, SEQUENCE)


@pytest.mark.parametrize("content", [BYTES, b"\x24\x80\x04\x01a\x04\x01b\0\0", b"\x24\x80\0\0"])
def test_bytes_may_come_in_pieces(content: bytes) -> None:
    assert read_octets(content) == OctetString.load(content).native


@pytest.mark.parametrize(
    "content", [b"", NUMBER, BYTES + BYTES, b"\x24\x06\x04\x01a\x04\x01b", b"\x24\x80\x02\x01a\0\0"]
)
def test_what_is_no_string_of_bytes_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_octets(content)


def test_an_object_identifier_is_known_by_its_contents() -> None:
    assert oid("1.2.840.113549.1.7.2") == ObjectIdentifier("1.2.840.113549.1.7.2").dump()[2:]
