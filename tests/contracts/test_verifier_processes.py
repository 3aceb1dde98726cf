"""Sealed files are judged in processes of their own as they are judged here, and none takes another along."""

import asyncio
import fcntl
import os
import signal
import sys
import termios
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation, Proof
from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import add_text, document_of, made_in_practice
from tests.contracts.test_verifier_slow import add_store_in_hexadecimal
from tests.support import pades
from tests.support.pki import NOON, the_authority, the_seal
from worker.guarded import Died
from worker.verification.grouping import LARGEST_GROUP, Grouping
from worker.verification.inspected import ReadingPath
from worker.verification.judges import JudgeProcesses
from worker.verification.questions import SealQuestion, decode_answers
from worker.verification.refusal import NotUnderstood
from worker.verification.verifier import LocalVerifier

ORIGINAL = pades.an_original()


@pytest.fixture(scope="module")
def judges() -> Iterator[JudgeProcesses]:
    judges = JudgeProcesses([the_authority().root.certificate], 1)
    yield judges
    judges.close()


class Sealed:
    """A genuine sealed file, and others beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.content, self.expectation = made_in_practice(ORIGINAL, KeyKind.P256)

    def question(self, name: str, content: bytes | None = None, expectation: Expectation | None = None) -> SealQuestion:
        path = self._folder / name
        path.write_bytes(self.content if content is None else content)
        return SealQuestion(path, document_of(ORIGINAL), expectation or self.expectation)


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    return Sealed(tmp_path)


def process_ids() -> list[int]:
    """The judging processes that this one has."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    ids = [int(one) for path in children for one in path.read_text().split()]
    return [one for one in ids if b"judge_process" in Path(f"/proc/{one}/cmdline").read_bytes()]


def stop(process: int) -> None:
    """Stop it, and wait until it stands still."""
    os.kill(process, signal.SIGSTOP)
    ends = time.monotonic() + 60
    while Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < ends, "it does not stop"
        os.sched_yield()


def wait_until_asked(process: int) -> None:
    """Until a question waits in the pipe of a process that is stopped."""
    with Path(f"/proc/{process}/fd/0").open("rb") as pipe:
        ends = time.monotonic() + 60
        while not int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder):
            assert time.monotonic() < ends, "it was never asked"
            os.sched_yield()


async def test_each_file_of_a_group_has_its_own_answer(judges: JudgeProcesses, sealed: Sealed) -> None:
    altered = pades.changed(sealed.content, add_text)
    slow = await pades.signed(ORIGINAL, the_seal(), pades.stamped_at(NOON))
    gone = sealed.question("gone.pdf")
    gone.path.unlink()
    questions = [
        sealed.question("a.pdf"),
        sealed.question("b.pdf", altered),
        sealed.question("c.pdf", pades.changed(slow, add_store_in_hexadecimal), pades.expected_of(slow, the_seal())),
        gone,
        sealed.question("e.pdf"),
    ]
    first, refused, slow_one, missing, last = await asyncio.to_thread(judges.judge, questions, NOON)
    assert isinstance(first, Proof)
    assert (first, first.size) == (last, len(sealed.content))
    assert isinstance(refused, Rejected)
    assert refused.reason is Reason.NOT_VERIFIED
    # What only libraries understand, or what the system refuses, whoever asked finds out.
    assert isinstance(slow_one, NotUnderstood)
    assert isinstance(missing, NotUnderstood)


def test_a_process_that_ended_between_two_groups_is_replaced(judges: JudgeProcesses, sealed: Sealed) -> None:
    assert isinstance(judges.judge([sealed.question("a.pdf")], NOON)[0], Proof)
    (process,) = process_ids()
    os.kill(process, signal.SIGKILL)
    assert isinstance(judges.judge([sealed.question("a.pdf"), sealed.question("b.pdf")], NOON)[1], Proof)
    assert process_ids() != [process]


def test_a_process_that_dies_over_a_group_takes_no_file_along(judges: JudgeProcesses, sealed: Sealed) -> None:
    questions = [sealed.question("a.pdf"), sealed.question("b.pdf")]
    judges.judge(questions, NOON)
    (process,) = process_ids()
    stop(process)
    with ThreadPoolExecutor(1) as thread:
        answers = thread.submit(judges.judge, questions, NOON)
        wait_until_asked(process)
        os.kill(process, signal.SIGKILL)
        assert all(isinstance(one, Proof) for one in answers.result())


@pytest.mark.parametrize(
    "said", [{}, {"answers": []}, {"answers": [{"proof": {}}]}, {"answers": [{"reason": "sound"}]}, {"answers": [7]}]
)
def test_what_no_judge_of_ours_says_is_no_answer(said: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        decode_answers(said, 1)


async def test_the_worker_judges_what_the_process_does_not_understand(sealed: Sealed) -> None:
    slow = await pades.signed(ORIGINAL, the_seal(), pades.stamped_at(NOON))
    questions = [sealed.question(f"{number}.pdf") for number in range(8)]
    questions.append(
        sealed.question("slow.pdf", pades.changed(slow, add_store_in_hexadecimal), pades.expected_of(slow, the_seal()))
    )
    questions.append(sealed.question("altered.pdf", pades.changed(sealed.content, add_text)))
    places = {id(one.document): (one.path, one.path) for one in questions}
    paths: list[ReadingPath] = []
    before = process_ids()
    verifier = LocalVerifier(
        lambda document: places[id(document)],
        [the_authority().root.certificate],
        lambda: NOON,
        observe=paths.append,
        processes=1,
        worth_a_process=0,
    )
    try:
        answers = await asyncio.gather(
            *(verifier.verify_sealed(one.document, one.expectation) for one in questions), return_exceptions=True
        )
        assert len(process_ids()) == len(before) + 1
    finally:
        verifier.close()
    assert [type(one) for one in answers] == [Proof] * 9 + [Rejected]
    assert paths.count(ReadingPath.SLOW) == 1
    assert len(paths) == len(questions)
    assert process_ids() == before


async def test_those_who_ask_at_once_are_answered_together() -> None:
    groups: list[list[int]] = []

    def answer(numbers: "list[int]") -> list[int | Exception]:
        groups.append(list(numbers))
        return [ValueError(number) if number == 3 else -number for number in numbers]

    grouping = Grouping[int, int](answer, None)  # type: ignore[arg-type]
    answers = await asyncio.gather(*(grouping.ask(number) for number in range(40)), return_exceptions=True)
    assert [len(group) for group in groups] == [LARGEST_GROUP, 40 - LARGEST_GROUP]
    assert [one for one in answers if isinstance(one, int)] == [-number for number in range(40) if number != 3]
    assert isinstance(answers[3], ValueError)


async def test_whoever_asks_again_at_once_is_answered_again() -> None:
    grouping = Grouping[int, int](lambda numbers: [-number for number in numbers], None)
    async with asyncio.timeout(60):
        assert [await grouping.ask(number) for number in range(5)] == [0, -1, -2, -3, -4]


async def test_an_error_of_the_whole_group_reaches_all_who_asked() -> None:
    def answer(_: object) -> list[int | Exception]:
        raise Died

    grouping = Grouping[int, int](answer, None)
    answers = await asyncio.gather(*(grouping.ask(number) for number in range(3)), return_exceptions=True)
    assert [type(one) for one in answers] == [Died] * 3
