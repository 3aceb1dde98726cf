"""How a check says no."""

from collections.abc import Iterator
from contextlib import contextmanager

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason


class NotUnderstood(Exception):
    """Our own reader does not understand the file, and whoever asked has libraries read it elsewhere."""


def refused(detail: str) -> Rejected:
    """The refusal of a sealed file, with one sentence for whoever investigates."""
    return Rejected(Reason.NOT_VERIFIED, detail)


def doubt(detail: str) -> Rejected:
    """The refusal of a sealed file that nobody can judge, and that nobody says was altered."""
    return Rejected(Reason.CANNOT_TELL, detail)


def unproven(detail: str) -> Rejected:
    """The refusal of a sealed file in which nothing was altered, and that does not prove all it should."""
    return Rejected(Reason.UNPROVEN, detail)


def require(holds: object, otherwise: str) -> None:
    """Go on if the condition holds. Raises Rejected with the sentence `otherwise`."""
    if not holds:
        raise refused(otherwise)


def require_understood(holds: object, otherwise: str) -> None:
    """Go on if the condition holds. Raises Rejected as something that nobody can tell, not as altered."""
    if not holds:
        raise doubt(otherwise)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn whatever the readers of a hostile file raise within the block into Rejected; `what` names it in a sentence.

    What our own readers find wrong (ValueError) is a refusal. A parser may stumble in any other way: then nothing is
    delivered, and nobody says that the file was altered. OSError and MemoryError say nothing of the file, and pass.
    """
    try:
        yield
    except (Rejected, NotUnderstood, OSError, MemoryError):
        raise
    except ValueError as error:
        raise refused(f"{what} is not as it must be: {error}") from error
    except Exception as error:
        raise doubt(f"{what} cannot be understood: {error!r}") from error
