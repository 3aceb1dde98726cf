"""Errors in log lines: where each arose, and only what `error_text` lets be told of it, whoever logs it."""

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType

from structlog.typing import EventDict, WrappedLogger

from worker.error_text import error_text

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def tell_errors(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor: errors among the values become sentences, and `exc_info` a traceback without messages."""
    for name, value in event.items():
        if isinstance(value, BaseException) and name != "exc_info":
            event[name] = error_text(value)
    error = _find_error(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = "".join(_trace(error)).rstrip()
    return event


class ForeignLines(logging.Filter):
    """Lines of other people's loggers, whose arguments may be errors; `tell_errors` tells the one behind `exc_info`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record where it would tell too much; every record passes."""
        if isinstance(record.args, tuple):
            record.args = tuple(error_text(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
        if isinstance(record.msg, str) and not record.args and _find_error(record.exc_info):
            # asyncio describes the task behind its first line, and with it the error that ended it.
            record.msg = record.msg.partition("\n")[0]
        return True


def _find_error(given: object) -> BaseException | None:
    """The error behind an `exc_info` in any of its forms."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return next((part for part in given if isinstance(part, BaseException)), None)
    return sys.exception() if given else None


def _trace(error: BaseException) -> Iterator[str]:
    """The lines of a traceback, the cause first, as Python prints them (PEP 3134), with `error_text` at its end."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _trace(before)
        yield "which led to\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__name__}: {error_text(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _trace(part)
