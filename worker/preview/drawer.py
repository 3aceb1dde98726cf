"""Documents are drawn in a process of their own, and whatever ends that has no picture."""

import os
import threading
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from worker.guarded import Died, GuardedChild, TooSlow
from worker.preview.look import Fault, Look

_MODULE = "worker.preview.drawing_process"
PATIENCE = 3.0
"""Seconds of the processor that one picture may take."""
_SLOWER = 20
"""Times as long by the clock: it works only while nobody else does."""


class Drawer:
    """Has documents drawn by one long-lived child, one at a time; it is started when it is first needed."""

    def __init__(self, patience: float = PATIENCE, module: str = _MODULE) -> None:
        self._lock = threading.Lock()
        self._child: GuardedChild | None = None
        self._patience = patience
        self._module = module

    def draw(self, path: Path, media_type: str) -> tuple[Look, bytes]:
        """Look at the file; gives what was seen, and the picture (JPEG). Blocks. Raises OSError without a child."""
        question = {"path": os.fspath(path), "media_type": media_type}
        with self._lock:
            was_fresh = self._child is None
            drawn = self._ask(question)
            if drawn[0].fault is Fault.TOO_LARGE and not was_fresh:
                # What an earlier file has left of its memory may have been too little: a fresh one is a fair chance.
                drawn = self._ask(question)
        return drawn

    def close(self) -> None:
        """End the child; the next document gets a new one."""
        with self._lock:
            self._drop()

    def _ask(self, question: Mapping[str, object]) -> tuple[Look, bytes]:
        if self._child is None or not self._child.is_fresh:
            self._child = GuardedChild(self._module, slower=_SLOWER)
        try:
            reply = self._child.ask(question, self._patience)
            look, picture = Look.model_validate(reply["look"]), b64decode(reply["picture"])
        except (Died, TooSlow) as error:
            self._drop()
            return Look(fault=Fault.TOO_SLOW if isinstance(error, TooSlow) else Fault.TOO_LARGE), b""
        except (LookupError, TypeError, ValueError):
            # Only a file that has taken the child over has it say anything else than a look.
            self._drop()
            return Look(fault=Fault.UNREADABLE), b""
        if look.fault is Fault.TOO_LARGE:
            self._drop()
        return look, picture

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None
