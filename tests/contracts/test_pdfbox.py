"""What a library of other people seals is delivered: PDFBox, over originals of the usual kinds."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from tests.sandbox.practice import NOW, a_seal, an_invoice, the_authority
from tests.sandbox.test_pades_originals import hybrid, with_streams
from tests.sandbox.verifiers import pdfsig_report
from tests.sandbox.written import KINDS, a_page
from tests.support.pades import an_original
from tests.support.pdfbox import running_pdfbox, seal_with_pdfbox
from tests.support.programs import run
from worker.verification.pair import judge_pair

CONFORMING = (
    b" /MarkInfo <</Marked true>> /Metadata 5 0 R /OutputIntents [<</Type /OutputIntent /S /GTS_PDFA1"
    b" /OutputConditionIdentifier (sRGB)>>]"
)
METADATA = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><?xpacket end="w"?>'
ORIGINALS = {
    "plain": an_invoice(),
    "with metadata": an_original(),
    "cross-reference stream": with_streams(an_invoice()),
    "hybrid": hybrid(an_invoice()),
    "form": KINDS["form that needs appearances"],
    "text in UTF-16": KINDS["text in UTF-16"],
    "marks of PDF/A": a_page(
        CONFORMING,
        b"",
        b"<</Type /Metadata /Subtype /XML /Length %d>>\nstream\n%b\nendstream" % (len(METADATA), METADATA),
    ),
}
EVERY_ORIGINAL = pytest.mark.parametrize("name", ORIGINALS)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with `original.pdf` and `sealed.pdf`, all made by one Java machine."""
    made = {name: tmp_path_factory.mktemp("pdfbox") for name in ORIGINALS}
    with running_pdfbox() as box:
        for name, original in ORIGINALS.items():
            (made[name] / "original.pdf").write_bytes(original)
            seal_with_pdfbox(box, made[name], a_seal(), the_authority(), NOW)
    return made


@EVERY_ORIGINAL
def test_what_pdfbox_seals_is_what_was_approved(folders: dict[str, Path], name: str) -> None:
    original, sealed = (folders[name] / f"{which}.pdf" for which in ("original", "sealed"))
    anchors = [the_authority().root.certificate]
    proof = judge_pair(original, sealed, anchors=anchors, now=NOW + timedelta(minutes=1))
    assert proof.level_name == "PAdES B-LT"


@EVERY_ORIGINAL
def test_what_pdfbox_seals_is_sound_in_other_eyes(folders: dict[str, Path], name: str, tmp_path: Path) -> None:
    sealed = folders[name] / "sealed.pdf"
    checked = run("qpdf", "--check", sealed)
    # In files with cross-reference streams PDFBox 1.8 counts one object too many, which nobody minds.
    warnings = [line for line in checked.stdout.splitlines() if "WARNING" in line]
    assert all("reported number of objects" in warning for warning in warnings), warnings
    assert "Signature is Valid" in pdfsig_report(sealed.read_bytes(), tmp_path)
    with pikepdf.open(BytesIO(sealed.read_bytes())) as pdf:
        assert len(pdf.Root.DSS.Certs) == 5
