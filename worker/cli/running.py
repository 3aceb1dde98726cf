"""The commands that stay: everything in one process, or its parts apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from worker.app.logs import LogForm
from worker.cli.console import DEFAULT_CONFIG, Config, Json, Verbose

LogOption = Annotated[
    LogForm | None,
    typer.Option("--log", help="How log lines look.", show_default="text at a terminal, else json"),
]


def run(
    config: Config = DEFAULT_CONFIG, *, as_json: Json = False, verbose: Verbose = False, log_form: LogOption = None
) -> None:
    """Watch the inbox, work, and serve the desk: everything for one machine in one process.

    Stop it with Ctrl+C or SIGTERM: steps under way are finished first, and the next start goes on where it stood.

    For example:

        zimogs run --config /etc/zimogs/zimogs.toml
    """
    _stay(config, ("watch", "work", "desk"), as_json=as_json, verbose=verbose, form=log_form)


def worker(
    config: Config = DEFAULT_CONFIG, *, as_json: Json = False, verbose: Verbose = False, log_form: LogOption = None
) -> None:
    """Only work: prepare, seal, deliver, recover. Start as many as you like on one data folder or bucket and Redis.

    For example:

        zimogs worker --log json
    """
    _stay(config, ("work",), as_json=as_json, verbose=verbose, form=log_form)


def watch(
    config: Config = DEFAULT_CONFIG, *, as_json: Json = False, verbose: Verbose = False, log_form: LogOption = None
) -> None:
    """Only watch the inbox, take documents in and quarantine what cannot be sealed.

    For example:

        zimogs watch
    """
    _stay(config, ("watch",), as_json=as_json, verbose=verbose, form=log_form)


def desk(
    config: Config = DEFAULT_CONFIG, *, as_json: Json = False, verbose: Verbose = False, log_form: LogOption = None
) -> None:
    """Only serve the desk, where people sign in, enrol seals and approve batches.

    For example:

        zimogs desk
    """
    _stay(config, ("desk",), as_json=as_json, verbose=verbose, form=log_form)


def _stay(config: Path, parts: Sequence[str], *, as_json: bool, verbose: bool, form: LogForm | None) -> None:
    from worker.cli.handlers.running import stay

    stay(config, parts, as_json=as_json, verbose=verbose, form=form)
