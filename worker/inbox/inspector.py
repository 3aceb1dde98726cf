"""Documents are read in a process of their own, and whatever ends that is refused."""

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from jobs.model.text import Text
from worker.guarded import Died, GuardedChild, TooSlow

_MODULE = "worker.inbox.inspector_process"


class Inspector:
    """Has documents judged by one long-lived child, one at a time; callers in other threads wait their turn.

    The child is started when it is first needed, and ends with this object.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: GuardedChild | None = None

    def inspect(self, path: Path, limit: int | None, patience: float) -> tuple[Remark, ...]:
        """Judge a PDF; gives what a person should know of it. `limit` is the vendor's `fileMaxLength`, where known.

        Raises Rejected, and TooSlow when that takes more than `patience` seconds of the processor, or a few times as
        many by the clock.
        """
        question = {"path": os.fspath(path), "limit": limit}
        with self._lock:
            try:
                return self._ask(question, patience)
            except Died:
                # Something from outside may have ended it, or what it read before: a fresh one is a fair chance.
                with suppress(Died):
                    return self._ask(question, patience)
        raise Rejected(Reason.TOO_COMPLEX, Text("reading it ended the program that reads it, or took too much memory"))

    def close(self) -> None:
        """End the child; the next document gets a new one."""
        with self._lock:
            self._drop()

    def _ask(self, question: Mapping[str, object], patience: float) -> tuple[Remark, ...]:
        child = self._child = self._child if self._child and self._child.is_fresh else GuardedChild(_MODULE)
        try:
            answer = child.ask(question, patience)
        except (Died, TooSlow):
            self._drop()
            raise
        if "reason" in answer:
            raise Rejected(Reason(answer["reason"]), answer["detail"])
        return tuple(map(Remark, answer["remarks"]))

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None
