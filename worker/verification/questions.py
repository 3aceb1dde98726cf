"""What another process is asked about sealed files, and what it answers, as JSON: data, and nothing that is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jobs.model.documents import Document
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation, Proof
from worker.guarded import AnswerLine
from worker.verification.refusal import NotUnderstood

Judged = Proof | Rejected | NotUnderstood


@dataclass(frozen=True, slots=True)
class SealQuestion:
    """Whether the file is the sealing of that document, as it was approved."""

    path: Path
    document: Document
    expectation: Expectation


def encode_questions(questions: Sequence[SealQuestion], now: datetime) -> AnswerLine:
    """The questions as JSON has them, to be answered as of `now`."""
    files = [
        {
            "path": str(one.path),
            # Nothing is judged by what a sender says of a document.
            "document": one.document.model_dump(mode="json", exclude={"metadata"}),
            "expectation": one.expectation.model_dump(mode="json"),
        }
        for one in questions
    ]
    return {"now": now.isoformat(), "files": files}


def decode_questions(asked: Mapping[str, Any]) -> tuple[datetime, list[SealQuestion]]:
    """The same back."""
    files = [
        SealQuestion(
            Path(one["path"]), Document.model_validate(one["document"]), Expectation.model_validate(one["expectation"])
        )
        for one in asked["files"]
    ]
    return datetime.fromisoformat(asked["now"]), files


def encode_answers(answers: Sequence[Judged], *, is_spent: bool) -> AnswerLine:
    """Answers as JSON has them; whoever `is_spent` gives no further ones."""
    return {"answers": [_encode(one) for one in answers], "is_spent": is_spent}


def decode_answers(said: Mapping[str, Any], count: int) -> list[Judged]:
    """So many of them back. Raises ValueError, KeyError, TypeError or AttributeError for what no judge of ours says."""
    answers = [_decode(one) for one in said["answers"]]
    if len(answers) != count:
        raise ValueError(f"{count} files were asked about, {len(answers)} answers came")
    return answers


def _encode(answer: Judged) -> AnswerLine:
    if isinstance(answer, Proof):
        return {"proof": answer.model_dump(mode="json")}
    if isinstance(answer, Rejected):
        return {"reason": answer.reason, "detail": str(answer.detail)}
    return {}


def _decode(said: Mapping[str, Any]) -> Judged:
    if "proof" in said:
        return Proof.model_validate(said["proof"])
    return Rejected(Reason(said["reason"]), str(said["detail"])) if said else NotUnderstood()
