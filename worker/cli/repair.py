from pathlib import Path
from typing import Annotated, Any

import typer

from config.settings import Settings
from jobs.model.errors import BrokenArchive, Conflict, LostKey, NewerFormat, UnknownBatch
from jobs.model.names import BatchId
from jobs.repair import Repair, RepairTools, plan_repair
from jobs.repair import repair as carry_out
from worker.app.on_disk import OnDisk
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    complaining,
    complaints,
    console,
    fail,
    require_batch_id,
    run,
    say_json,
    settings_to_write,
)
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import plain
from worker.clock import utc_now

BatchToRepair = Annotated[str, typer.Argument(help="The batch whose records are damaged.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this it is only told what would be done.")]


def repair(batch: BatchToRepair, config: Config = DEFAULT_CONFIG, *, yes: Yes = False, as_json: Json = False) -> None:
    """Lead a batch whose records are damaged to its end: say what is known of it, and with --yes do what is safe.

    Nothing is sealed, and nothing deleted: damaged records move to `data/damaged`, undelivered originals to quarantine,
    and what was delivered stays delivered. Exit code 1 when something is damaged and was not repaired.

    For example:

        zimogs repair invoices-000017
        zimogs repair invoices-000017 --yes
    """
    settings, batch_id = settings_to_write(config), require_batch_id(batch)
    with complaining(UnknownBatch, BrokenArchive, NewerFormat, LostKey, Conflict):
        plan = run(_repair(settings, batch_id, yes=yes))
    if as_json:
        say_json({"batch": batch, "damaged": plan is not None, "repaired": bool(plan) and yes, **_facts(plan)})
    else:
        _say(batch_id, plan, settings.folders.data / "damaged" / batch, done=yes)
    if plan is not None and not yes:
        raise typer.Exit(ExitCode.FAILED)


async def _repair(settings: Settings, batch: BatchId, *, yes: bool) -> Repair | None:
    disk = OnDisk.of(settings)
    tools = RepairTools(disk.ledger, disk.quarantine, disk.shelf, disk.remains, utc_now)
    damage = await disk.ledger.find_damage(batch)
    if damage is not None and damage.sound is None:
        complaints.print(f"No record of {batch} can be read: all that was ever delivered is looked through for it.")
    # Looked at first: taking the lease of a batch that never was would make a folder for it.
    plan = await plan_repair(batch, tools)
    if plan is None or not yes:
        return plan
    async with disk.leases.hold(batch) as held:
        if not held:
            fail(f"A worker holds {batch} at this moment. Try again in a minute.", ExitCode.UNCERTAIN)
        plan = await plan_repair(batch, tools)
        if plan is not None:
            await carry_out(plan, tools)
    return plan


def _facts(plan: Repair | None) -> dict[str, Any]:
    if plan is None:
        return {}
    sound = plan.damage.sound
    return {
        "fault": plan.damage.fault,
        "sound_records": len(sound.records) if sound else 0,
        "state": sound.state if sound else None,
        "settled": plan.is_settled,
        "may_be_sealed": plan.damage.may_be_sealed,
        "delivered": [delivery.name for delivery in plan.deliveries.values()],
        "to_quarantine": [{"document": document.id, "name": document.name} for document in plan.undelivered],
    }


def _say(batch: BatchId, plan: Repair | None, aside: Path, *, done: bool) -> None:
    if plan is None:
        console.print(plain(f"No record of {batch} is damaged. There is nothing to repair."))
        return
    damage, sound = plan.damage, plan.damage.sound
    told = f"{len(sound.records)}, up to {sound.state} at {sound.since:%Y-%m-%d %H:%M:%S} UTC" if sound else "none"
    sealed = "may have been sealed" if damage.may_be_sealed else "was not sealed"
    for sentence in (
        f"Damaged: {damage.fault}",
        f"Sound records: {told}",
        "It had been delivered and settled long before." if plan.is_settled else f"It was not settled, and {sealed}.",
        *(f"Delivered: {delivery.name}" for delivery in plan.deliveries.values()),
        *(f"Not delivered: {document.name} ({document.id})" for document in plan.undelivered),
    ):
        console.print(plain(sentence))
    console.print(plain("Done:" if done else "The safe way, which seals and deletes nothing:"))
    for step in _steps(plan, aside):
        console.print(plain(f"  - {step}"))
    if not done:
        console.print(plain(f"To do it: zimogs repair {batch} --yes"))


def _steps(plan: Repair, aside: Path) -> list[str]:
    if plan.is_settled:
        return [f"its records move to {aside}; its files stay where they are"]
    if plan.abandons:
        return [
            f"the damaged records move to {aside}",
            "the batch is abandoned: a worker puts its originals into quarantine; send them with `zimogs retry`",
        ]
    return [
        "what was delivered stays delivered",
        "originals that were not delivered go to quarantine; look for their sealed files before `zimogs retry`",
        f"its records move to {aside}",
    ]
