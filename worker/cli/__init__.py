"""The command line. Each command is a module of its own; this is only their list."""

from worker.cli.application import application


def main() -> None:
    """Run `zimogs`."""
    application()


__all__ = ["main"]
