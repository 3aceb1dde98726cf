"""The same content handed in once more: what a route makes of it, and what is known of the one before."""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime

from jobs.model.documents import Document
from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ADocument, APathName
from jobs.model.text import Text


class Duplicates(StrEnum):
    """What becomes of a document whose content (SHA-256 and size) came on its route before."""

    SEAL = "seal"
    """It is sealed like any other."""
    SKIP = "skip"
    """It is not sealed; a note in the outbox tells of which document it is a duplicate."""
    RETURN_EARLIER = "return-earlier"
    """The sealed file of the one before is delivered once more, under its own name."""
    QUARANTINE = "quarantine"
    """It is put aside."""


ANSWERED = (Duplicates.SKIP, Duplicates.RETURN_EARLIER)
"""What leaves a document without a seal of its own, and not in quarantine."""


class EarlierDocument(Frozen):
    """The document that came before with the same content; `sealed_as` and `sealed_at` once it was delivered."""

    document: ADocument
    name: APathName
    received_at: AwareDatetime
    batch: ABatch | None = None
    sealed_as: APathName | None = None
    sealed_at: datetime | None = None

    @property
    def words(self) -> Text:
        """Which it is, as a part of a sentence."""
        text = Text(
            "{name}, received {at} as document {document}",
            name=self.name,
            at=_moment(self.received_at),
            document=self.document,
        )
        if self.batch is not None:
            text = Text("{earlier}, in batch {batch}", earlier=text, batch=self.batch)
        if self.sealed_at is not None:
            sealed_at = _moment(self.sealed_at)
            text = Text("{earlier}, sealed {at} as {name}", earlier=text, at=sealed_at, name=self.sealed_as or "")
        return text


class Duplicate(Frozen):
    """A document that is not sealed by itself because the same content came before, and what the route does about it.

    `returned_as` is the name of the earlier sealed file's copy, once there is one.
    """

    document: Document
    rule: Duplicates
    earlier: EarlierDocument
    returned_as: APathName | None = None
    note: APathName | None = None
    """The note below the outbox that tells of it, once there is one."""

    @property
    def is_answered(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.rule is not Duplicates.RETURN_EARLIER or self.returned_as is not None

    @property
    def words(self) -> Text:
        """What became of it, in a sentence."""
        earlier = self.earlier.words
        if self.rule is Duplicates.SKIP:
            return Text("not sealed, as it has the same content as {earlier}", earlier=earlier)
        if self.returned_as is not None:
            return Text(
                "returned as {name}; it has the same content as {earlier}", name=self.returned_as, earlier=earlier
            )
        return Text("waits for the sealed file of the same content: {earlier}", earlier=earlier)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}"
