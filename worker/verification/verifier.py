"""The worker's verifier: strict, offline, and a few milliseconds for a document."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cryptography import x509

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document
from jobs.model.seals import Expectation, Proof, Seal
from worker.verification import values
from worker.verification.chains import Chains
from worker.verification.grouping import Grouping
from worker.verification.inspected import ObservePath, ReadingPath
from worker.verification.judgement import SealJudge
from worker.verification.judges import JudgeProcesses
from worker.verification.questions import Judged, SealQuestion
from worker.verification.refusal import NotUnderstood

Locate = Callable[[Document], tuple[Path, Path]]
"""Where a document's original and its sealed file stand."""


_SMALL = 4 << 20
"""Bytes of a sealed file that another process may map, original and all; larger ones, which cost hashing alone, stay
with us, where hashing lets others run."""
_FEW = 8
"""So few files are judged sooner than they are told to another process."""
WORTH_A_PROCESS = 200
"""Files after which the first one is started: it costs what judging hundreds of them does."""


class LocalVerifier:
    """Implements `jobs.ports.Verifier` with files on the shelf and the given trust anchors; never uses a network.

    `observe` is told how each file was read. `processes` is how many others may judge beside us, once so many files
    have come that one is `worth_a_process`. Give it a `thread` of its own, with as many workers and at least one, for
    more would only wait for each other. Whoever opened that also closes it.
    """

    def __init__(
        self,
        place: Locate,
        anchors: Iterable[x509.Certificate],
        now: Callable[[], datetime],
        thread: Executor | None = None,
        observe: ObservePath = lambda _: None,
        *,
        processes: int = 0,
        worth_a_process: int = WORTH_A_PROCESS,
    ) -> None:
        known = tuple(anchors)
        self._place = place
        self._chains = Chains(known)
        self._now = now
        self._thread = thread
        self._observe = observe
        self._judges = JudgeProcesses(known, processes) if processes else None
        self._left = worth_a_process
        self._questions = Grouping[SealQuestion, Proof](self._judge_all, thread, at_once=max(1, processes))

    async def verify_values(
        self, seal: Seal, signed: Sequence[tuple[Digest, SignatureValue]]
    ) -> tuple[SignatureValue, ...]:
        """Check each value against its own digest; returns them in the form finalize wants. Raises Permanent."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, values.verify_values, seal.certificate, signed)

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        """Check the sealed file on the shelf against what was approved. Raises Rejected."""
        _, path = self._place(document)
        return await self._questions.ask(SealQuestion(path, document, expectation))

    def close(self) -> None:
        """End the other processes."""
        if self._judges is not None:
            self._judges.close()

    def _judge_all(self, questions: Sequence[SealQuestion]) -> list[Proof | Exception]:
        now = self._now()
        answers: dict[Path, Judged] = {}
        small = [one for one in questions if _is_small(one.path)]
        self._left -= len(questions)
        if self._judges is not None and len(small) >= _FEW and self._left < 0:
            # Where none starts, we judge by ourselves.
            with suppress(OSError):
                answers = dict(zip((one.path for one in small), self._judges.judge(small, now), strict=True))
        judge = SealJudge(self._chains, now, self._observe)
        return [self._settle(judge, one, answers.get(one.path, NotUnderstood())) for one in questions]

    def _settle(self, judge: SealJudge, question: SealQuestion, answer: Judged) -> Proof | Exception:
        if not isinstance(answer, NotUnderstood):
            self._observe(ReadingPath.FAST)
            return answer
        try:
            return judge.judge(question.path, question.document, question.expectation)
        except Exception as error:  # noqa: BLE001  it is handed to whoever asked
            return error


def _is_small(path: Path) -> bool:
    try:
        return path.stat().st_size <= _SMALL
    except OSError:
        return False
