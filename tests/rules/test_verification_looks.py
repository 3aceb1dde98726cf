"""What looks like an object is counted by words, and comes out as one that reads every byte would count it."""

import re
from mmap import mmap

from hypothesis import given
from hypothesis import strategies as st

from worker.verification.pades.looks import count_objects
from worker.verification.pades.original import Original

_PIECES = [b"1", b"23", b" ", b"\n", b"\0", b"obj", b"objx", b"obj<", b" 0 obj ", b"endobj", b"x", b" " * 70, b"5" * 70]
_OBJECT = re.compile(rb"(?<![0-9])[0-9]+[\0\t\n\f\r ]+[0-9]+[\0\t\n\f\r ]+obj(?![^\0\t\n\f\r ()<>\[\]{}/%])")

texts = st.lists(st.sampled_from(_PIECES), max_size=14).map(b"".join)


@given(texts, st.integers(0, 80))
def test_objects_are_counted_as_by_reading_every_byte(text: bytes, begin: int) -> None:
    assert count_objects(text, begin) == sum(1 for _ in _OBJECT.finditer(text, min(begin, len(text))))


def mentions(text: bytes, number: int) -> bool:
    body = b"%PDF-1.4\n" + text
    end = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    with mmap(-1, len(body + end)) as content:
        content[:] = body + end
        return Original(content).mentions([number])


@given(
    st.sampled_from([b"[", b" ", b"\n", b"/Kids [7 0 R ", b"x" * 30, b" " * 70]),
    st.sampled_from([b" ", b"\n", b"\r\n", b"\0", b" " * 30, b" % 5\n", b" % 5\n\r", b" %" + b"a" * 90 + b" 5\n"]),
    st.sampled_from([b" ", b"\n", b"%\n"]),
)
def test_a_reference_is_seen_however_it_is_spaced(before: bytes, first: bytes, second: bytes) -> None:
    text = before + b"12" + first + b"0" + second + b"R >> "
    assert mentions(text, 12)
    if b"%" not in text:
        assert not mentions(text.replace(b"12", b"312"), 12)
