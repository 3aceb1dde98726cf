"""Logging: one line per event, for people on a terminal and as JSON elsewhere. Never a secret, never a URL's query.

Our own events, other people's (`logging`), warnings and errors that nobody caught all pass through one formatter, so
that what reads the log meets one form from the first line to the last.
"""

import logging
import sys
import threading
from enum import StrEnum
from types import TracebackType

import structlog

from worker.app.log_errors import ForeignLines, tell_errors

_OURS = "worker"
"""The package whose loggers follow the level that is asked for; of others, warnings and worse are enough."""
_CHATTY = ("pyhanko", "pyhanko_certvalidator")
"""What they warn of stands in the reports that are made with them."""
_QUIET = ("arq",)
"""Its lines print arguments, which here may be a one-time code."""


class LogForm(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"

    @classmethod
    def usual(cls) -> "LogForm":
        """Text for a person at a terminal, JSON for everything else that reads standard error."""
        return cls.TEXT if sys.stderr.isatty() else cls.JSON


def begin_logging(level: int = logging.INFO, form: LogForm | None = None) -> None:
    """Set logging up for the process, once more where it turns out later how; in the usual form unless one is given.

    Whatever nobody caught, in any thread, is logged as well. `asyncio` logs what no task was asked for by itself.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    foreign: list[structlog.typing.Processor] = [*shared, structlog.stdlib.add_logger_name]
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(ForeignLines())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign,
            processors=[_drop_formatter_keys, tell_errors, _renderer(form or LogForm.usual())],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(_OURS).setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    _log_uncaught()


_drop_formatter_keys = structlog.stdlib.ProcessorFormatter.remove_processors_meta


def _renderer(form: LogForm) -> structlog.typing.Processor:
    return (
        structlog.dev.ConsoleRenderer()
        if form is LogForm.TEXT
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )


def _log_uncaught() -> None:
    log = structlog.get_logger(f"{_OURS}.uncaught")

    def tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        # Ctrl+C is an order, and no fault.
        if not issubclass(kind, KeyboardInterrupt) and error is not None:
            log.critical("uncaught error", exc_info=(kind, error, trace))

    sys.excepthook = tell
    threading.excepthook = lambda unhandled: tell(unhandled.exc_type, unhandled.exc_value, unhandled.exc_traceback)
    sys.unraisablehook = lambda unhandled: tell(unhandled.exc_type, unhandled.exc_value, unhandled.exc_traceback)
