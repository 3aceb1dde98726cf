"""Hostile files are read in processes of their own, with limits, so that none of them can harm the worker.

A PDF may take gigabytes or minutes to read, or crash the library that reads it. Here it only ends a child.
"""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import worker

START = 60.0
"""Seconds within which a new child is ready, on a machine that is busy."""
SLOWER = 4
"""How many times its patience we wait by the clock: a busy machine gives the child only part of its time."""
SERVED = 1000
"""Questions after which a child is replaced, so that what leaks in a library of others cannot add up."""
LONGEST_ANSWER = 16 << 20
"""Bytes; a child that says more was taken over by its file, and shall not fill our memory in the place of its own."""
MEMORY = 200 << 20
"""Bytes of address space that a file may take in the child, on top of what that needs at rest."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")
"""Of the environment, which may hold secrets, only what a program needs to start."""

AnswerLine = Mapping[str, object]


class TooSlow(Exception):
    """The file was not read in time."""


class Died(Exception):
    """The child ended without an answer."""


class GuardedChild:
    """A running module of ours, one line of JSON in, one line out; it limits itself (`answer_lines`).

    `slower` is how many times its patience we wait by the clock. Raises OSError when it does not start.
    """

    def __init__(self, module: str, *, slower: int = SLOWER) -> None:
        self._slower = slower
        home = str(Path(worker.__file__).parents[1])
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"PYTHONPATH": home}
        self._process = subprocess.Popen(  # noqa: S603  a module of ours
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._served = 0
        self._end = weakref.finalize(self, _end, self._process)
        try:
            self._read_line(START)
        except (Died, TooSlow) as error:
            self.end()
            raise OSError(f"{module} does not start") from error

    @property
    def is_fresh(self) -> bool:
        """Whether it can be asked once more."""
        return self._process.poll() is None and self._served < SERVED

    def ask(self, question: Mapping[str, object], patience: float) -> dict[str, Any]:
        """Ask and wait for the answer, which may take `patience` seconds of the processor. Raises Died and TooSlow."""
        self._served += 1
        assert self._process.stdin is not None  # noqa: S101  a pipe was asked for
        try:
            self._process.stdin.write(json.dumps({**question, "patience": patience}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise Died from error
        answer: dict[str, Any] = json.loads(self._read_line(self._slower * patience))
        return answer

    def end(self) -> None:
        """Kill it."""
        self._end()

    def _read_line(self, patience: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101  a pipe was asked for
        descriptor = self._process.stdout.fileno()
        poll, line = select.poll(), b""
        poll.register(descriptor, select.POLLIN)
        ends = time.monotonic() + patience
        while not line.endswith(b"\n"):
            if not poll.poll(max(0.0, ends - time.monotonic()) * 1000):
                raise TooSlow
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                self._process.kill()
                raise TooSlow if self._process.wait() == -signal.SIGPROF else Died
            line += piece
            if len(line) > LONGEST_ANSWER:
                raise Died
        return line


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def answer_lines(
    answer: Callable[[dict[str, Any]], AnswerLine], is_last: Callable[[AnswerLine], bool], *, niceness: int = 0
) -> None:
    """Be the child: limit ourselves, say that we are ready, and answer line by line; the nicer, the later than others.

    It ends when its standard input does, so it never outlives the worker for long, and after an answer that `is_last`:
    what a file has left of our memory may be too little for the next one.
    """
    os.nice(niceness)
    _limit_ourselves()
    _say({})
    for line in sys.stdin:
        asked = json.loads(line)
        # SIGPROF ends us, also when the worker that waited for an answer is gone.
        signal.setitimer(signal.ITIMER_PROF, asked["patience"])
        reply = answer(asked)
        _say(reply)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if is_last(reply):
            return


def _limit_ourselves() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # Nothing is written here, and a crash leaves no image of a document behind.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _say(reply: AnswerLine) -> None:
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
