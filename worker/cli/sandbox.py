import os
import sys

import typer


def sandbox(
    context: typer.Context,
) -> None:
    """Run the practice vendor on its own, for any client."""
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *context.args])  # noqa: S606  replaces this process
