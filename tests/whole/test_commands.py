"""What a person at a terminal meets: help that teaches, clear errors, and JSON for programs."""

import json
import os
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.names import batch_id
from jobs.model.seals import Proof
from jobs.model.vendor_limits import LearnedLimit, LearnedLimits, LimitKind
from tests.support.builders import INVOICES, NOON, a_document
from tests.whole.rehearsal import run_command, zimogs
from worker.demo.invoices import write_invoices
from worker.doctor.limits import examine_limits
from worker.storage.delivery_index import DeliveryIndex
from worker.storage.sidecar import Sidecar
from worker.storage.vendor_limits import LimitBook

COMMANDS = (
    "demo", "run", "worker", "watch", "desk", "sandbox", "submit", "status", "approve", "retry", "verify", "doctor",
    "repair", "freeze", "unfreeze", "limits", "schema",
)  # fmt: skip
SETTINGS = """
[eparaksts]
platform_url = "http://127.0.0.1:9"
signapi_url = "http://127.0.0.1:9"
client_id = "client"
client_secret = "secret"
[observed]
port = 0
[trust]
anchors = ["root.pem"]
[routes.invoices]
seal = "CN:SIA PARAUGS: eZīmogs"
approvers = ["000123-00001"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "zimogs.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    # The practice vendor is a program that takes this one's place.
    ended = zimogs(command, "--help") if command == "sandbox" else run_command(command, "--help")
    assert ended.code == 0
    assert "--json" in ended.output
    assert len(ended.output.split()) > 40


def test_without_settings_it_says_what_to_do(tmp_path: Path) -> None:
    ended = zimogs("status", "--config", tmp_path / "none.toml")
    assert ended.code == 2
    assert "zimogs config init" in ended.complaints
    assert "Traceback" not in ended.complaints


def test_a_submitted_file_waits_and_stays_where_it_was(config: Path, tmp_path: Path) -> None:
    (invoice,) = write_invoices(tmp_path / "mine", 1)
    ended = run_command("submit", invoice, "--config", config, "--json")
    assert ended.code == 0
    assert ended.facts[0]["accepted"]
    assert invoice.exists()
    waiting = run_command("status", ended.facts[0]["document"], "--config", config, "--json").facts
    assert (waiting["state"], waiting["route"], waiting["name"]) == ("waiting", "invoices", invoice.name)


def test_a_refused_file_can_be_sent_again_by_its_id(config: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.pdf"
    words.write_text("This is no PDF.")
    ended = run_command("submit", words, "--config", config, "--json")
    assert ended.code == 1
    assert ended.facts[0]["reason"].startswith("not-a-pdf")
    (row,) = run_command("status", "--config", config, "--json").facts["quarantine"]
    again = run_command("retry", row["id"], "--config", config, "--json")
    assert again.code == 1
    assert again.facts[0]["document"] != row["id"]
    assert len(run_command("status", "--config", config, "--json").facts["quarantine"]) == 1


def test_what_is_known_of_a_file_is_handed_in_with_it(config: Path, tmp_path: Path) -> None:
    (file,) = write_invoices(tmp_path / "mine", 1)
    sidecar = tmp_path / "known.json"
    sidecar.write_text('{"number": "R-17", "total": 121.00}')
    said: list[list[str | Path]] = [["--metadata", sidecar], ["-m", "number=R-18", "-m", "cost centre=44"]]
    for arguments in said:
        assert run_command("submit", file, *arguments, "--config", config).code == 0
    waiting = [path.read_bytes() for path in (tmp_path / "data/waiting/invoices").iterdir()]
    known = sorted(json.loads(content.splitlines()[1])["metadata"]["number"] for content in waiting)
    assert known == ["R-17", "R-18"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["number=1", "number=2"], "given twice"),
        (["total=1 234,50"], "write it as 1234.50"),
        (["missing.json"], "No such file"),
        (["number=1", "more"], "no pair"),
    ],
)
def test_what_cannot_be_carried_is_told_before_anything_is_handed_in(
    config: Path, tmp_path: Path, said: list[str], why: str
) -> None:
    (file,) = write_invoices(tmp_path / "mine", 1)
    ended = run_command("submit", file, *(f"--metadata={each}" for each in said), "--config", config)
    assert ended.code == 2
    assert why in " ".join(ended.complaints.split())
    assert not (tmp_path / "data/waiting").exists()


def test_who_hands_in_the_same_once_more_is_told_what_became_of_it(config: Path, tmp_path: Path) -> None:
    config.write_text(SETTINGS + 'duplicates = "skip"\n', encoding="utf-8")
    (file,) = write_invoices(tmp_path / "mine", 1)
    first, second = (run_command("submit", file, "--config", config, "--json").facts[0] for _ in range(2))
    assert (first["reason"], second["accepted"]) == ("", True)
    assert second["reason"].startswith("duplicate: not sealed, as it has the same content as")
    assert first["document"] in second["reason"]


def test_refused_files_can_be_sent_again_all_at_once_by_their_reason(config: Path, tmp_path: Path) -> None:
    words = [tmp_path / f"words {number}.pdf" for number in range(2)]
    for file in words:
        file.write_text("This is no PDF.")
    before = {row["document"] for row in run_command("submit", *words, "--config", config, "--json").facts}
    again = run_command("retry", "--reason", "not-a-pdf", "--config", config, "--json")
    assert {row["file"] for row in again.facts} == before
    assert not {row["document"] for row in again.facts} & before
    assert run_command("retry", "--reason", "encrypted", "--config", config, "--json").facts == []


def test_what_was_sealed_before_is_sent_again_only_when_somebody_says_so(config: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.pdf"
    words.write_text("This is no PDF.")
    (row,) = run_command("submit", words, "--config", config, "--json").facts
    document = a_document().model_copy(update={"sha256": Digest.sha256(words.read_bytes())})
    proof = Proof(sha256=Digest.sha256(b"sealed"), size=6, sealed_at=NOON)
    index = DeliveryIndex(tmp_path / "outbox", tmp_path / "data")
    index.add(Sidecar.of(batch_id(INVOICES, 1), document, proof, "a.pdf"))
    refused = run_command("retry", row["document"], "--config", config, "--json")
    assert refused.code == 1
    assert "sealed on 2026-11-23 12:00 UTC, as invoices/a.pdf" in refused.facts[0]["reason"]
    shown = tmp_path / "quarantine/invoices/words.pdf"
    shown.write_text("edited")
    again = run_command("retry", row["document"], "--again", "--config", config, "--json")
    assert again.facts[0]["reason"].startswith("not-a-pdf")
    assert "words.pdf was edited and is left there" in again.complaints
    assert shown.read_text() == "edited"
    assert shown.with_name("words (2).pdf").read_text() == "This is no PDF."


def test_retrying_what_is_not_there_is_one_clear_sentence(config: Path) -> None:
    ended = run_command("retry", "20261123T120000-000000000000", "--config", config)
    assert ended.code == 1
    assert "There is no" in ended.output
    assert "Traceback" not in ended.complaints


def test_what_cannot_be_read_keeps_nothing_else_from_being_handed_in(config: Path, tmp_path: Path) -> None:
    first, last = write_invoices(tmp_path / "mine", 2)
    pipe = tmp_path / "mine/pipe.pdf"
    os.mkfifo(pipe)
    ended = run_command("submit", first, pipe, last, "--config", config, "--json")
    assert ended.code == 1
    assert [row["accepted"] for row in ended.facts] == [True, False, True]
    assert ended.facts[1]["reason"] == "is not a plain file"
    assert run_command("status", "--config", config, "--json").facts["routes"][0]["waiting"] == 2


@pytest.mark.parametrize(("batch", "code"), [("nonsense", 2), ("invoices-000001", 3)])
def test_approving_an_unknown_batch_is_one_clear_sentence(batch: str, code: int, config: Path) -> None:
    ended = run_command("approve", batch, "--config", config)
    assert ended.code == code
    assert batch in ended.complaints


def test_the_doctor_finds_what_is_wrong_and_says_what_to_do(config: Path) -> None:
    ended = run_command("doctor", "--config", config, "--json")
    assert ended.code == 1
    found = {finding["subject"]: finding for finding in ended.facts}
    assert found["file system of data"]["verdict"] == "ok"
    assert found["vendor"]["verdict"] == "fault"
    assert "root.pem" in found["trust anchors"]["found"]
    assert "not enrolled" in found["seal of route invoices"]["found"]
    assert all(finding["advice"] for finding in ended.facts if finding["verdict"] != "ok")


def test_a_file_without_a_seal_does_not_verify(config: Path, tmp_path: Path) -> None:
    (invoice,) = write_invoices(tmp_path / "mine", 1)
    ended = run_command("verify", invoice, "--config", config)
    assert ended.code == 1
    assert "Traceback" not in ended.complaints


def test_zimogs_does_not_start_on_an_address_that_is_taken(config: Path) -> None:
    config.write_text(SETTINGS + '[desk]\nhost = "192.0.2.1"\n', encoding="utf-8")
    ended = zimogs("desk", "--config", config)
    assert ended.code == 1
    assert "cannot listen on 192.0.2.1" in ended.complaints


def test_zimogs_does_not_start_without_its_trust_anchors(config: Path) -> None:
    config.write_text(SETTINGS + "[desk]\nport = 0\n", encoding="utf-8")
    ended = zimogs("desk", "--config", config)
    assert ended.code == 1
    assert "root.pem cannot be read" in ended.complaints
    assert "Traceback" not in ended.complaints
    assert (config.parent / "data").stat().st_mode & 0o777 == 0o700


def test_zimogs_does_not_start_where_others_could_rewrite_the_ledger(config: Path) -> None:
    (config.parent / "data").mkdir()
    (config.parent / "data").chmod(0o770)
    ended = zimogs("worker", "--config", config)
    assert ended.code == 1
    assert "does not start like this" in ended.complaints
    assert "chmod 0700" in ended.complaints
    assert "Traceback" not in ended.complaints


def test_a_checkpoint_that_nobody_seals_says_what_to_set(config: Path) -> None:
    ended = run_command("audit", "checkpoint", "--config", config)
    assert ended.code == 0, ended.complaints
    assert "audit.checkpoint_route" in ended.output


async def test_what_was_learned_of_the_vendor_is_told_and_can_be_forgotten(config: Path, tmp_path: Path) -> None:
    limit = LearnedLimit(kind=LimitKind.CONSENT, most=1000, learned_at=NOON, said="calculate_digest: 400")
    await LimitBook(tmp_path / "data" / "vendor-limits", "http://127.0.0.1:9").learn(limit)
    told = run_command("limits", "--config", config)
    assert "000 documents at most with one approval, learned 2026-11-23 (calculate_digest: 400)" in told.output
    (facts,) = run_command("limits", "--config", config, "--json").facts["limits"]
    assert (facts["kind"], facts["most"]) == ("consent", 1000)
    (finding,) = examine_limits(LearnedLimits(limits=(limit,)))
    assert "000 documents at most with one approval, learned 2026-11-23" in finding.found
    assert run_command("limits", "--forget", "--config", config, "--json").facts["forgotten"] == [facts]
    assert run_command("limits", "--config", config, "--json").facts == {"limits": []}
