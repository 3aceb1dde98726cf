"""How preflight says no."""

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason


def damaged(detail: str) -> Rejected:
    """The refusal of a file whose parts are missing or do not fit together."""
    return Rejected(Reason.DAMAGED, detail)


def too_complex(detail: str) -> Rejected:
    """The refusal of a file that nobody can check within the limits."""
    return Rejected(Reason.TOO_COMPLEX, detail)
