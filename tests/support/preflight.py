"""What the way in says of a PDF."""

from pathlib import Path

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from worker.inbox.inspection import inspect


def reason_against(pdf: bytes, folder: Path, limit: int | None = None) -> Reason | None:
    """Why that content is refused; None when it can be sealed."""
    try:
        remarks_on(pdf, folder, limit)
    except Rejected as error:
        return error.reason
    return None


def remarks_on(pdf: bytes, folder: Path, limit: int | None = None) -> tuple[Remark, ...]:
    """What a person is told about it. Raises Rejected."""
    path = folder / "judged.pdf"
    path.write_bytes(pdf)
    return inspect(path, len(pdf), limit)
