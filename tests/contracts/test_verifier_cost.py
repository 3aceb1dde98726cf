"""A sealed file that would take a machine's memory or time is one that nobody can judge, and no alarm."""

import zlib
from pathlib import Path

import pytest

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from tests.support.revisions import PAGE, ROOT, STAND_IN, UNSEEN, entry, plain_original, revise, seal, signed, stream
from worker.verification.pair import judge_revisions

HELD = 40_000_000


def deflated(level: int) -> bytes:
    """A stream of forty megabytes, packed by this writer or by that."""
    return stream(zlib.compress(bytes(HELD), level), b"/Filter/FlateDecode")


def reason_against(folder: Path, original: bytes, content: bytes) -> Reason | None:
    (folder / "original.pdf").write_bytes(original)
    (folder / "sealed.pdf").write_bytes(content)
    try:
        judge_revisions(folder / "original.pdf", folder / "sealed.pdf")
    except Rejected as error:
        return error.reason
    return None


@pytest.mark.parametrize(("count", "reason"), [(2, None), (20, Reason.CANNOT_TELL)])
def test_streams_that_were_packed_anew_are_compared_up_to_a_limit(
    tmp_path: Path, count: int, reason: Reason | None
) -> None:
    first = 9
    packed, again = deflated(9), deflated(1)
    original = plain_original({7: b"null", 8: b"null"} | dict.fromkeys(range(first, first + count), packed))
    field, signature = first + count, first + count + 1
    objects = {
        ROOT: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%d 0 R]/SigFlags 3>>>>" % field,
        PAGE: entry(PAGE, original)[:-2] + b"/Annots[%d 0 R]>>" % field,
        field: UNSEEN.replace(b"/V 8 0 R", b"/V %d 0 R" % signature),
        signature: STAND_IN,
        **dict.fromkeys(range(first, first + count), again),
    }
    assert reason_against(tmp_path, original, signed(revise(original, objects))) is reason


def test_an_object_stream_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    original = plain_original()
    content = seal(original, style="stream")
    numbers = b"0 " * (HELD // 2)
    packed = stream(zlib.compress(b"10 0 [" + numbers + b"]"), b"/Type/ObjStm/N 1/First 5/Filter/FlateDecode")
    begin = len(content)
    body = b"9 0 obj\n" + packed + b"\nendobj\n"
    rows = b"\1" + begin.to_bytes(4, "big") + bytes(2) + b"\2" + (9).to_bytes(4, "big") + bytes(2)
    previous = int(content.split()[-2])
    entries = b"/Type/XRef/W[1 4 2]/Index[9 2]/Size 12/Root 1 0 R/Info 6 0 R/Prev %d" % previous
    index = b"11 0 obj\n" + stream(rows, entries) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % (begin + len(body))
    assert reason_against(tmp_path, original, content + body + index) is Reason.CANNOT_TELL
