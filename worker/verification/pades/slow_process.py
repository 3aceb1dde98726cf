"""The process in which libraries read sealed files: `python -m worker.verification.pades.slow_process`."""

from pathlib import Path
from typing import Any

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.guarded import AnswerLine, answer_lines
from worker.verification.pades.slow import judge_slowly
from worker.verification.pades.slow_answer import encode_structure
from worker.verification.pades.structure import opened


def _answer(asked: dict[str, Any]) -> AnswerLine:
    stumble = ValueError(asked["stumble"])
    try:
        with opened(Path(asked["path"]), asked["size"]) as sealed:
            return encode_structure(
                judge_slowly(sealed.content, sealed.size, Profile.model_validate(asked["profile"]), stumble)
            )
    except Rejected as error:
        return {"reason": error.reason, "detail": error.detail}
    except (MemoryError, RecursionError):
        why = f"{stumble}; and a second reading takes more memory than it may"
        return {"reason": Reason.CANNOT_TELL, "detail": why}


if __name__ == "__main__":
    answer_lines(_answer, lambda reply: reply.get("reason") == Reason.CANNOT_TELL)
