"""What no seal could be judged on is refused before anybody is asked; everything else, however odd, is delivered."""

from pathlib import Path

import pytest

from jobs.model.reasons import Reason
from tests.contracts.test_preflight_promise import deliver
from tests.support.handwritten import a_stream, an_invoice, deflated, write, write_packed
from tests.support.preflight import reason_against

WIDGET = b"<</FT /Tx /T (a) /Subtype /Widget /Rect [0 0 9 9] /P 3 0 R>>"
LEFT, REST = {4: an_invoice()[4]}, {number: text for number, text in an_invoice().items() if number != 4}


def with_outline(between: bytes, entries: bytes = b"") -> bytes:
    """A document whose object stream has this behind each pair of its outline (ISO 32000-2 §7.5.7)."""
    texts = list(REST.values())
    places = [sum(len(text) + 1 for text in texts[:at]) for at in range(len(texts))]
    outline = b"".join(b"%d %d%b" % (*pair, between) for pair in zip(REST, places, strict=True))
    entries += b"/Type /ObjStm /N %d /First %d" % (len(texts), len(outline))
    return write_packed(LEFT, REST, stream=deflated(outline + b" ".join(texts), entries))


ODD = {
    "comments in the outline of an object stream": with_outline(b" %object\n"),
    "line breaks in the outline of an object stream": with_outline(b"\r\n"),
    "an object stream that extends another": with_outline(b" ", b"/Extends 4 0 R "),
    "an extension in an object of its own": write(
        an_invoice(catalogue=b"/Extensions 6 0 R", more={6: b"<</ADBE 7 0 R>>", 7: b"<</BaseVersion /1.7>>"})
    ),
    "thirty thousand annotations": write(
        an_invoice(page=b"/Annots [%b]" % (b"6 0 R " * 30_000), more={6: b"<</Subtype /Link /Rect [0 0 1 1]>>"})
    ),
    "one list of fields and annotations": write(
        an_invoice(catalogue=b"/AcroForm <</Fields 6 0 R>>", page=b"/Annots 6 0 R", more={6: b"[7 0 R]", 7: WIDGET})
    ),
    "one key twice, with one value": write(an_invoice(page=b"/Rotate 0 /Rotate 0")),
    "one key twice, with two values": write(an_invoice(page=b"/Rotate 0 /Rotate 90")),
    "metadata that are no XML": write(
        an_invoice(catalogue=b"/Metadata 6 0 R", more={6: a_stream(b"<x", b"/Type /Metadata /Subtype /XML")})
    ),
    "entries of its own in the trailer": write(
        an_invoice(more={6: b"<<>>"}), trailer=b"/Root 1 0 R /DocChecksum /ABCDEF /Custom [6 0 R (x) <</A 1.5>>]"
    ),
    "an identifier in an object of its own": write(
        an_invoice(more={6: b"[(a) (b)]"}), trailer=b"/Root 1 0 R /ID 6 0 R"
    ),
}


@pytest.mark.parametrize("pdf", ODD.values(), ids=ODD)
def test_an_odd_document_is_refused_before_or_delivered_after(tmp_path: Path, pdf: bytes) -> None:
    reason = reason_against(pdf, tmp_path)
    assert reason in {None, Reason.TOO_COMPLEX, Reason.DAMAGED}
    assert reason or deliver(pdf, tmp_path) == "PAdES B-LT"


def test_two_values_of_one_key_are_never_sealed(tmp_path: Path) -> None:
    assert reason_against(ODD["one key twice, with two values"], tmp_path) is not None
