from typing import Annotated, Any

import typer

from config.settings import Settings
from jobs.model.names import DocumentId, RouteName
from jobs.model.reasons import Reason
from worker.app.on_disk import OnDisk
from worker.cli.options import DEFAULT_CONFIG, Config, Json
from worker.cli.speaking import complaining, console, fail, run, settings_from
from worker.cli.submit import RouteOption, chosen_route, facts_of, tell
from worker.storage.explanation import NotQuarantined

Ids = Annotated[list[str] | None, typer.Argument(help="Document ids, as in the .txt beside the file.")]
ByReason = Annotated[Reason | None, typer.Option(help="Every document that lies there for this reason.")]


def retry(
    ids: Ids = None,
    reason: ByReason = None,
    route: RouteOption = None,
    config: Config = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
) -> None:
    """Send documents in quarantine through again, as new documents, once the cause is gone.

    Exit code 1 when one of them is refused again; it is back in quarantine then, with its new reason.
    """
    if bool(ids) == (reason is not None):
        fail("Name documents, or a --reason, and not both.", code=2)
    settings = settings_from(config)
    chosen = None if route is None else chosen_route(settings, route)
    with complaining(OSError, NotQuarantined):
        rows = run(_sent_again(settings, ids or [], reason, chosen))
    if not rows and not as_json:
        console.print("Nothing lies in quarantine for that reason.")
    tell(rows, as_json=as_json)


async def _sent_again(
    settings: Settings, ids: list[str], reason: Reason | None, route: RouteName | None
) -> list[dict[str, Any]]:
    disk = OnDisk.of(settings)
    intake = disk.intake(settings, limit=lambda: None, observe=lambda _: None)
    if reason is not None:
        ids = [e.explanation.document for e in await disk.quarantine.entries() if e.explanation.reason is reason]
    return [facts_of(text, await intake.retry(DocumentId(text), route)) for text in ids]
