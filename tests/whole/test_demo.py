"""The rehearsal is the project's promise in one command, so it is held against other people's verifiers."""

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from tests.sandbox.verifiers import lt_verdicts, openssl_verifies
from tests.support.programs import run
from tests.whole.rehearsal import Rehearsals, run_command, sealed_files, zimogs


@pytest.mark.parametrize("key", ["rsa-3072", "p-256"])
def test_sealed_invoices_convince_pdfsig_openssl_and_pyhanko(key: str, rehearsals: Rehearsals, tmp_path: Path) -> None:
    rehearsal = rehearsals.run("--documents", "3", "--key", key)
    root = rehearsal.trust_anchor
    files = sealed_files(rehearsal.outbox)
    assert len(files) == rehearsal.ended.facts["sealed"] == 3
    for file in files:
        assert "Signature is Valid" in run("pdfsig", "-nocert", file).stdout
        assert openssl_verifies(file.read_bytes(), root, tmp_path)
        (verdict,) = asyncio.run(lt_verdicts(file.read_bytes(), root, datetime.now(UTC)))
        assert verdict.bottom_line


def test_a_second_rehearsal_in_the_same_folder_counts_only_its_own(rehearsals: Rehearsals, tmp_path: Path) -> None:
    folder = rehearsals.run("--documents", "3", "--key", "p-256").folder
    shutil.copytree(folder, tmp_path / "demo", symlinks=True)
    ended = zimogs("demo", "--documents", "2", "--key", "rsa-2048", "--data", tmp_path / "demo", "--json")
    assert ended.code == 0, ended.complaints
    assert (ended.facts["sealed"], ended.facts["authorizations"]) == (2, 1)
    assert len(sealed_files(tmp_path / "demo" / "outbox")) == 5


def test_thirty_real_invoices_need_one_authorization(corpus: Path, tmp_path: Path) -> None:
    ended = zimogs("demo", "--from", corpus, "--data", tmp_path / "demo", "--json")
    assert ended.code == 0, ended.complaints
    facts = ended.facts
    assert (facts["documents"], facts["sealed"], facts["quarantined"]) == (30, 30, 0)
    assert (facts["authorizations"], facts["signature_calls"]) == (1, 1)


def spoil(folder: Path, good: Path) -> dict[str, bytes]:
    """Put five bad files into the folder: each has something else wrong with it."""
    content = good.read_bytes()
    with pikepdf.open(good) as pdf:
        pdf.save(folder / "encrypted.pdf", encryption=pikepdf.Encryption(owner="owner", user="user"))
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "truncated.pdf").write_bytes(content[: len(content) // 2])
    (folder / "words.pdf").write_text("This is no PDF.")
    (folder / "large.pdf").write_bytes(content + b"%" + b"x" * 1_000_000 + b"\n%%EOF\n")
    names = ("encrypted", "empty", "truncated", "words", "large")
    return {f"{name}.pdf": (folder / f"{name}.pdf").read_bytes() for name in names}


def test_bad_files_are_put_aside_untouched_and_the_others_are_sealed(corpus: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    good = sorted(corpus.glob("XML-*.pdf"))
    for file in good:
        shutil.copy(file, source)
    bad = spoil(source, good[0])
    ended = zimogs(
        "demo", "--from", source, "--data", tmp_path / "demo", "--json",
        "--expect-quarantine", "5", "--file-max-length", "1000000",
    )  # fmt: skip
    assert ended.code == 0, ended.complaints
    assert (ended.facts["sealed"], ended.facts["quarantined"]) == (len(good), 5)
    aside = tmp_path / "demo" / "quarantine" / "invoices"
    assert {name: (aside / name).read_bytes() for name in bad} == bad
    assert all((aside / f"{name}.txt").exists() and (aside / f"{name}.error.json").exists() for name in bad)
    rows = run_command("status", "--config", tmp_path / "demo" / "zimogs.toml", "--json").facts["quarantine"]
    assert {row["reason"] for row in rows} == {"encrypted", "empty", "damaged", "not-a-pdf", "too-large"}


def test_an_unexpected_quarantine_is_a_failure(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "words.pdf").write_text("This is no PDF.")
    ended = zimogs("demo", "--from", source, "--data", tmp_path / "demo", "--json")
    assert ended.code == 1
    assert ended.facts["quarantined"] == 1
