"""Why a file was put aside: the same facts once for programs and once in plain words."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import fill
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from jobs.model.documents import Document
from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ADocument, APathName, APerson, ARoute, BatchId
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Refusal

_NOT_DONE = {
    Reason.NOT_VERIFIED: "delivered",
    Reason.CANNOT_TELL: "delivered",
    Reason.UNPROVEN: "delivered",
    Reason.NOT_ARCHIVED: "delivered",
    Reason.SEALED_BEFORE: "sealed again",
    Reason.UNEXPECTED: "delivered",
}
"""What was not done, where it is not sealing."""

LONGEST_WHY = 500
"""Letters that the reason for a dismissal may have."""

_COPY = (
    "That sends the original, which zimogs keeps; the file beside this text is a copy. If you change the copy, or "
    "mend it, drop it into the inbox instead."
)
_NO_COPY = "That sends the original, which was not copied here for want of room. zimogs keeps it as"


class Explanation(Frozen):
    """What stands in `<name>.error.json`; `sha256` in hexadecimal, `size` in bytes.

    `sha256` is empty where a file was refused for its size alone, without being read.

    Unlike a `Document`, a refused file may be empty and may belong to no route.
    """

    format: Literal["zimogs-refused"] = "zimogs-refused"
    version: Literal[1] = 1
    document: ADocument
    reason: Reason
    detail: str
    route: ARoute | None
    batch: ABatch | None = None
    name: APathName
    sha256: str
    size: int = Field(ge=0)
    received_at: AwareDatetime
    quarantined_at: AwareDatetime

    @classmethod
    def of(cls, document: Document, refusal: Refusal, batch: BatchId | None, now: datetime) -> Self:
        """Explain why an inspected document was refused later on."""
        return cls(
            document=document.id,
            reason=refusal.reason,
            detail=refusal.detail,
            route=document.route,
            batch=batch,
            name=document.name,
            sha256=document.sha256.hex,
            size=document.size,
            received_at=document.received_at,
            quarantined_at=now,
        )

    @property
    def refusal(self) -> Refusal:
        """The refusal that is explained here."""
        return Refusal(document=self.document, reason=self.reason, detail=self.detail)

    def in_plain_words(self, kept: Path | None = None) -> str:
        """What happened, what to do, and how: for the person who finds the file; `kept` where no copy lies beside."""
        where = f"{_NO_COPY}\n    {kept}" if kept else fill(_COPY, 100)
        return "\n".join(
            [
                f"{self.name} was not {_NOT_DONE.get(self.reason, 'sealed')}.",
                "",
                fill(ADVICE[self.reason], 100),
                "",
                "To send this file through again once the cause is gone:",
                f"    zimogs retry {self.document}" + ("" if self.route else " --route NAME"),
                where,
                "",
                f"Details: {self.detail}",
                f"Reason: {self.reason} · route: {self.route or 'none'} · batch: {self.batch or 'none'}",
                f"Received {self.received_at:%Y-%m-%d %H:%M:%S %Z}",
                f"Put aside {self.quarantined_at:%Y-%m-%d %H:%M:%S %Z}",
                f"SHA-256 {self.sha256 or 'not computed'}, {self.size} bytes",
                "",
            ]
        )


class Dismissal(Frozen):
    """That a person has put a refused document aside for good: who (the name as they signed in), when, and why."""

    by: APerson
    name: str
    at: AwareDatetime
    why: str = Field(min_length=1, max_length=LONGEST_WHY)


class QuarantineRecord(Frozen):
    """What is kept beside a refused original: why, and the path below the quarantine folder where people see it.

    With a `dismissal` no copy is shown there any more, and nobody is asked about the document.
    """

    explanation: Explanation
    shown_as: APathName
    dismissal: Dismissal | None = None


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """One file in quarantine: the original that is kept, where a copy was shown to people, and why."""

    original: Path
    shown: Path
    explanation: Explanation
    dismissal: Dismissal | None = None
    """That somebody has put it aside for good; None while somebody should look at it."""

    @property
    def path(self) -> Path:
        """Where a person finds it: the copy while it is there."""
        return self.shown if os.path.lexists(self.shown) else self.original


class NotQuarantined(Exception):
    """There is no such file in quarantine."""
