import os
import sys
from importlib.util import find_spec

import typer

from worker.cli.console import fail
from worker.demo import NO_PRACTICE_VENDOR

application = typer.Typer(add_completion=False)


# Whatever is said to the practice vendor is its own affair, `--help` included.
@application.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def sandbox(context: typer.Context) -> None:
    """Run the practice vendor on its own, for any client: real keys, real PAdES, its own CA.

    Nothing that it seals is legally binding. All options go to it, and `zimogs sandbox --help` shows them: `--config`,
    `--port`, `--state`, `--weather`, `--json` …

    For example:

        zimogs sandbox --port 8500 --state practice
    """
    if find_spec("sandbox") is None:
        fail(NO_PRACTICE_VENDOR)
    # The vendor shares no code with us, so it is a program of its own; this process becomes it.
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *context.args])  # noqa: S606
