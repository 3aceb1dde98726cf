"""The evidence of a batch, checked as its README says: with bash, openssl and sha256sum, and nothing of ours."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.model.checkpoint import checkpoint_name
from jobs.model.history import History
from sandbox.pki.keys import KeyKind
from sandbox.variants.signapi import ContainerWriter
from tests.support.builders import ANNA, INVOICES, NOON, a_document, documents
from tests.support.evidence import ALL_IS_WELL, follow_readme
from tests.support.lives import seal_checkpoint, write_lives
from tests.support.pki import another_authority, the_authority
from worker.evidence.bundle import Bundle, Sources, collect
from worker.evidence.keeper import CheckpointKeeper
from worker.storage.checkpoints import Checkpoints

CHECKPOINT = f"checkpoint/{checkpoint_name(1)}"


@pytest.fixture
async def lives(tmp_path: Path) -> list[History]:
    return await write_lives(tmp_path / "data" / "ledger", 5)


def collected(history: History, base: Path) -> Bundle:
    anchors = [another_authority().root.certificate, the_authority().root.certificate]
    return collect(history, Sources(base / "data" / "ledger", base / "outbox", anchors), NOON)


async def sealed(
    lives: list[History],
    base: Path,
    writer: ContainerWriter = ContainerWriter.BASELINE,
    kind: KeyKind = KeyKind.P256,
) -> Path:
    """The evidence of the third batch, with a sealed checkpoint, as a folder."""
    ledger = base / "data" / "ledger"
    await CheckpointKeeper(ledger, now=lambda: NOON).make()
    seal_checkpoint(Checkpoints(base / "data" / "checkpoints"), 1, base / "sealing", writer, kind)
    collected(lives[2], base).write(base / "evidence")
    return base / "evidence"


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA2048], ids=str)
@pytest.mark.parametrize("writer", list(ContainerWriter), ids=str)
async def test_whoever_follows_the_readme_finds_everything_in_order(
    writer: ContainerWriter,
    kind: KeyKind,
    lives: list[History],
    tmp_path: Path,
    program: Callable[[str], str],
) -> None:
    program("openssl")
    said = follow_readme(await sealed(lives, tmp_path, writer, kind))
    assert "FAILED" not in said, said
    assert [line for line in ALL_IS_WELL if line not in said] == [], said
    assert f'"approver":"{ANNA}"' in said


@pytest.mark.parametrize(
    ("path", "old", "new", "what"),
    [
        ("records/0003.json", ANNA, "PNOLV-999999-99999", "records/0004.json does not follow"),
        ("records/0007.json", "invoice-1", "invoice-9", "the batch is not in the checkpoint"),
        ("documents/sealed.sha256", "c9d0", "c9d1", "the records do not know invoice-1.pdf"),
        ("certificates/seal.pem", "MII", "MIJ", "the records name another certificate"),
        ("checkpoint/proof.txt", "right", "left", "the batch is not in the checkpoint"),
        (CHECKPOINT, " 7 ", " 6 ", "the seal names another file"),
        ("checkpoint/signed-info.xml", "sha256", "sha255", "the seal's signature"),
        ("checkpoint/signature-value.xml", "SignatureValue", "Signaturevalue", "the timestamp"),
        ("certificates/anchors.pem", "CERTIFICATE", "CERTIFICATION", "the seal's certificate"),
    ],
)
async def test_whoever_follows_the_readme_sees_what_was_changed(
    path: str, old: str, new: str, what: str, *, lives: list[History], tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("openssl")
    folder = await sealed(lives, tmp_path)
    changed = folder / path
    assert old in changed.read_text()
    changed.write_text(changed.read_text().replace(old, new))
    said = follow_readme(folder)
    assert "FAILED: files" in said
    assert f"FAILED: {what}" in said


async def test_the_facts_stand_in_one_table_for_programs(lives: list[History], tmp_path: Path) -> None:
    facts = json.loads(collected(lives[0], tmp_path).files["batch.json"])
    assert facts["approvals"] == [{"approver": ANNA, "at": NOON.isoformat()}]
    assert facts["releases"] == []
    assert [each["sha256"] for each in facts["documents"]] == [str(each.sha256) for each in documents(2)]
    assert {each["outcome"]["name"] for each in facts["documents"]} == {"invoice-1.pdf", "invoice-2.pdf"}


async def test_the_lists_are_those_of_sha256sum(lives: list[History], tmp_path: Path) -> None:
    files = collected(lives[0], tmp_path).files
    (first, second) = documents(2)
    expected = f"{first.sha256.hex}  invoice-1.pdf\n{second.sha256.hex}  invoice-2.pdf\n"
    assert files["documents/originals.sha256"].decode() == expected


async def test_sidecars_and_reports_lie_beside_the_hashes(lives: list[History], tmp_path: Path) -> None:
    outbox = tmp_path / "outbox" / INVOICES
    outbox.mkdir(parents=True)
    (outbox / "invoice-1.pdf.json").write_bytes(b"{}")
    (outbox / "invoice-1.pdf.validation.json").write_bytes(b"[]")
    files = collected(lives[0], tmp_path).files
    assert files["documents/invoice-1.pdf.json"] == b"{}"
    assert files["documents/invoice-1.pdf.validation.json"] == b"[]"


async def test_no_name_of_a_document_disturbs_who_follows_the_readme(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("openssl")
    names = (
        "ķ \"q\" 'x' $(touch pwned) `touch pwned`; touch pwned.pdf",
        "back\\slash \\n.pdf",
        "-rf.pdf",
        "* [a-z].pdf",
        "  blanks at both ends .pdf",
        "below/here.pdf",
        "ķ" * 115 + ".pdf",
    )
    of = [a_document(number, name=name) for number, name in enumerate(names, start=1)]
    lives = await write_lives(tmp_path / "data" / "ledger", 3, of=of)
    for name in names:
        sidecar = tmp_path / "outbox" / INVOICES / f"{name}.json"
        sidecar.parent.mkdir(parents=True, exist_ok=True)
        sidecar.write_bytes(b"{}")
    said = follow_readme(await sealed(lives, tmp_path))
    assert "FAILED" not in said, said
    assert [line for line in ALL_IS_WELL if line not in said] == [], said
    assert not list((tmp_path / "evidence").rglob("pwned*"))
    assert len(list((tmp_path / "evidence" / "documents").rglob("*.pdf.json"))) == len(names)


async def test_a_link_in_the_outbox_brings_no_secret_into_the_evidence(lives: list[History], tmp_path: Path) -> None:
    outbox, secret = tmp_path / "outbox" / INVOICES, tmp_path / "secret"
    secret.write_bytes(b"secret")
    outbox.mkdir(parents=True)
    (outbox / "invoice-1.pdf.json").symlink_to(secret)
    os.mkfifo(outbox / "invoice-1.pdf.validation.json")
    (outbox / "invoice-2.pdf.json").mkdir()
    assert not {path for path in collected(lives[0], tmp_path).files if "invoice" in path}


async def test_without_a_checkpoint_the_readme_says_so_and_what_to_do(lives: list[History], tmp_path: Path) -> None:
    bundle = collected(lives[0], tmp_path)
    assert (bundle.checkpoint, bundle.is_sealed) == (None, False)
    assert b"No checkpoint covers this batch yet" in bundle.files["README.txt"]
    bundle.write(tmp_path / "evidence")
    assert "FAILED" not in follow_readme(tmp_path / "evidence")


async def test_with_a_checkpoint_that_is_not_sealed_the_readme_says_so(lives: list[History], tmp_path: Path) -> None:
    await CheckpointKeeper(tmp_path / "data" / "ledger", now=lambda: NOON).make()
    bundle = collected(lives[0], tmp_path)
    assert (bundle.checkpoint, bundle.is_sealed) == (1, False)
    bundle.write(tmp_path / "evidence")
    said = follow_readme(tmp_path / "evidence")
    assert "FAILED" not in said
    assert "the batch is in the checkpoint" in said


async def test_a_sealed_checkpoint_comes_before_an_earlier_one_that_is_not(
    lives: list[History], tmp_path: Path
) -> None:
    ledger = tmp_path / "data" / "ledger"
    await CheckpointKeeper(ledger, now=lambda: NOON).make()
    await write_lives(ledger, 1, begin=6)
    await CheckpointKeeper(ledger, now=lambda: NOON).make()
    seal_checkpoint(Checkpoints(tmp_path / "data" / "checkpoints"), 2, tmp_path / "sealing")
    assert collected(lives[0], tmp_path).checkpoint == 2


async def test_evidence_is_never_written_over(lives: list[History], tmp_path: Path) -> None:
    bundle = collected(lives[0], tmp_path)
    bundle.write(tmp_path / "evidence")
    with pytest.raises(FileExistsError):
        bundle.write(tmp_path / "evidence")
