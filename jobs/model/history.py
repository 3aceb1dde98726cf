from collections.abc import Iterator
from datetime import datetime
from functools import cached_property, reduce
from typing import Self, TypeVar

from pydantic import Field, model_validator

from jobs.model.digest import SignatureValue
from jobs.model.documents import Document
from jobs.model.errors import IllegalTransition
from jobs.model.frozen import Frozen
from jobs.model.glance import Glance, Passage, Preparation
from jobs.model.lifecycle import FINAL, State, follow
from jobs.model.names import ABatch, DocumentId
from jobs.model.records import Gathered, Lapsed, Prepared, Record, Sealed, Signed, Split

R = TypeVar("R", bound=Frozen)


class History(Frozen):
    """A batch as the records that were written of it, oldest first. Its state is their fold."""

    batch: ABatch
    records: tuple[Record, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_a_life(self) -> Self:
        reduce(follow, (record.kind for record in self.records), None)
        return self

    @property
    def state(self) -> State:
        """Where the batch stands."""
        return self.records[-1].kind

    @property
    def since(self) -> datetime:
        """When it came to stand there."""
        return self.records[-1].at

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.state in FINAL

    @property
    def is_stopped(self) -> bool:
        """Whether it lapsed, and is not prepared and asked for again by itself."""
        return isinstance(self.records[-1], Lapsed) and self.records[-1].is_stopped

    @property
    def gathered(self) -> Gathered:
        """The first record: what the batch consists of."""
        return self.last(Gathered)

    @cached_property
    def documents(self) -> dict[DocumentId, Document]:
        """The batch's documents by id, in their frozen order, without those that went on in another batch."""
        others = {document for split in self._of(Split) for document in split.documents}
        return {document.id: document for document in self.gathered.documents if document.id not in others}

    @property
    def prepared(self) -> Prepared:
        """The newest preparation. Raises IllegalTransition when there is none yet."""
        return self.last(Prepared)

    @property
    def signed(self) -> Signed:
        """The newest signature values. Raises IllegalTransition when there are none yet."""
        return self.last(Signed)

    @cached_property
    def values(self) -> dict[DocumentId, SignatureValue]:
        """The same by document."""
        return {signed.document: signed.value for signed in self.signed.values}

    @property
    def sealed(self) -> Sealed:
        """What finalize did. Raises IllegalTransition when it has not been called yet."""
        return self.last(Sealed)

    @property
    def glance(self) -> Glance:
        """The batch without its documents."""
        documents = self.documents.values()
        return Glance(
            batch=self.batch,
            seal=self.gathered.seal,
            state=self.state,
            since=self.since,
            is_stopped=self.is_stopped,
            documents=len(documents),
            size=sum(document.size for document in documents),
            records=len(self.records),
            newest=self._newest_preparation(),
            passages=tuple(Passage(record.kind, record.at) for record in self.records),
        )

    def extend(self, record: Record) -> "History":
        """Give the history with one more record; this one stays as it is. Raises IllegalTransition."""
        follow(self.state, record.kind)
        return History(batch=self.batch, records=(*self.records, record))

    def last(self, kind: type[R]) -> R:
        """The newest record of that kind. Raises IllegalTransition when there is none."""
        for record in self._of(kind):
            return record
        raise IllegalTransition(f"{self.batch} has no {kind.__name__.lower()} record yet")

    def has(self, kind: type[R]) -> bool:
        """Whether such a record was ever written."""
        return any(True for _ in self._of(kind))

    def count(self, kind: type[R]) -> int:
        """How many such records were written."""
        return sum(1 for _ in self._of(kind))

    def count_at_end(self, kind: type[R]) -> int:
        """How many such records stand at its end in a row."""
        breaks = (number for number, record in enumerate(reversed(self.records)) if not isinstance(record, kind))
        return next(breaks, len(self.records))

    def _newest_preparation(self) -> Preparation | None:
        for record in self._of(Prepared):
            return Preparation(record.at, record.expires_at, record.seal.certificate)
        return None

    def _of(self, kind: type[R]) -> Iterator[R]:
        return (record for record in reversed(self.records) if isinstance(record, kind))
