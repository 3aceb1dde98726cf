"""The command line. Each command is a module of its own; this is only their list."""

import gc
import logging


def main() -> None:
    """Run `zimogs`."""
    # Looking for garbage among modules, where there is none, costs a tenth of a short command. Whoever loads the
    # command lets it be looked for again.
    gc.disable()
    from worker.app.logs import begin_logging
    from worker.cli.application import application

    begin_logging(logging.WARNING)
    application()


__all__ = ["main"]
