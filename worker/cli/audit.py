from typing import Annotated, Any

import typer

from config.settings import Settings
from jobs.model.errors import BrokenLedger
from worker.app.on_disk import OnDisk
from worker.cli.audit_outbox import audit_outbox, describe_outbox, say_outbox
from worker.cli.console import DEFAULT_CONFIG, Config, Json, console, run, say_json, settings_from

application = typer.Typer(add_completion=False, no_args_is_help=True, help="Check the evidence that the ledger holds.")


AlsoOutbox = Annotated[bool, typer.Option("--outbox", help="Compare the files in the outbox with the ledger, too.")]
Strict = Annotated[bool, typer.Option("--strict", help="With --outbox: what was moved or collected is a failure, too.")]


@application.command()
def verify(
    config: Config = DEFAULT_CONFIG, *, outbox: AlsoOutbox = False, strict: Strict = False, as_json: Json = False
) -> None:
    """Check every record of every batch against the hash that the next one carries of it.

    Exit code 1 when a record was changed, is missing or cannot be read; with `--outbox`, also when a delivered file or
    its sidecar was edited, or a file stands there that was never delivered.
    """
    settings = settings_from(config)
    checked = run(_check_ledger(settings))
    compared = run(audit_outbox(settings, is_quiet=as_json)) if outbox else None
    if as_json:
        say_json(checked if compared is None else checked | {"outbox": describe_outbox(compared)})
    else:
        if compared is not None:
            say_outbox(compared, strict=strict)
        console.print(f"{checked['batches']} batches, {checked['records']} records checked.", highlight=False)
        for fault in checked["faults"]:
            console.print(fault, style="bold red", highlight=False, markup=False)
    if checked["faults"] or not (compared is None or compared.is_good(strict=strict)):
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
