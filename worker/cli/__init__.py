"""The command line. Each command is a module of its own; this is only their list."""

import logging

from worker.app.logs import begin_logging
from worker.cli.application import application


def main() -> None:
    """Run `zimogs`."""
    begin_logging(logging.WARNING)
    application()


__all__ = ["main"]
