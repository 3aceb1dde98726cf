"""Logging: one line per event, for people on a terminal and as JSON elsewhere. Never a secret, never a URL's query."""

import logging
import sys

import structlog


def begin_logging(*, verbose: bool = False, as_json: bool | None = None) -> None:
    """Set logging up once per process; as JSON unless standard error is a terminal."""
    level = logging.DEBUG if verbose else logging.INFO
    machine = not sys.stderr.isatty() if as_json is None else as_json
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
