"""Sealed files are judged on other cores: long-lived processes, each of which is asked about many files at a time.

A hostile file that ends one of them takes no other file along: each file of its group is asked about once more, alone.
"""

import threading
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from worker.guarded import Died, GuardedChild, TooSlow
from worker.verification.questions import Judged, SealQuestion, decode_answers, encode_questions
from worker.verification.refusal import doubt

_MODULE = "worker.verification.judge_process"
_PATIENCE = 20.0
"""Seconds of the processor that a group, or a file by itself, may take; an honest group takes a twentieth of one."""


class JudgeProcesses:
    """Judges files in at most `count` processes, which are started when they are first needed."""

    def __init__(self, anchors: Iterable[x509.Certificate], count: int) -> None:
        self._anchors = [b64encode(one.public_bytes(Encoding.DER)).decode() for one in anchors]
        self._slots = threading.BoundedSemaphore(count)
        self._lock = threading.Lock()
        self._idle: list[GuardedChild] = []
        self._is_closed = False

    def judge(self, questions: Sequence[SealQuestion], now: datetime) -> list[Judged]:
        """Judge files as of `now`, in their order. Blocks; raises OSError when no process starts."""
        try:
            return self._ask(questions, now)
        except (Died, TooSlow) as error:
            if len(questions) > 1:
                return [answer for one in questions for answer in self.judge([one], now)]
            why = "takes too long" if isinstance(error, TooSlow) else "ended the program that reads it"
            return [doubt(f"the sealed file {why}")]

    def close(self) -> None:
        """End them all; one that is still asked ends after its answer."""
        with self._lock:
            self._is_closed = True
            for child in self._idle:
                child.end()
            self._idle.clear()

    def _ask(self, questions: Sequence[SealQuestion], now: datetime) -> list[Judged]:
        with self._slots:
            child, is_sound = self._obtain(), False
            try:
                said = child.ask(encode_questions(questions, now), _PATIENCE)
                answers = decode_answers(said, len(questions))
                is_sound = not said.get("is_spent")
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                # What it says is no answer of ours: a file has taken it over.
                raise Died from error
            finally:
                self._put_back(child, is_sound=is_sound)
            return answers

    def _obtain(self) -> GuardedChild:
        with self._lock:
            child = self._idle.pop() if self._idle else None
        if child is not None and child.is_fresh:
            return child
        if child is not None:
            child.end()
        child = GuardedChild(_MODULE)
        try:
            child.ask({"anchors": self._anchors}, _PATIENCE)
        except (Died, TooSlow) as error:
            child.end()
            raise OSError(f"{_MODULE} does not start") from error
        return child

    def _put_back(self, child: GuardedChild, *, is_sound: bool) -> None:
        with self._lock:
            if is_sound and not self._is_closed:
                self._idle.append(child)
            else:
                child.end()
