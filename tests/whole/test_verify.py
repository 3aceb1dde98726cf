"""`zimogs verify` at a terminal: what it says, of which signature, and how it ends."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pki.keys import KeyKind
from tests.support import asice, pades
from tests.support.asice import SEVERAL
from tests.support.bombs import MEGABYTE, a_bomb
from tests.support.pdfs import CASES
from tests.support.pki import a_seal, another_authority, the_authority, the_seal
from tests.support.xades import Recipe
from tests.whole.rehearsal import Ended, run_command

needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not on this machine")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "root.pem"
    path.write_bytes(the_authority().root.certificate.public_bytes(Encoding.PEM))
    return path


def kept(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def compare(root: Path, original: Path, sealed: Path, *options: str) -> Ended:
    return run_command("verify", "--original", original, "--trust-anchor", root, sealed, *options)


async def test_a_pdf_and_its_sealing(root: Path, tmp_path: Path) -> None:
    content = pades.an_original()
    original = kept(tmp_path, "invoice.pdf", content)
    sealed = kept(tmp_path / "outbox", "invoice.pdf", await pades.sealed(content, the_seal()))
    ended = compare(root, original, sealed)
    assert ended.code == 0, ended.output + ended.complaints
    assert "invoice.pdf is the sealing of invoice.pdf and nothing else" in ended.output


_FILLED = """
import mmap
held = mmap.mmap(-1, 2**30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
from worker.cli import main
main()
"""


def verify_filled(*options: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", _FILLED, "verify", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)


async def test_what_the_program_holds_already_is_not_what_a_file_takes(root: Path, tmp_path: Path) -> None:
    content = pades.an_original()
    original = kept(tmp_path, "invoice.pdf", content)
    sealed = kept(tmp_path / "outbox", "invoice.pdf", await pades.sealed(content, the_seal()))
    ended = await asyncio.to_thread(verify_filled, "--original", original, "--trust-anchor", root, sealed)
    assert ended.returncode == 0, ended.stderr


async def test_a_pdf_and_the_sealing_of_another(root: Path, tmp_path: Path) -> None:
    other = kept(tmp_path, "invoice.pdf", pades.an_original(packed=True))
    sealed = kept(tmp_path / "outbox", "invoice.pdf", await pades.sealed(pades.an_original(), the_seal()))
    ended = compare(root, other, sealed, "--json")
    (facts,) = ended.facts
    assert (ended.code, facts["ok"], facts["outcome"]) == (1, False, "altered")
    assert (facts["judgement"]["outcome"], facts["problems"]) == ("altered", ["it does not begin with the original"])


def test_a_file_and_its_container(root: Path, tmp_path: Path) -> None:
    (name, content), *_ = SEVERAL.items()
    original = kept(tmp_path, name, content)
    sealed = kept(tmp_path, f"{name}.edoc", asice.sealed({name: content}).content)
    assert compare(root, original, sealed).code == 0
    assert compare(root, kept(tmp_path / "other", name, b"x"), sealed).code == 1


def test_a_folder_and_its_container(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "contract.edoc"
    for name, content in SEVERAL.items():
        kept(folder, name, content)
    kept(folder, ".DS_Store", b"clutter that intake leaves alone")
    sealed = kept(tmp_path / "outbox", "contract.edoc", asice.sealed(SEVERAL).content)
    assert compare(root, folder, sealed).code == 0
    kept(folder, "one more.txt", b"never sealed")
    ended = compare(root, folder, sealed)
    assert (ended.code, "one more.txt of the original is not in the container" in ended.output) == (1, True)


def test_a_folder_is_no_pdf(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "contract.edoc"
    kept(folder, "a.txt", b"one")
    kept(folder, "b.txt", b"two")
    sealed = kept(tmp_path, "invoice.pdf", pades.an_original())
    assert "a folder becomes a container, and this is none" in compare(root, folder, sealed).output


def test_a_container_whose_seal_says_more_than_was_approved(root: Path, tmp_path: Path) -> None:
    def add_place(text: str) -> str:
        place = "<xades:SignatureProductionPlaceV2><xades:City>Rīga</xades:City></xades:SignatureProductionPlaceV2>"
        return text.replace("</xades:SignedSignatureProperties>", f"{place}</xades:SignedSignatureProperties>")

    content = asice.sealed({"a.txt": b"one"}, Recipe(edit_signed=add_place)).content
    sealed = kept(tmp_path, "a.txt.edoc", content)
    ended = compare(root, kept(tmp_path, "a.txt", b"one"), sealed)
    assert (ended.code, "SignatureProductionPlaceV2" in ended.output) == (1, True)
    assert run_command("verify", "--trust-anchor", root, sealed).code == 0


def test_an_original_belongs_to_one_file(root: Path, tmp_path: Path) -> None:
    one = kept(tmp_path, "a.txt", b"one")
    ended = run_command("verify", "--original", one, "--trust-anchor", root, one, one)
    assert (ended.code, "one sealed file" in ended.complaints) == (2, True)


async def test_somebody_elses_signature_is_told_apart_from_ours(root: Path, tmp_path: Path) -> None:
    signed = await pades.signed(pades.an_original(), a_seal(another_authority()), field="Theirs")
    sealed = kept(tmp_path, "invoice.pdf", await pades.sealed(signed, the_seal(KeyKind.P384)))
    ended = run_command("verify", "--trust-anchor", root, sealed)
    assert (ended.code, "somebody else's signature: Example seal" in ended.output) == (0, True)
    (facts,) = run_command("verify", "--trust-anchor", root, sealed, "--json").facts
    assert [(one["ours"], one["outcome"]) for one in facts["signatures"]] == [
        (False, "anchor-missing"),
        (True, "sound"),
    ]


async def test_a_missing_anchor_is_named_as_that(root: Path, tmp_path: Path) -> None:
    foreign = kept(tmp_path, "foreign.pem", another_authority().root.certificate.public_bytes(Encoding.PEM))
    sealed = kept(tmp_path, "invoice.pdf", await pades.sealed(pades.an_original(), the_seal()))
    ended = run_command("verify", "--trust-anchor", foreign, sealed)
    assert (ended.code, "no anchor" in ended.output, "Traceback" in ended.complaints) == (1, True, False)


def test_a_hostile_file_takes_no_more_memory_than_is_allowed(root: Path, tmp_path: Path) -> None:
    sound = measure(kept(tmp_path, "sound.pdf", pades.an_original()), root)
    hostile = measure(kept(tmp_path, "bomb.pdf", with_index_of(600)), root)
    assert (sound.outcome, hostile.outcome) == ("unsealed", "cannot-tell")
    assert hostile.kilobytes - sound.kilobytes < 250_000


class Measured(NamedTuple):
    outcome: str
    kilobytes: int


def measure(file: Path, root: Path) -> Measured:
    """What is found, and the most memory that the process had."""
    program = (
        "import resource, sys\nfrom worker.cli import main\ntry:\n    main()\n"
        "finally:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    command: list[str | Path] = [sys.executable, "-c", program, "verify", "--trust-anchor", root, file, "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    return Measured(json.loads(ended.stdout)[0]["outcome"], int(ended.stderr.split()[-1]))


def with_index_of(megabytes: int) -> bytes:
    """A PDF of a megabyte whose cross-reference stream (ISO 32000-2 §7.5.8) inflates to so many."""
    packed, entries = a_bomb(megabytes, b"\0"), megabytes * MEGABYTE // 6
    head = b"<</Type/XRef/W[1 4 1]/Size %d/Root 2 0 R/Filter/FlateDecode/Length %d>>" % (entries, len(packed))
    return b"%%PDF-1.5\n1 0 obj\n%b\nstream\n%b\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n" % (head, packed)


@needs_cases
@pytest.mark.parametrize("name", ["h-dss-rev-version-17", "itext-plain-stream", "itext2-table", "pyhanko-lta-table"])
def test_sealings_by_other_libraries(name: str) -> None:
    folder = CASES / "sealed"
    ended = compare(folder / "root.pem", folder / f"{name}.original.pdf", folder / f"{name}.pdf")
    assert ended.code == 0, ended.output


@needs_cases
@pytest.mark.parametrize("name", ["dangling-overlay", "o-full-page-appearance-of-the-seal"])
def test_hostile_sealings(name: str) -> None:
    folder = CASES / "hostile"
    ended = compare(CASES / "sealed" / "root.pem", folder / f"{name}.original.pdf", folder / f"{name}.pdf", "--json")
    (facts,) = ended.facts
    assert (ended.code, facts["outcome"], facts["judgement"]["outcome"]) == (1, "altered", "altered")


@needs_cases
def test_an_odd_anchor_beside_the_right_one_disturbs_nothing() -> None:
    folder = CASES / "sealed"
    anchors = (
        "--trust-anchor",
        folder / "root.pem",
        "--trust-anchor",
        CASES / "trust" / "anchor-telephone-utf8string.pem",
    )
    assert run_command("verify", *anchors, folder / "itext2-table.pdf").code == 0
