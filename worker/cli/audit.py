from typing import Any

import typer

from config.settings import Settings
from jobs.model.errors import BrokenLedger
from worker.app.on_disk import OnDisk
from worker.cli.console import DEFAULT_CONFIG, Config, Json, console, run, say_json, settings_from

application = typer.Typer(add_completion=False, no_args_is_help=True, help="Check the evidence that the ledger holds.")


@application.command()
def verify(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Check every record of every batch against the hash that the next one carries of it.

    Exit code 1 when a record was changed, is missing or cannot be read.
    """
    checked = run(_check_ledger(settings_from(config)))
    if as_json:
        say_json(checked)
    else:
        console.print(f"{checked['batches']} batches, {checked['records']} records checked.", highlight=False)
        for fault in checked["faults"]:
            console.print(fault, style="bold red", highlight=False, markup=False)
    if checked["faults"]:
        raise typer.Exit(1)


async def _check_ledger(settings: Settings) -> dict[str, Any]:
    ledger = OnDisk.of(settings).ledger
    records, faults = 0, []
    batches = await ledger.batches()
    for batch in batches:
        try:
            records += len((await ledger.read(batch)).records)
        except BrokenLedger as error:
            faults.append(str(error))
    return {"batches": len(batches), "records": records, "faults": faults}


@application.callback()
def describe() -> None:
    """Check the evidence that the ledger holds."""
    # Without a callback typer takes an only command for the whole program: `audit` instead of `audit verify`.
