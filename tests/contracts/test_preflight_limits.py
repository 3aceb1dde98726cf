"""A hostile file is refused in little memory and little time, however much it would unpack to."""

import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.model.reasons import Reason
from tests.support.bombs import MEGABYTE, a_bomb
from tests.support.handwritten import an_invoice, write, write_packed
from tests.support.preflight import reason_against
from worker.verification.pades.preflight.packed import MAX_STREAM, MAX_UNPACKED

FULL = MAX_UNPACKED // MEGABYTE
LEFT, REST = {4: an_invoice()[4]}, {number: text for number, text in an_invoice().items() if number != 4}


def a_stream_of(packed: bytes, entries: bytes) -> bytes:
    return b"<<%b /Length %d>>\nstream\n%b\nendstream" % (entries, len(packed), packed)


OBJECTS, FLATE = b"/Type /ObjStm /N 5 /First 30 ", b"/Filter /FlateDecode "


def with_stream(packed: bytes, entries: bytes) -> bytes:
    """A document with one more stream, which nothing refers to."""
    return write({**an_invoice(), 6: a_stream_of(packed, entries)})


BOMBS: dict[str, Callable[[], bytes]] = {
    "a stream of objects": lambda: with_stream(a_bomb(MAX_STREAM // MEGABYTE + 1), OBJECTS + FLATE),
    "a stream of objects that the document needs": lambda: write_packed(
        LEFT, REST, stream=a_stream_of(a_bomb(FULL + 1), OBJECTS + FLATE)
    ),
    "many streams of objects": lambda: write(
        {**an_invoice(), **dict.fromkeys(range(6, 12), a_stream_of(a_bomb(FULL // 6 + 1), OBJECTS + FLATE))}
    ),
    "a stream of cross-references": lambda: with_stream(a_bomb(FULL + 1), b"/Type /XRef /W [1 4 1] /Size 9 " + FLATE),
    "a stream packed twice": lambda: with_stream(
        zlib.compress(a_bomb(300)), OBJECTS + b"/Filter [/FlateDecode /FlateDecode]"
    ),
    "a stream in disguise": lambda: with_stream(a_bomb(FULL + 1), OBJECTS.replace(b"ObjStm", b"Obj#53tm") + FLATE),
    "a stream that is packed in an unusual way": lambda: with_stream(b"80", OBJECTS + b"/Filter /RunLengthDecode"),
}

HOSTILE: dict[str, Callable[[], bytes]] = {
    "arrays in arrays": lambda: write(an_invoice(catalogue=b"/Names " + b"[" * 100_000 + b"]" * 100_000)),
    "dictionaries in dictionaries": lambda: write(an_invoice(page=b"/Annots " + b"<</A " * 100_000 + b">>" * 100_000)),
    "an array without end": lambda: write(an_invoice(page=b"/Annots " + b"[" * 500_000)),
    "a page of numbers": lambda: write({**an_invoice(), 3: b"[%b]" % (b"0 " * 200_000)}),
    "a page of empty dictionaries": lambda: write({**an_invoice(), 3: b"[%b]" % (b"<<>>" * 100_000)}),
    "a number of many digits": lambda: write(an_invoice(page=b"/Rotate %b" % (b"1" * 500_000))),
    "a string of opening brackets": lambda: write(an_invoice(page=b"/Lang %b" % (b"(" * 500_000))),
    "a comment without end": lambda: write(an_invoice(page=b"%" * 500_000)),
    "halves of references": lambda: write(an_invoice(page=b"/Annots [%b" % (b"1 0 %" * 100_000))),
    "letters R": lambda: write(an_invoice(page=b"/Annots [%b" % (b"\n R" * 100_000))),
    "a page that is there again and again": lambda: write(
        {**an_invoice(), 2: b"<</Kids [%b] /Count 100000>>" % (b"3 0 R " * 100_000)}
    ),
    "fields that multiply": lambda: write(
        an_invoice(
            catalogue=b"/AcroForm <</Fields [6 0 R]>>",
            more={n: b"<</T (a) /Kids [%b]>>" % (b"%d 0 R " % (n + 1) * (10 * (n < 70))) for n in range(6, 71)},
        )
    ),
    "a size beyond all numbers": lambda: write(an_invoice(), size=2_000_000_000),
}
SPARE = 150 * MEGABYTE
JUDGE_ALL = f"""
import json, resource, sys
from pathlib import Path
from jobs.model.errors import Rejected
from worker.inbox.inspection import inspect
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + {SPARE}
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
refusals = []
for path in map(Path, sys.argv[1:]):
    try:
        inspect(path, path.stat().st_size, None)
        refusals.append(("accepted", ""))
    except Rejected as error:
        refusals.append((error.reason, error.detail))
print(json.dumps(refusals))
"""


@pytest.mark.parametrize("pdf", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_a_reader_could_lose_itself_in_is_refused(tmp_path: Path, pdf: Callable[[], bytes]) -> None:
    assert reason_against(pdf(), tmp_path) in {Reason.DAMAGED, Reason.TOO_COMPLEX}


def test_what_fills_its_budget_to_the_last_byte_is_accepted(tmp_path: Path) -> None:
    pdf = with_stream(a_bomb(MAX_STREAM // MEGABYTE), OBJECTS + FLATE)
    assert reason_against(pdf, tmp_path) is None


def test_a_file_that_unpacks_to_too_much_is_too_complex_and_costs_no_memory(tmp_path: Path) -> None:
    """The process may grow by 150 megabytes, and refuses none of them because that was too little."""
    paths = {tmp_path / f"{number}.pdf": name for number, name in enumerate(BOMBS)}
    for path, name in paths.items():
        path.write_bytes(BOMBS[name]())
    done = subprocess.run([sys.executable, "-c", JUDGE_ALL, *paths], capture_output=True, text=True, check=True)
    refusals = dict(zip(BOMBS, json.loads(done.stdout), strict=True))
    assert {name for name, (reason, _) in refusals.items() if reason == Reason.TOO_COMPLEX} == BOMBS.keys()
    assert not [detail for _, detail in refusals.values() if "memory" in detail]
