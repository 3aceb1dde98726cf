import os
import sys

import typer


def sandbox(context: typer.Context) -> None:
    """Run the practice vendor on its own, for any client: real keys, real PAdES, its own CA, nothing legally binding.

    All options go to it; `zimogs sandbox --help` shows them: `--config`, `--port`, `--state`, `--weather`, `--json` …
    """
    # The vendor shares no code with us, so it is a program of its own; this process becomes it.
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *context.args])  # noqa: S606
