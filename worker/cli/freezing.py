"""Stopping all sealing at once, and letting it go on: two commands on the data folder, whatever else runs."""

import getpass

from jobs.model.freeze import Freeze
from worker.app.on_disk import OnDisk
from worker.cli.console import DEFAULT_CONFIG, Config, Json, console, fail, run, say_json, settings_to_write
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import plain
from worker.cli.reasons import Why, read_reason
from worker.cli.routes import OneRoute, find_route
from worker.clock import utc_now


def freeze(reason: Why, config: Config = DEFAULT_CONFIG, *, route: OneRoute = None, as_json: Json = False) -> None:
    """Freeze sealing: nobody is asked, no consent is used and nothing is signed until `zimogs unfreeze`.

    It holds at once and for all processes on this data folder, and outlives their restart. What was signed before goes
    to its end; documents are still taken in and prepared.

    For example:

        zimogs freeze --reason "the seal may be stolen"
        zimogs freeze --route invoices --reason "wrong amounts"
    """
    settings = settings_to_write(config)
    begun = Freeze(route=find_route(settings, route), at=utc_now(), by=getpass.getuser(), reason=read_reason(reason))
    run(OnDisk.of(settings).freezes.begin(begun))
    if as_json:
        say_json(begun.model_dump(mode="json"))
    else:
        console.print(plain(f"{begun.sentence}\nNothing is signed any more. Let it go on with: {_command(route)}"))


def unfreeze(config: Config = DEFAULT_CONFIG, *, route: OneRoute = None, as_json: Json = False) -> None:
    """Lift a freeze: people are asked again, and sealing goes on. Exit code 3 when there was none.

    A freeze of everything and one of a route are lifted apart from each other.

    For example:

        zimogs unfreeze
        zimogs unfreeze --route invoices
    """
    settings = settings_to_write(config)
    freezes = OnDisk.of(settings).freezes
    lifted = run(freezes.lift(find_route(settings, route), at=utc_now(), by=getpass.getuser()))
    left = run(freezes.all())
    if lifted is None:
        still = "".join(f"\n{each.sentence}: lift that with {_command(each.route)}" for each in left)
        fail(f"Nothing of that is frozen.{still}", ExitCode.REFUSED)
    if as_json:
        say_json({"lifted": lifted.model_dump(mode="json"), "frozen": [each.model_dump(mode="json") for each in left]})
        return
    console.print(plain(f"Lifted: {lifted.freeze.sentence}"))
    for each in left:
        console.print(plain(f"Still frozen: {each.sentence}. Lift that with: {_command(each.route)}"))


def _command(route: str | None) -> str:
    return "zimogs unfreeze" + ("" if route is None else f" --route {route}")
