"""Why a file was put aside: the same facts once for programs and once in plain words."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from textwrap import fill
from typing import Literal, Self

from pydantic import AwareDatetime, Field

from jobs.model.documents import Document
from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ADocument, APathName, APerson, ARoute, BatchId
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Refusal
from jobs.model.text import Language, Text, Written

LONGEST_WHY = 500
"""Letters that the reason for a dismissal may have."""

_NOT_DELIVERED = frozenset(
    {Reason.NOT_VERIFIED, Reason.CANNOT_TELL, Reason.UNPROVEN, Reason.NOT_ARCHIVED, Reason.UNEXPECTED}
)
"""With which a document was, or may have been, sealed."""
_WIDTH = 100
_RULE = "-" * _WIDTH


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

    def in_plain_words(
        self, kept: Path | None = None, *, language: Language = Language.ENGLISH, zone: tzinfo | None = None
    ) -> str:
        """What happened, what to do, and how, for the person who finds the file: in one language below the other.

        The `language` of the house stands first, and times are those of its `zone`. `kept` is where the original is,
        where no copy lies beside.
        """
        order = sorted(Language, key=lambda one: one is not language)
        return f"\n{_RULE}\n\n".join("\n".join(self._tell(one, zone, kept)) for one in order)

    def _tell(self, language: Language, zone: tzinfo | None, kept: Path | None) -> Iterator[str]:
        # Babel is slow to load, and whoever only lists what lies here needs none of it.
        from worker.translation import moment, translate  # noqa: PLC0415

        def tell(text: str) -> str:
            return translate(text, language)

        yield tell(self._headline())
        yield ""
        yield fill(tell(ADVICE[self.reason]), _WIDTH)
        yield ""
        yield tell(Text("To send this file through again once the cause is gone:"))
        yield f"    zimogs retry {self.document}" + ("" if self.route else " --route NAME")
        yield from self._describe_copy(kept, tell)
        yield ""
        yield tell(Text("Details: {detail}", detail=Written(self.detail)))
        yield tell(
            Text(
                "Reason: {reason} · route: {route} · batch: {batch}",
                reason=self.reason,
                route=self.route or Text("none"),
                batch=self.batch or Text("none"),
            )
        )
        yield tell(Text("Received: {at}", at=moment(self.received_at, language, zone)))
        yield tell(Text("Put aside: {at}", at=moment(self.quarantined_at, language, zone)))
        yield tell(
            Text.counted(
                "SHA-256: {sha256}, {count} byte",
                "SHA-256: {sha256}, {count} bytes",
                self.size,
                sha256=self.sha256 or Text("not computed"),
            )
        )
        yield ""

    def _headline(self) -> Text:
        if self.reason is Reason.SEALED_BEFORE:
            return Text("{name} was not sealed again.", name=self.name)
        if self.reason in _NOT_DELIVERED:
            return Text("{name} was not delivered.", name=self.name)
        return Text("{name} was not sealed.", name=self.name)

    def _describe_copy(self, kept: Path | None, tell: Callable[[str], str]) -> Iterator[str]:
        if kept is None:
            copy = Text(
                "That sends the original, which zimogs keeps; the file beside this text is a copy. If you change the "
                "copy, or mend it, drop it into the inbox instead."
            )
            yield fill(tell(copy), _WIDTH)
        else:
            yield tell(Text("That sends the original, which was not copied here for want of room. zimogs keeps it as"))
            yield f"    {kept}"


class Dismissal(Frozen):
    """That a person has put a refused document aside for good: who (the name as they signed in), when, and why.

    `by` is None for somebody at the command line, whose `name` is that of their account.
    """

    by: APerson | None = None
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
    """One file in quarantine: the original that is kept, where a copy was shown to people, and why.

    `metadata` is the sidecar that came with it, which is kept beside it.
    """

    original: Path
    shown: Path
    explanation: Explanation
    dismissal: Dismissal | None = None
    """That somebody has put it aside for good; None while somebody should look at it."""
    metadata: Path | None = None

    @property
    def path(self) -> Path:
        """Where a person finds it: the copy while it is there."""
        return self.shown if os.path.lexists(self.shown) else self.original


class NotQuarantined(Exception):
    """There is no such file in quarantine."""
