"""Sending what lies in quarantine through once more, and saying what became of each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from config.settings import Settings
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from worker.app.on_disk import OnDisk
from worker.app.resending import send_again
from worker.cli.console import complaints, console, run, settings_to_write
from worker.cli.handlers.submit import open_intake, report
from worker.cli.metadata_option import read_metadata_option
from worker.cli.plain_text import plain
from worker.cli.routes import find_route
from worker.storage.explanation import QuarantineEntry
from worker.storage.quarantine_folder import is_edited

Entries = Mapping[DocumentId, QuarantineEntry]


def send_through_again(
    ids: Sequence[str] | None,
    reason: Reason | None,
    route: str | None,
    metadata: list[str] | None,
    config: Path,
    *,
    again: bool,
    as_json: bool,
) -> None:
    """Send these documents, or all that lie there for the reason; ends with exit code 1 when one was not accepted."""
    settings = settings_to_write(config)
    chosen = find_route(settings, route)
    known = read_metadata_option(metadata)
    entries = {entry.explanation.document: entry for entry in run(_read_entries(settings))}
    if ids is None or reason is not None:
        ids = [document for document, entry in entries.items() if _is_meant(entry, reason)]
    wanted = [DocumentId(text) for text in ids]
    edited = [entries[document].shown for document in wanted if _is_copy_edited(entries, document)]
    disk, intake = OnDisk.of(settings), open_intake(settings)
    outcomes = run(send_again(wanted, intake, disk, route=chosen, metadata=known, again=again))
    if not outcomes and not as_json:
        console.print("Nothing lies in quarantine for that reason.")
    for copy in edited:
        complaints.print(
            plain(f"{copy} was edited and is left there. What was sent is the original as it was dropped.")
        )
    report(ids, outcomes, as_json=as_json)


async def _read_entries(settings: Settings) -> tuple[QuarantineEntry, ...]:
    quarantine = OnDisk.of(settings).quarantine
    return *await quarantine.entries(), *await quarantine.dismissed_entries()


def _is_meant(entry: QuarantineEntry, reason: Reason | None) -> bool:
    """Whether a document is meant by its reason: what was put aside for good has to be named."""
    return entry.explanation.reason is reason and entry.dismissal is None


def _is_copy_edited(entries: Entries, document: DocumentId) -> bool:
    try:
        return document in entries and is_edited(entries[document])
    except OSError:
        # Then it cannot be sent either, and that says why.
        return False
