"""The rehearsal with another hand of the practice vendor: an honest one delivers everything, a hostile one nothing.

Every hand seals every kind of document in tests/contracts/test_hostile_vendor.py.
"""

from pathlib import Path

import pytest

from sandbox.variants.signapi import PdfWriter
from sandbox.weather.acts import HostileAct
from tests.sandbox.practice import an_invoice
from tests.sandbox.test_pades_originals import ORIGINALS, hybrid
from tests.sandbox.written import KINDS, a_page
from tests.whole.rehearsal import Rehearsals, sealed_files

WANTED = ("table", "stream", "linearized", "PDF 2.0", "form that needs appearances", "text in UTF-16")
FOLDER = {name: ORIGINALS.get(name) or KINDS[name] for name in WANTED} | {
    "hybrid": hybrid(an_invoice()),
    "one key twice": a_page(b"", b" /Rotate 0 /Rotate 0"),
}


def test_every_document_is_delivered_when_the_vendor_writes_with_another_library(
    rehearsals: Rehearsals, tmp_path: Path
) -> None:
    for name, content in FOLDER.items():
        (tmp_path / f"{name}.pdf").write_bytes(content)
    facts = rehearsals.run_alone("--from", tmp_path, "--pdf-writer", PdfWriter.REWRITING).ended.facts
    assert (facts["sealed"], facts["problems"]) == (len(FOLDER), [])


@pytest.mark.parametrize(
    ("act", "options"),
    [
        (HostileAct.PAINT, ()),
        (HostileAct.EDIT_AFTERWARDS, ("--level", "LTA")),
        (HostileAct.ADD_FILE, ("--format", "edoc")),
    ],
)
def test_nothing_of_a_hostile_vendor_is_delivered(
    act: HostileAct, options: tuple[str, ...], rehearsals: Rehearsals, tmp_path: Path
) -> None:
    weather = tmp_path / "hostile.toml"
    weather.write_text(f'[[rules]]\noperation = "{act.operation}"\nkind = "hostile"\nact = "{act}"\n')
    rehearsal = rehearsals.run_alone("--documents", "3", "--weather", weather, "--expect-quarantine", "3", *options)
    assert not sealed_files(rehearsal.outbox)
    assert not list(rehearsal.outbox.glob("*.edoc"))
