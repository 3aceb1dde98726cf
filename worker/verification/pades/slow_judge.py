"""The slow path from the worker's side: libraries read a sealed file in a process of its own.

Judged by our own reader a hostile file costs little; libraries keep every object of a document, several times over. So
they work in a child with limits, and what ends that, nobody can judge.
"""

import threading
from collections.abc import Mapping
from typing import Any

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.guarded import Died, GuardedChild, TooSlow
from worker.verification.pades.slow_answer import decode_structure
from worker.verification.pades.structure import SealedPdf, Structure

_MODULE = "worker.verification.pades.slow_process"
_PATIENCE = 5.0
"""Seconds of the processor that a file may take."""


class SlowJudge:
    """Has files judged by one long-lived child, one at a time; it is started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: GuardedChild | None = None
        self._was_unused = True

    def judge(self, sealed: SealedPdf, profile: Profile, stumble: Exception) -> Structure:
        """Judge what our own reader stumbled over. Raises Rejected, and OSError when the child does not start."""
        question = {
            "path": str(sealed.path),
            "size": sealed.size,
            "profile": profile.model_dump(mode="json"),
            "stumble": str(stumble),
        }
        with self._lock:
            reply = self._ask(question)
            if reply.get("reason") == Reason.CANNOT_TELL and not self._was_unused:
                # What an earlier file has left of its memory may have been too little: a fresh one is a fair chance.
                reply = self._ask(question)
        if "reason" in reply:
            raise Rejected(Reason(reply["reason"]), reply["detail"])
        return decode_structure(reply)

    def _ask(self, question: Mapping[str, object]) -> dict[str, Any]:
        child = self._child if self._child and self._child.is_fresh else None
        self._was_unused = child is None
        child = self._child = child or GuardedChild(_MODULE)
        try:
            reply = child.ask(question, _PATIENCE)
        except (Died, TooSlow) as error:
            why = "takes too long" if isinstance(error, TooSlow) else "ended the program that reads it"
            reply = {"reason": Reason.CANNOT_TELL, "detail": f"{question['stumble']}; and a second reading {why}"}
        if reply.get("reason") == Reason.CANNOT_TELL:
            child.end()
        return reply
