"""Files of other writers that went wrong once, where they are at hand; each kind has a test of its own elsewhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from sandbox import pades as practice
from tests.support.pki import NOON, the_authority, the_seal
from worker.verification.inspected import ReadingPath
from worker.verification.pair import judge_pair, judge_revisions

CASES = Path(__file__).parents[3] / "shared" / "cases"
NOW = datetime(2026, 11, 28, 23, tzinfo=UTC)
SEALED = {
    "h-dss-rev-version-17": "PAdES B-LT",
    "itext-plain-stream": "PAdES B-LT",
    "itext2-table": "PAdES B-LT",
    "pyhanko-lta-table": "PAdES B-LTA",
}
HOSTILE = ("dangling-overlay", "o-full-page-appearance-of-the-seal")
STRUCTURES = {"hybrid": "hybrid-sealed-by-pdfbox", "classic": "classic-sealed-with-indirect-length"}
NOT_TO_BE_SEALED = {"signed-before-locks-all-fields"}

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the collection of cases is not beside this repository")


def pair(kind: str, name: str) -> tuple[Path, Path]:
    return CASES / kind / f"{name}.original.pdf", CASES / kind / f"{name}.pdf"


def anchors() -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((CASES / "sealed" / "root.pem").read_bytes())


def originals() -> list[Path]:
    found = sorted((CASES / "pdf").glob("*.pdf")) if CASES.is_dir() else []
    return [one for one in found if one.stem not in NOT_TO_BE_SEALED]


@pytest.mark.parametrize("name", SEALED)
def test_what_another_writer_sealed_is_sound(name: str) -> None:
    assert judge_pair(*pair("sealed", name), anchors=anchors(), now=NOW).level_name == SEALED[name]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_hostile_writer_sealed_is_altered(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        judge_pair(*pair("hostile", name), anchors=anchors(), now=NOW)
    assert caught.value.reason is Reason.NOT_VERIFIED


@pytest.mark.parametrize("original", STRUCTURES)
def test_the_structure_that_another_writer_made_is_sound(original: str) -> None:
    paths: list[ReadingPath] = []
    folder = CASES / "pdf"
    judge_revisions(folder / f"{original}.pdf", folder / f"{STRUCTURES[original]}.pdf", observe=paths.append)
    assert paths == [ReadingPath.FAST]


@pytest.mark.parametrize("original", originals(), ids=lambda path: path.stem)
def test_what_is_right_to_seal_is_sound_after_sealing(tmp_path: Path, original: Path) -> None:
    seal, authority, sealed = the_seal(), the_authority(), tmp_path / "sealed.pdf"
    prepared = practice.prepare(original.read_bytes(), seal.certificate_der, authority.chain, NOON)
    value = seal.sign_digest(prepared.digest)
    sealed.write_bytes(practice.finish(prepared, value, authority, seal.certificate, NOON))
    proof = judge_pair(original, sealed, anchors=[authority.root.certificate], now=NOON)
    assert proof.level_name == "PAdES B-LT"
