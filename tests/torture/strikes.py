"""Where a process is struck down: around a record of the ledger, or while a call to the vendor is under way."""

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar

from jobs.model.lifecycle import State
from tests.support.dying import kill_before
from worker.objects.bucket import Bucket

T = TypeVar("T")

_KIND = re.compile(rb'"kind": ?"(\w+)"')


@dataclass(frozen=True, slots=True)
class AtRecord:
    """Killed right before, or right behind, the writing of a record."""

    record: State
    written: bool

    def __str__(self) -> str:
        return f"{'after' if self.written else 'before'} the record {self.record}"

    def meets(self, key: str, content: bytes) -> bool:
        """Whether the object of that key in a bucket is such a record."""
        return key.startswith("ledger/") and (found := _KIND.search(content)) is not None and found[1] == self._kind

    @property
    def _kind(self) -> bytes:
        return self.record.encode()


@dataclass(frozen=True, slots=True)
class InCall:
    """Killed while a call waits for its answer; the vendor has done its work, or none of it."""

    operation: str
    done: bool

    def __str__(self) -> str:
        return f"in the call {self.operation}, {'done' if self.done else 'not done'}"

    @property
    def is_of_consent(self) -> bool:
        """Whether it is a person's consent: a bearer for documents is a token too, and comes long before."""
        return self.operation == "token"

    def weather(self) -> str:
        """The practice vendor's weather that holds this one call up."""
        rule = {"operation": self.operation, "kind": "hang", "seconds": 600, "times": 1, "after_work": self.done}
        return json.dumps({"rules": [rule]})


@dataclass(frozen=True, slots=True)
class AtObject:
    """Killed right before, or right behind, the first writing of an object of the bucket whose key is such a one."""

    what: str
    key: str
    written: bool

    def __str__(self) -> str:
        return f"{'after' if self.written else 'before'} {self.what}"

    def meets(self, key: str, content: bytes) -> bool:
        """Whether it is such an object."""
        return bool(re.match(self.key, key))


Strike = AtRecord | InCall | AtObject


@dataclass(frozen=True, slots=True)
class AtChange:
    """Killed right before the change with that number, from 1, of those that a command makes."""

    number: int


def strike_before(strike: AtChange, *, is_in_bucket: bool) -> None:
    """Have this process killed there, by its changes on disk or, where everything stands in one, in the bucket."""
    # What an import would write is no change of the command's.
    sys.dont_write_bytecode = True
    if not is_in_bucket:
        kill_before(strike.number)
        return
    changes = count(1)

    def struck(change: Callable[..., T]) -> Callable[..., T]:
        def strike_or_go_on(*arguments: object, **more: object) -> T:
            if next(changes) == strike.number:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **more)

        return strike_or_go_on

    for change in (Bucket.write, Bucket.create, Bucket.replace, Bucket.send, Bucket.copy, Bucket.remove):
        setattr(Bucket, change.__name__, struck(change))


def strike_in_bucket(strike: AtRecord | AtObject, marker: Path) -> None:
    """Have this process killed there, unless another one that was to be has left the marker before."""

    def struck(change: Callable[..., T]) -> Callable[..., T]:
        def strike_or_go_on(bucket: Bucket, key: str, content: bytes | Path) -> T:
            if not strike.meets(key, content if isinstance(content, bytes) else b"") or not _is_first(marker):
                return change(bucket, key, content)
            if strike.written:
                change(bucket, key, content)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("nobody outlives this")

        return strike_or_go_on

    for change in (Bucket.write, Bucket.create, Bucket.send):
        setattr(Bucket, change.__name__, struck(change))


def strike_at(strike: AtRecord, marker: Path) -> None:
    """Have this process killed there, unless another one that was to be has left the marker before.

    Python tells an audit hook of every link(2) before it is made (the ledger writes its records so), and of whatever
    this process does next.
    """
    is_struck = False

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal is_struck
        if event == "os.kill":
            return
        if is_struck:
            os.kill(os.getpid(), signal.SIGKILL)
        if event == "os.link" and _record_at(arguments) == strike.record and _is_first(marker):
            is_struck = True
            if not strike.written:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)


def _record_at(arguments: tuple[object, ...]) -> str | None:
    source, target = map(str, arguments[:2])
    if Path(target).parent.parent.name != "ledger":
        return None
    found = _KIND.search(Path(source).read_bytes())
    return found[1].decode() if found else None


def _is_first(marker: Path) -> bool:
    try:
        os.close(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
