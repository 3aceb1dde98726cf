"""Commands that look at all batches and their documents, and give up what nobody consented to, over real folders."""

import os
import pty
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.model.names import batch_id
from jobs.model.records import Abandoned
from tests.support.api import an_api
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.waiting import PATIENCE
from tests.whole.rehearsal import ZIMOGS, run_command
from tests.whole.test_commands import SETTINGS
from worker.app.on_disk import OnDisk
from worker.cli.exit_codes import ExitCode

METADATA = {"Zimogs-Metadata": '{"number": "R-1", "customer": "SIA Paraugs"}'}
SEALED, OPEN = batch_id(INVOICES, 1), batch_id(INVOICES, 2)


class House:
    """An installation with a sealed batch, one that nobody approved yet, and a document that waits."""

    def __init__(self, folder: Path, disk: OnDisk) -> None:
        self.config = folder / "zimogs.toml"
        self.config.write_text(SETTINGS, encoding="utf-8")
        self.outbox = folder / "outbox"
        self.disk = disk
        self.documents: list[str] = []


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with an_api(tmp_path) as api:
        house = House(tmp_path, api.disk)
        for number, make in enumerate((api.sealed, api.gathered, api.indexed), start=1):
            about = METADATA if number == 1 else {}
            taken = await api.hand_in(a_pdf(f"invoice {number}"), f"bill-{number}.pdf", headers=about)
            house.documents.append((await taken.json())["id"])
            await make()
        yield house


async def test_batches_are_listed_the_newest_first_and_chosen_by_what_they_are(house: House) -> None:
    shown = run_command("batches", "--config", house.config, "--json").facts
    assert [row["batch"] for row in shown["batches"]] == [OPEN, SEALED]
    assert (shown["total"], shown["complete"]) == (2, True)
    (row,) = run_command("batches", "--state", "sealed", "--config", house.config, "--json").facts["batches"]
    assert (row["batch"], row["documents"], row["sealed"], row["refused"]) == (SEALED, 1, 1, 0)
    titles, *rows = run_command("batches", "--limit", "1", "--config", house.config).output.splitlines()
    assert titles.split("\t")[0] == "batch"
    assert [row.split("\t")[0] for row in rows] == [OPEN, "1 of 2 batches."]
    none = run_command("batches", "--until", "2001-01-01", "--config", house.config, "--json")
    assert (none.code, none.facts["batches"]) == (0, [])


async def test_documents_are_found_wherever_they_are(house: House) -> None:
    rows = run_command("documents", "bill", "--config", house.config, "--json").facts["documents"]
    assert {row["document"]: (row["state"], row["batch"]) for row in rows} == dict(
        zip(house.documents, (("sealed", SEALED), ("under-way", OPEN), ("waiting", "")), strict=True)
    )
    (row,) = run_command("documents", "paraugs", "--config", house.config, "--json").facts["documents"]
    assert (row["number"], row["path"]) == ("R-1", f"{house.outbox}/invoices/bill-1.pdf")
    nothing = run_command("documents", "nobody", "--config", house.config)
    assert (nothing.code, nothing.output) == (ExitCode.REFUSED, "Nothing was found.\n")


async def test_what_nobody_consented_to_is_cancelled_and_what_is_sealed_is_not(house: House) -> None:
    why = ("--reason", "wrong month", "--config", house.config, "--json")
    waiting = run_command("cancel", house.documents[2], *why).facts
    assert (waiting["cancelled"], waiting["documents"]) == (house.documents[2], 1)
    assert await house.disk.shelf.waiting_list(INVOICES) == ()
    assert run_command("cancel", OPEN, *why).facts["batch"] == OPEN
    history = await house.disk.ledger.read(OPEN)
    assert "wrong month" in history.last(Abandoned).why
    for over in (OPEN, SEALED, house.documents[0]):
        assert run_command("cancel", over, *why).code == ExitCode.REFUSED


def test_at_a_terminal_the_overview_is_drawn_anew_with_each_change(tmp_path: Path) -> None:
    config = tmp_path / "zimogs.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    ours, theirs = pty.openpty()
    watch: list[str | Path] = [ZIMOGS, "status", "--watch", "--config", config]
    with subprocess.Popen(watch, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color"}) as process:
        os.close(theirs)
        read_until(ours, "invoices")
        run_command("freeze", "--reason", "a try", "--config", config)
        assert "\x1b[2J" in read_until(ours, "a try")
        process.send_signal(signal.SIGINT)
        # A terminal that nobody reads holds up whoever writes to it, signals or not.
        read_to_end(ours)
        assert process.wait(PATIENCE) == ExitCode.INTERRUPTED
    os.close(ours)


def read_to_end(terminal: int) -> None:
    # Linux says EIO once nobody has the other side open any more.
    with suppress(OSError):
        while os.read(terminal, 4096):
            pass


def read_until(terminal: int, words: str) -> str:
    told = ""
    while words not in told:
        told += os.read(terminal, 4096).decode(errors="replace")
    return told
