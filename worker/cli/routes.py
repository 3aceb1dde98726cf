"""Routes as people name them at a terminal."""

from typing import Annotated

import typer

from config.settings import Settings
from jobs.model.names import RouteName
from worker.cli.console import fail
from worker.cli.exit_codes import ExitCode

RouteOption = Annotated[
    str | None, typer.Option("--route", "-r", help="The route; not needed when there is only one.", show_default=False)
]


OneRoute = Annotated[
    str | None, typer.Option("--route", "-r", help="Only this route; else all of them.", show_default=False)
]


def find_route(settings: Settings, name: str | None) -> RouteName | None:
    """The named route, None for all of them; ends with an explanation where there is none of that name."""
    return None if name is None else choose_route(settings, name)


def choose_route(settings: Settings, name: str | None) -> RouteName:
    """The named route, or the only one there is; ends with an explanation otherwise."""
    known = ", ".join(settings.routes)
    if name is None and len(settings.routes) > 1:
        fail(f"There are several routes; choose one with --route: {known}", ExitCode.USAGE)
    route = RouteName(name or next(iter(settings.routes)))
    if route not in settings.routes:
        fail(f"There is no route {name!r}. Known routes: {known}", ExitCode.USAGE)
    return route
