"""An error that nobody expected, at one document, is that document's alone: its batch goes on without it.

Otherwise one document that meets a fault of ours would be tried with its whole batch for ever.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from jobs.model.errors import Rejected, SealingError
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from jobs.ports import Tools

_OURS = {"jobs", "config", "worker"}


@contextmanager
def refusing_unexpected(document: DocumentId, tools: Tools) -> Iterator[None]:
    """Tell whatever nobody expected within the block, and raise it as Rejected.

    What a step says of itself passes, and so do the system's errors: a full disk is no document's fault.
    """
    try:
        yield
    except (SealingError, OSError):
        raise
    except Exception as error:
        tools.tell_fault(document, error)
        raise Rejected(Reason.UNEXPECTED, _describe(error)) from error


@contextmanager
def passing_unexpected(document: DocumentId, tools: Tools) -> Iterator[None]:
    """Tell whatever nobody expected within the block, and go on behind it; all else passes as above."""
    try:
        with refusing_unexpected(document, tools):
            yield
    except Rejected as error:
        if error.reason is not Reason.UNEXPECTED:
            raise


def _describe(error: Exception) -> str:
    """Kind and place; not the message, in which a foreign error may repeat what it was given."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] in _OURS:
            place = f" in {module}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}{place}"
