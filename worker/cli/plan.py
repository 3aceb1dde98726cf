from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Config, Json
from worker.cli.lengths import read_length
from worker.cli.patterns import Pattern
from worker.cli.routes import OneRoute

_PANEL = "With --simulate"
_INSTEAD = "In place of the route's"

Simulate = Annotated[bool, typer.Option("--simulate", help="Play days through with this policy, and with others.")]
PerDay = Annotated[int, typer.Option(min=1, max=100_000, help="How many documents come.", rich_help_panel=_PANEL)]
When = Annotated[Pattern, typer.Option("--pattern", help="When they come.", rich_help_panel=_PANEL)]
Delay = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="How long the approver takes to sit down once asked: half of it to half as much again.",
        rich_help_panel=_PANEL,
    ),
]
MaxDocuments = Annotated[
    int | None, typer.Option(min=1, max=5000, help=f"{_INSTEAD}.", show_default=False, rich_help_panel=_PANEL)
]
Length = Annotated[
    str | None,
    typer.Option(metavar="TIME", help=f"{_INSTEAD}, as 30s, 30m or 2h.", show_default=False, rich_help_panel=_PANEL),
]
Days = Annotated[int, typer.Option(min=1, max=250, help="Days on which documents come.", rich_help_panel=_PANEL)]
Seed = Annotated[int, typer.Option(help="The same seed tells the same story.", rich_help_panel=_PANEL)]


def plan(
    route: OneRoute = None,
    config: Config = DEFAULT_CONFIG,
    *,
    simulate: Simulate = False,
    documents_per_day: PerDay = 500,
    pattern: When = Pattern.OFFICE_HOURS,
    approver_delay: Delay = "15m",
    max_documents: MaxDocuments = None,
    max_wait: Length = None,
    least_pause: Length = None,
    days: Days = 20,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Say what becomes of waiting documents and why; with `--simulate`, what a policy comes to before it is set.

    Without it, shows for each route what would be done at this moment, and how fast its batches went lately. Nothing is
    done by it.

    With `--simulate`, days are played through with the very rule that makes batches. It shows how long documents wait
    until their person is asked and until they are sealed, and how many approvals (passwords) and sittings
    (interruptions) that takes on a day. The first line is the policy of the route with what the options put in its
    place; each other line differs from it in one setting. Without a settings file it starts from the defaults.

    For example:

        zimogs plan
        zimogs plan --simulate --documents-per-day 10000 --max-documents 1000 --max-wait 30m
        zimogs plan --simulate --route invoices --max-wait 1h --least-pause 20m --approver-delay 1h
    """
    if simulate:
        from worker.cli.handlers.simulation import SimulationRequest, show_simulation

        lengths = {"max_wait": max_wait, "least_pause": least_pause}
        chosen: dict[str, object] = {name: read_length(text) for name, text in lengths.items() if text is not None}
        if max_documents is not None:
            chosen["max_documents"] = max_documents
        request = SimulationRequest(documents_per_day, pattern, read_length(approver_delay), days, seed)
        show_simulation(config, route, chosen, request, as_json=as_json)
    else:
        if any(given is not None for given in (max_documents, max_wait, least_pause)):
            raise typer.BadParameter("--max-documents, --max-wait and --least-pause change nothing without --simulate.")
        from worker.cli.handlers.plan import show_plan

        show_plan(config, route, as_json=as_json)
