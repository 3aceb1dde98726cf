"""Finding documents by what somebody remembers of them."""

from typing import Annotated

import typer

from config.settings import Settings
from jobs.model.documents import Document
from jobs.model.metadata import Metadata
from jobs.model.names import RouteName
from worker.app.on_disk import OnDisk
from worker.app.whereabouts import outbox_address
from worker.cli.console import DEFAULT_CONFIG, Config, Json, complaints, console, fail, run, say_json, settings_from
from worker.cli.exit_codes import ExitCode
from worker.cli.indexed import Limit, asking, tell_incomplete
from worker.cli.plain_text import plain
from worker.cli.routes import OneRoute, find_route
from worker.cli.tables import show_table
from worker.storage.explanation import QuarantineEntry
from worker.storage.index.batch_index import FoundDocuments
from worker.storage.index.entries import IndexedDocument
from worker.storage.index.question import Question

WordsArgument = Annotated[
    list[str],
    typer.Argument(
        help="Words of its name, number, reference, customer or sender; or the beginning of its SHA-256, its id, its "
        "batch, or a day or month.",
        show_default=False,
    ),
]
Facts = dict[str, object]


def documents(
    words: WordsArgument,
    route: OneRoute = None,
    limit: Limit = 50,
    config: Config = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
) -> None:
    """Find documents that wait, lie in quarantine or were in any batch: by name, number, customer, hash or day.

    Capitals and diacritics do not matter, and all words must be there. Exit code 3 when nothing is found, 4 while there
    is no index of the batches yet.

    By whom, by number, by file, and by month:

        zimogs documents bērziņš
        zimogs documents R-2026-17
        zimogs documents $(sha256sum invoice.pdf | cut -c-64)
        zimogs documents 2026-11 --route invoices
    """
    settings = settings_from(config)
    chosen = find_route(settings, route)
    question = Question.read(" ".join(words))
    if question.is_empty:
        fail("That is too little to look for: name three letters at least.", ExitCode.USAGE)
    routes = frozenset(settings.routes if chosen is None else [chosen])
    with asking():
        rows, page = run(_find(settings, question, routes, limit))
    tell_incomplete(is_complete=page.is_complete)
    is_cut = page.is_cut or len(rows) > limit
    rows = rows[:limit]
    if as_json:
        say_json({"documents": rows, "cut": is_cut, "complete": page.is_complete})
    else:
        show_table(rows)
        if not rows:
            console.print("Nothing was found.")
        elif is_cut:
            complaints.print(plain("There are more: ask more precisely, or raise --limit."), style="yellow")
    if not rows:
        raise typer.Exit(ExitCode.REFUSED)


async def _find(
    settings: Settings, question: Question, routes: frozenset[RouteName], limit: int
) -> tuple[list[Facts], FoundDocuments]:
    """What waits, what no batch holds any more, and what the index knows; a document once, by what is newest of it."""
    disk = OnDisk.of(settings)
    page = await disk.index.find_documents(question, routes)
    indexed = list(page.documents)
    while page.has_more and len(indexed) <= limit:
        page = await disk.index.find_documents(question, routes, page.page + 1)
        indexed += page.documents
    found: dict[str, Facts] = {}
    for route in sorted(routes):
        for waiting in await disk.shelf.waiting_list(route):
            if question.fits(waiting.id, waiting.name, waiting.sha256.hex, waiting.metadata):
                found[waiting.id] = _describe_waiting(waiting)
    for entry in await disk.quarantine.entries():
        why = entry.explanation
        if (why.route is None or why.route in routes) and question.fits(why.document, why.name, why.sha256, None):
            found[why.document] = _describe_quarantined(entry)
    for document in indexed:
        found.setdefault(document.id, _describe_indexed(document, settings))
    return list(found.values()), page


def _describe_waiting(document: Document) -> Facts:
    return _row(document.id, "waiting", document.name, document.route, "", document.metadata, "")


def _describe_quarantined(entry: QuarantineEntry) -> Facts:
    why = entry.explanation
    return _row(why.document, "quarantined", why.name, why.route or "", why.batch or "", None, str(entry.path))


def _describe_indexed(document: IndexedDocument, settings: Settings) -> Facts:
    path = f"{outbox_address(settings)}/{document.route}/{document.path}" if document.path else ""
    return _row(document.id, document.ending, document.name, document.route, document.batch, document.metadata, path)


def _row(id_: str, state: str, name: str, route: str, batch: str, known: Metadata | None, path: str) -> Facts:  # noqa: PLR0917
    number, customer = (known.number, known.customer) if known else (None, None)
    return {
        "document": id_,
        "state": str(state),
        "name": name,
        "route": route,
        "batch": batch,
        "number": number or "",
        "customer": customer or "",
        "path": path,
    }
