"""How a check says no."""

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason


def refused(detail: str) -> Rejected:
    """The refusal of a sealed file, with one sentence for whoever investigates."""
    return Rejected(Reason.NOT_VERIFIED, detail)


def doubt(detail: str) -> Rejected:
    """The refusal of a sealed file that nobody can judge, and that nobody says was altered."""
    return Rejected(Reason.CANNOT_TELL, detail)


def require(holds: object, otherwise: str) -> None:
    """Go on if the condition holds. Raises Rejected with the sentence `otherwise`."""
    if not holds:
        raise refused(otherwise)


def require_understood(holds: object, otherwise: str) -> None:
    """Go on if the condition holds. Raises Rejected as something that nobody can tell, not as altered."""
    if not holds:
        raise doubt(otherwise)
