"""Sending what lies in quarantine through once more."""

from collections.abc import Mapping
from typing import Annotated

import typer

from config.settings import Settings
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from worker.app.on_disk import OnDisk
from worker.app.resending import send_again
from worker.cli.console import DEFAULT_CONFIG, Config, Json, complaints, console, fail, run, settings_to_write
from worker.cli.metadata_option import MetadataOption, read_metadata_option
from worker.cli.plain_text import plain
from worker.cli.submit import RouteOption, choose_route, open_intake, report
from worker.storage.explanation import QuarantineEntry
from worker.storage.quarantine_folder import is_edited

Entries = Mapping[DocumentId, QuarantineEntry]

Ids = Annotated[list[str] | None, typer.Argument(help="Document ids, as in the .txt beside the file.")]
ByReason = Annotated[Reason | None, typer.Option(help="Every document that lies there for this reason.")]
Again = Annotated[bool, typer.Option("--again", help="Send it even if the same content was sealed before.")]


def retry(
    ids: Ids = None,
    reason: ByReason = None,
    route: RouteOption = None,
    metadata: MetadataOption = None,
    config: Config = DEFAULT_CONFIG,
    *,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Send documents in quarantine through again, as new documents, once the cause is gone.

    What is sent is the original as it was dropped, with its sidecar if it had one, whatever became of the copies in the
    quarantine folder; `--metadata` takes the place of what the sidecar says. Exit code 1
    when one of them is refused again, and is back in quarantine with its new reason; or when the same content was
    sealed before, and `--again` does not say that it shall be sealed once more.
    """
    if bool(ids) == (reason is not None):
        fail("Name documents, or a --reason, and not both.", code=2)
    settings = settings_to_write(config)
    chosen = None if route is None else choose_route(settings, route)
    known = read_metadata_option(metadata)
    entries = {entry.explanation.document: entry for entry in run(_read_entries(settings))}
    if ids is None or reason is not None:
        ids = [document for document, entry in entries.items() if _is_meant(entry, reason)]
    wanted = [DocumentId(text) for text in ids]
    edited = [entries[document].shown for document in wanted if _is_copy_edited(entries, document)]
    disk, intake = OnDisk.of(settings), open_intake(settings)
    outcomes = run(send_again(wanted, intake, disk, settings, route=chosen, metadata=known, again=again))
    if not outcomes and not as_json:
        console.print("Nothing lies in quarantine for that reason.")
    for copy in edited:
        complaints.print(
            plain(f"{copy} was edited and is left there. What was sent is the original as it was dropped.")
        )
    report(ids, outcomes, as_json=as_json)


async def _read_entries(settings: Settings) -> tuple[QuarantineEntry, ...]:
    quarantine = OnDisk.of(settings).quarantine
    return *await quarantine.entries(), *await quarantine.dismissed()


def _is_meant(entry: QuarantineEntry, reason: Reason | None) -> bool:
    """Whether a document is meant by its reason: what was put aside for good has to be named."""
    return entry.explanation.reason is reason and entry.dismissal is None


def _is_copy_edited(entries: Entries, document: DocumentId) -> bool:
    try:
        return document in entries and is_edited(entries[document])
    except OSError:
        # Then it cannot be sent either, and that says why.
        return False
