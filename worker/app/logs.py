"""Logging: one line per event, for people on a terminal and as JSON elsewhere. Never a secret, never a URL's query."""

import logging
import sys

import structlog

from worker.app.log_errors import ForeignLines, tell_errors


def begin_logging(level: int = logging.INFO) -> None:
    """Set logging up once per process; as JSON unless standard error is a terminal."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_errors,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(ForeignLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for chatty in ("pyhanko", "pyhanko_certvalidator"):
        # What they warn of stands in the reports that are made with them.
        logging.getLogger(chatty).setLevel(logging.ERROR)
