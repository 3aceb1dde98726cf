"""Giving up what nobody has consented to."""

import getpass
from typing import Annotated

import typer

from config.settings import Settings
from jobs.cancel import CancelTools, cancel_batch, cancel_waiting
from jobs.model.errors import BrokenLedger, Conflict, IllegalTransition, UnknownBatch, UnknownDocument
from jobs.model.history import History
from jobs.model.names import BatchId, DocumentId, is_batch_id, is_document_id
from jobs.model.text import Text
from worker.app.on_disk import OnDisk
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    complaining,
    console,
    fail,
    run,
    say_json,
    settings_to_write,
)
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import plain
from worker.cli.reasons import Why, read_reason
from worker.clock import utc_now

Subject = Annotated[
    str, typer.Argument(help="A batch that nobody approved yet, or a document that still waits.", show_default=False)
]


def cancel(subject: Subject, reason: Why, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Cancel a batch that nobody has approved yet, or a document that waits for its batch; nothing of it is sealed.

    Originals go to quarantine, from where `zimogs retry` sends them again. A running worker does that; a document
    becomes a batch of its own for it. Exit code 3 when it is not there, or was approved already; 4 when somebody else
    was at it at this moment.

    A batch, and a document by the id that `zimogs submit` gave:

        zimogs cancel invoices-000017 --reason "wrong month"
        zimogs cancel 20261123T120000-0123456789ab --reason "sent twice"
    """
    settings = settings_to_write(config)
    why = Text("cancelled at the command line by {user}: {reason}", user=getpass.getuser(), reason=read_reason(reason))
    with complaining(UnknownBatch, UnknownDocument, IllegalTransition, Conflict, BrokenLedger):
        history = run(_cancel(subject, why, settings))
    if as_json:
        say_json({"cancelled": subject, "batch": history.batch, "documents": len(history.documents), "why": why})
        return
    console.print(plain(f"{subject} is cancelled. Its originals go to quarantine; send them again with: zimogs retry"))


async def _cancel(subject: str, why: Text, settings: Settings) -> History:
    disk = OnDisk.of(settings)
    tools = CancelTools(disk.ledger, disk.shelf, utc_now)
    if is_batch_id(subject):
        return await cancel_batch(BatchId(subject), why, tools)
    if not is_document_id(subject):
        fail(f"{subject!r} is neither a batch such as invoices-000001 nor the id of a document.", ExitCode.USAGE)
    for name, route in settings.routes_by_name.items():
        if any(waiting.id == subject for waiting in await disk.shelf.waiting_list(name)):
            return await cancel_waiting(DocumentId(subject), route, why, tools)
    raise UnknownDocument(f"No document {subject} waits. Where it is by now says: zimogs status {subject}")
