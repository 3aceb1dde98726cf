"""Documents are read in a process of their own, with limits, so that no document can harm the worker or its neighbours.

A PDF may take gigabytes or minutes to read, or crash the library that reads it. Here it only ends the child, and is
refused for it.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import worker
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark

START = 60.0
"""Seconds within which a new child is ready, on a machine that is busy."""
SLOWER = 4
"""How many times its patience we wait by the clock: a busy machine gives the child only part of its time."""
SERVED = 1000
"""Documents after which a child is replaced, so that what leaks in a library of others cannot add up."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")
"""Of the environment, which may hold secrets, only what a program needs to start."""


class TooSlow(Exception):
    """The document was not read in time."""


class _Died(Exception):
    """The child ended without an answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """One document to judge: a PDF of ours. `limit` is the vendor's `fileMaxLength` in bytes, where known.

    `patience` is the time of the processor that it may take, in seconds.
    """

    path: Path
    limit: int | None
    patience: float

    def encode(self) -> bytes:
        """One line of JSON."""
        asked = {"path": os.fspath(self.path), "limit": self.limit, "patience": self.patience}
        return json.dumps(asked).encode() + b"\n"


class Inspector:
    """Has documents judged by one long-lived child, one at a time; callers in other threads wait their turn.

    The child is started when it is first needed, and ends with this object.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def inspect(self, path: Path, limit: int | None, patience: float) -> tuple[Remark, ...]:
        """Judge a PDF; gives what a person should know of it.

        Raises Rejected, and TooSlow when that takes more than `patience` seconds of the processor, or a few times as
        many by the clock.
        """
        question = Question(path, limit, patience)
        with self._lock:
            try:
                return self._ask(question)
            except _Died:
                # Something from outside may have ended it, or what it read before: a fresh one is a fair chance.
                with suppress(_Died):
                    return self._ask(question)
        raise Rejected(Reason.TOO_COMPLEX, "reading it ended the program that reads it, or took too much memory")

    def close(self) -> None:
        """End the child; the next document gets a new one."""
        with self._lock:
            self._drop()

    def _ask(self, question: Question) -> tuple[Remark, ...]:
        child = self._child = self._child if self._child and self._child.is_fresh else _Child()
        try:
            answer = child.ask(question)
        except (_Died, TooSlow):
            self._drop()
            raise
        if "reason" in answer:
            raise Rejected(Reason(answer["reason"]), answer["detail"])
        return tuple(map(Remark, answer["remarks"]))

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """A running `worker.inbox.inspector_process`: one line in, one line out."""

    def __init__(self) -> None:
        home = str(Path(worker.__file__).parents[1])
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"PYTHONPATH": home}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "worker.inbox.inspector_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._served = 0
        self._end = weakref.finalize(self, _end, self._process)
        try:
            self._read_line(START)
        except (_Died, TooSlow) as error:
            self.end()
            raise OSError("the process that inspects documents does not start") from error

    @property
    def is_fresh(self) -> bool:
        """Whether it can be asked once more."""
        return self._process.poll() is None and self._served < SERVED

    def ask(self, question: Question) -> dict[str, Any]:
        """Ask and wait for the answer. Raises _Died and TooSlow."""
        self._served += 1
        assert self._process.stdin is not None  # noqa: S101  a pipe was asked for
        try:
            self._process.stdin.write(question.encode())
            self._process.stdin.flush()
        except OSError as error:
            raise _Died from error
        answer: dict[str, Any] = json.loads(self._read_line(SLOWER * question.patience))
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
                raise TooSlow if self._process.wait() == -signal.SIGPROF else _Died
            line += piece
        return line


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
