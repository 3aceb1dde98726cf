"""What a terminal says of why things wait, and of what a policy comes to."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.reading import read_settings
from jobs.model.names import batch_id
from jobs.model.text import Language
from tests.operations.test_policy import SETTINGS
from tests.support.builders import INVOICES, a_document, documents
from tests.support.memory_app import MemoryApp
from tests.support.shelves import stand
from tests.whole.rehearsal import run_command
from worker.app.on_disk import OnDisk
from worker.app.planning import find_reasons
from worker.clock import utc_now
from worker.translation import translate

BATCH = batch_id(INVOICES, 1)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "zimogs.toml"
    path.write_text(SETTINGS.replace('ask_at = ["10:00"]', "max_wait = 5400"), encoding="utf-8")
    return path


async def a_waiting_house(config: Path) -> OnDisk:
    """A batch that waits for its approval, and a document that came half an hour ago."""
    disk, now = OnDisk.of(read_settings(config)), utc_now()
    first, *others = (await MemoryApp(time=now).prepared(*documents(2))).records
    history = await disk.ledger.open(BATCH, first)  # type: ignore[arg-type]
    for record in others:
        history = await disk.ledger.append(history, record)
    stand(disk.layout, a_document(9).model_copy(update={"received_at": now - timedelta(seconds=1850)}))
    return disk


async def test_status_says_why_documents_wait_for_their_batch_and_batches_for_their_person(config: Path) -> None:
    disk = await a_waiting_house(config)
    async with disk.presence.announced():
        shown = run_command("status", "--why", "--config", config, "--json").facts
        batch = run_command("status", BATCH, "--config", config, "--json").facts
    (route,) = shown["routes"]
    told = "Waits 59 min more for company: 1 of 100. Batch invoices-000001 waits for a person already, or soon will."
    assert route["why"] == told
    assert shown["batches"][0]["why"] == batch["waits_for"]
    assert batch["waits_for"].startswith("Waits for approval since ")
    told = run_command("status", "--why", "--config", config).output
    assert "No worker is running" in told
    assert "why" not in run_command("status", "--config", config, "--json").facts["routes"][0]


async def test_a_plan_says_what_becomes_of_what_waits(config: Path) -> None:
    disk = await a_waiting_house(config)
    async with disk.presence.announced():
        (row,) = run_command("plan", "--config", config, "--json").facts["routes"]
        assert "invoices: Waits 59 min more" in run_command("plan", "--config", config).output
    assert (row["waiting"], row["decision"], row["largest_batch"]) == (1, "hold", 100)


async def test_each_reason_is_told_in_latvian(config: Path) -> None:
    disk = await a_waiting_house(config)
    async with disk.presence.announced():
        reasons = await find_reasons(read_settings(config), disk)
    assert translate(reasons.routes[INVOICES].why, Language.LATVIAN) == (
        "Vēl 59 min gaida citus dokumentus: 1 no 100. Partija invoices-000001 jau gaida cilvēku vai drīz gaidīs."
    )
    assert translate(reasons.batches[BATCH], Language.LATVIAN).startswith("Kopš ")


def simulated(config: Path, *options: str) -> dict[str, Any]:
    few = ("plan", "--simulate", "--config", str(config), "--documents-per-day", "60", "--days", "4", "--json")
    told: dict[str, Any] = run_command(*few, *options).facts
    return told


def test_a_simulation_tells_the_same_story_for_the_same_seed_and_another_for_another(config: Path) -> None:
    assert simulated(config) == simulated(config)
    assert simulated(config)["policies"] != simulated(config, "--seed", "2")["policies"]


@pytest.mark.parametrize("pattern", ["office-hours", "even", "monthly-burst"])
def test_a_simulation_shows_what_a_pause_is_good_for(config: Path, pattern: str) -> None:
    told = simulated(config, "--pattern", pattern, "--max-wait", "2h", "--least-pause", "30m", "--approver-delay", "5m")
    this, *others = told["policies"]
    (patient,) = (each for each in others if each["least_pause"] == 0)
    assert this["until_asked"]["max"] <= patient["until_asked"]["max"] + 60 <= 7300
    assert this["until_asked"]["median"] < patient["until_asked"]["median"]
    assert this["approvals_per_day"] > patient["approvals_per_day"]
    assert {"max_documents = 1000", "ask_at = 10:00, 15:00"} <= {each["policy"] for each in others}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--max-wait", "3x"], "no length of time such as 90s, 15m or 2h"),
        (["--max-wait", "30s", "--least-pause", "1h"], "raise max_wait"),
        (["--documents-per-day", "100000", "--days", "250"], "ask for fewer a day"),
        (["--route", "letters"], "There is no route 'letters'"),
    ],
)
def test_what_cannot_be_simulated_is_said(config: Path, options: list[str], complaint: str) -> None:
    ended = run_command("plan", "--simulate", "--config", config, *options)
    assert ended.code == 2
    assert complaint in " ".join(ended.complaints.split())


def test_a_simulation_needs_no_settings(tmp_path: Path) -> None:
    ended = run_command("plan", "--simulate", "--config", tmp_path / "none.toml", "--days", "1")
    assert ended.code == 0
    assert "500 documents on 1 day(s) (office-hours)" in " ".join(ended.output.split())


def test_a_policy_is_not_taken_for_what_is_done_where_nothing_is_simulated(config: Path) -> None:
    ended = run_command("plan", "--config", config, "--max-wait", "2h")
    assert ended.code == 2
    assert "change nothing" in " ".join(ended.complaints.split())
