"""The runbook's advice about a damaged batch, followed as a person would."""

from pathlib import Path

from jobs.model.lifecycle import State
from tests.contracts.test_damage import damage
from tests.support.builders import documents
from tests.support.disk_app import DiskApp
from tests.support.shelves import files
from tests.whole.rehearsal import run_command, zimogs
from tests.whole.test_commands import SETTINGS
from worker.storage.chains import CLOSED


async def test_the_runbooks_advice_leads_a_damaged_batch_to_an_end(tmp_path: Path) -> None:
    config = tmp_path / "zimogs.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    app = DiskApp(tmp_path)
    history = await app.delivered(*documents(2))
    (tmp_path / "data" / "ledger" / history.batch / CLOSED).unlink()
    damage(app, history.batch, 6, "cut")

    status = run_command("status", "--config", config, "--json").facts
    assert [row["batch"] for row in status["damaged"]] == [history.batch]
    assert run_command("status", history.batch, "--config", config).code == 1

    told = zimogs("repair", history.batch, "--config", config)
    assert told.code == 1
    assert "record 6 cannot be read" in told.output
    assert f"up to {State.FINALIZING}" in told.output
    assert "Delivered: invoice-1.pdf" in told.output
    assert "--yes" in told.output
    assert run_command("status", "--config", config, "--json").facts["damaged"], "without --yes nothing is changed"

    done = run_command("repair", history.batch, "--yes", "--config", config, "--json")
    assert (done.code, done.facts["repaired"], done.facts["to_quarantine"]) == (0, True, [])
    status = run_command("status", "--config", config, "--json").facts
    assert (status["damaged"], status["batches"], status["quarantine"]) == ([], [], [])
    assert {"invoice-1.pdf", "invoice-2.pdf"} <= files(tmp_path / "outbox" / "invoices")
    assert len(files(tmp_path / "data" / "damaged" / history.batch)) == len(history.records)
    assert run_command("repair", history.batch, "--config", config).code == 3


def test_what_is_not_damaged_is_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "zimogs.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    ended = run_command("repair", "invoices-000007", "--yes", "--config", config)
    assert ended.code == 3
    assert "there is no batch" in ended.complaints
    assert not (tmp_path / "data" / "ledger" / "invoices-000007").exists()
