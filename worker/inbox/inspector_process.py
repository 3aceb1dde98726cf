"""The process in which documents are read: `python -m worker.inbox.inspector_process`, started by `Inspector`.

A line of JSON on standard input names a file, a line of JSON on standard output is the judgement.
"""

from pathlib import Path
from typing import Any

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.guarded import AnswerLine, answer_lines
from worker.inbox.inspection import inspect


def judge(path: Path, limit: int | None) -> AnswerLine:
    """What `inspect` says, as JSON has it."""
    try:
        return {"remarks": list(inspect(path, path.stat().st_size, limit))}
    except Rejected as error:
        return {"reason": error.reason, "detail": error.detail}
    except (MemoryError, RecursionError):
        return {"reason": Reason.TOO_COMPLEX, "detail": "reading it took more memory than it may"}


def main() -> None:
    """Answer line by line."""

    def answer(asked: dict[str, Any]) -> AnswerLine:
        return judge(Path(asked["path"]), asked["limit"])

    answer_lines(answer, lambda reply: reply.get("reason") == Reason.TOO_COMPLEX)


if __name__ == "__main__":
    main()
