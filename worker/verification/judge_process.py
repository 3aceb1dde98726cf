"""The process in which sealed files are judged beside the worker: `python -m worker.verification.judge_process`.

By our own reader alone. What that does not understand, or what takes more memory than a file may here, it leaves to
the worker, which has libraries read it in a third process.
"""

from base64 import b64decode
from typing import Any

import pyhanko.sign.general  # noqa: F401 - `cms.py` loads it late, and here it is no file that takes its memory
from cryptography import x509

from jobs.model.errors import Rejected
from worker.guarded import AnswerLine, answer_lines
from worker.verification.chains import Chains
from worker.verification.judgement import SealJudge
from worker.verification.questions import Judged, SealQuestion, decode_questions, encode_answers
from worker.verification.refusal import NotUnderstood


class JudgeProcess:
    """Answers line by line; the first one says whom to trust."""

    def __init__(self) -> None:
        self._chains = Chains(())
        self.is_spent = False
        """Whether files have left too little memory for others."""

    def answer(self, asked: dict[str, Any]) -> AnswerLine:
        """Take over the trust anchors, or judge files."""
        if "anchors" in asked:
            self._chains = Chains(x509.load_der_x509_certificate(b64decode(one)) for one in asked["anchors"])
            return {}
        now, questions = decode_questions(asked)
        judge = SealJudge(self._chains, now, is_alone=False)
        return encode_answers([self._judge(judge, one) for one in questions], is_spent=self.is_spent)

    def _judge(self, judge: SealJudge, question: SealQuestion) -> Judged:
        try:
            return judge.judge(question.path, question.document, question.expectation)
        except (Rejected, NotUnderstood) as answer:
            return answer
        except (MemoryError, RecursionError):
            self.is_spent = True
            return NotUnderstood()
        except OSError:
            # The worker meets it too, where it says what is wrong with the system.
            return NotUnderstood()


if __name__ == "__main__":
    process = JudgeProcess()
    answer_lines(process.answer, lambda _: process.is_spent)
