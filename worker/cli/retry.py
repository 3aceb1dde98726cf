"""Sending what lies in quarantine through once more."""

from collections.abc import Mapping
from typing import Annotated

import typer

from config.settings import Settings
from jobs.model.documents import Document
from jobs.model.duplicates import Repeated
from jobs.model.names import DocumentId, RouteName
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from worker.app.on_disk import OnDisk
from worker.cli.console import DEFAULT_CONFIG, Config, Json, complaints, console, fail, run, settings_to_write
from worker.cli.metadata_option import MetadataOption, read_metadata_option
from worker.cli.plain_text import plain
from worker.cli.submit import Result, RouteOption, SealedAlready, choose_route, open_intake, report, take_in_order
from worker.storage.explanation import QuarantineEntry
from worker.storage.outbox import DiskOutbox
from worker.storage.quarantine_folder import is_edited
from worker.storage.sidecar import Sidecar

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
    entries = {entry.explanation.document: entry for entry in run(OnDisk.of(settings).quarantine.entries())}
    if ids is None or reason is not None:
        ids = [document for document, entry in entries.items() if entry.explanation.reason is reason]
    wanted = [DocumentId(text) for text in ids]
    edited = [entries[document].shown for document in wanted if _is_copy_edited(entries, document)]
    sealed = {} if again else _find_sealed(settings, wanted, entries)
    outcomes = run(_send_again(settings, wanted, chosen, sealed, known))
    if not outcomes and not as_json:
        console.print("Nothing lies in quarantine for that reason.")
    for copy in edited:
        complaints.print(
            plain(f"{copy} was edited and is left there. What was sent is the original as it was dropped.")
        )
    report(ids, outcomes, as_json=as_json)


async def _send_again(
    settings: Settings,
    wanted: list[DocumentId],
    route: RouteName | None,
    sealed: Mapping[DocumentId, Sidecar],
    metadata: bytes | None,
) -> list[Result]:
    intake = open_intake(settings)

    async def send(document: DocumentId) -> Document | Refusal | Repeated:
        if sidecar := sealed.get(document):
            raise SealedAlready(
                f"the same content was sealed on {sidecar.sealed.sealed_at:%Y-%m-%d %H:%M %Z}, as "
                f"{sidecar.route}/{sidecar.sealed.name} in the outbox. To seal it once more add --again."
            )
        return await intake.retry(document, route, metadata)

    return await take_in_order(map(send, wanted))


def _find_sealed(settings: Settings, wanted: list[DocumentId], entries: Entries) -> Mapping[DocumentId, Sidecar]:
    hashes = {document: entries[document].explanation.sha256 for document in wanted if document in entries}
    outbox = DiskOutbox(settings.folders.outbox, OnDisk.of(settings).layout)
    known = run(outbox.deliveries_of(set(filter(None, hashes.values()))))
    return {document: known[hashed] for document, hashed in hashes.items() if hashed in known}


def _is_copy_edited(entries: Entries, document: DocumentId) -> bool:
    try:
        return document in entries and is_edited(entries[document])
    except OSError:
        # Then it cannot be sent either, and that says why.
        return False
