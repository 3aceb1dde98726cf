"""The records of a batch's ledger. Each is written once, before or after one step, and never changed."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.frozen import Frozen, compact
from jobs.model.lifecycle import State
from jobs.model.names import ABatch, ADocument, APerson, ARoute
from jobs.model.reasons import Reason
from jobs.model.seals import Seal


@compact
class Refusal:
    """One document that was put aside, why, and the detail for whoever investigates."""

    document: ADocument
    reason: Reason
    detail: str


@compact
class Delivery:
    """One sealed document in the outbox: `name` is its path below the route's outbox folder."""

    document: ADocument
    name: str
    sha256: Digest
    size: int
    level: str


Outcome = Delivery | Refusal


@compact
class PreparedDocument:
    """One document at the vendor: its SignAPI session, and the digest that will be signed for it."""

    document: ADocument
    session: str
    digest: Digest


@compact
class SignedDocument:
    """One document's verified signature value."""

    document: ADocument
    value: SignatureValue


@compact
class DocumentResult:
    """What became of one document in a call for many; `error` is None where the call succeeded."""

    document: ADocument
    error: str | None = None


class Gathered(Frozen):
    """The batch is frozen; `split_from` is the one that its documents were gathered in first, where that was split."""

    kind: Literal[State.GATHERED] = State.GATHERED
    at: AwareDatetime
    route: ARoute
    seal: str
    profile: Profile
    documents: tuple[Document, ...] = Field(min_length=1)
    # Left out where there is none: an older zimogs knows of no such field.
    split_from: ABatch | None = Field(default=None, exclude_if=lambda batch: batch is None)


class Split(Frozen):
    """Written before the batch `rest` is made, in which these documents go on; no other of its number may be theirs.

    Where somebody else took that number first, another record names the next.
    """

    kind: Literal[State.SPLIT] = State.SPLIT
    at: AwareDatetime
    why: str
    rest: ABatch
    documents: tuple[ADocument, ...] = Field(min_length=1)


class Prepared(Frozen):
    """Digests are known. `documents` stand in the vendor's response order, which the summary depends on (vendor §2).

    The seal stands here whole, with its certificates: enrolling it anew must not change what was asked for.
    """

    kind: Literal[State.PREPARED] = State.PREPARED
    at: AwareDatetime
    documents: tuple[PreparedDocument, ...] = Field(min_length=1)
    refused: tuple[Refusal, ...] = ()
    delivered: tuple[Delivery, ...] = ()
    """Documents that were delivered before, as the outbox proves: nothing is sealed anew for them."""
    caution: str = ""
    """What whoever approves has to know first; a sentence."""
    seal: Seal
    summary: str
    summary_algorithm: str
    signature_algorithm: str
    expires_at: AwareDatetime


class Released(Frozen):
    """Somebody else than the approver looked at the frozen batch and let it go on; it counts for its whole life."""

    kind: Literal[State.RELEASED] = State.RELEASED
    at: AwareDatetime
    releaser: APerson


class Signing(Frozen):
    """Written before the code is exchanged and the digests are signed: this cannot be repeated."""

    kind: Literal[State.SIGNING] = State.SIGNING
    at: AwareDatetime
    approver: APerson
    attempt: int = Field(ge=1)


class Signed(Frozen):
    """Every value was verified against the seal certificate and its own document's digest."""

    kind: Literal[State.SIGNED] = State.SIGNED
    at: AwareDatetime
    values: tuple[SignedDocument, ...] = Field(min_length=1)


class Finalizing(Frozen):
    """Written before finalizeSigning, which is repeated only for documents that a look shows untouched."""

    kind: Literal[State.FINALIZING] = State.FINALIZING
    at: AwareDatetime
    attempt: int = Field(ge=1)


class Sealed(Frozen):
    """What finalize did, document by document."""

    kind: Literal[State.SEALED] = State.SEALED
    at: AwareDatetime
    results: tuple[DocumentResult, ...] = Field(min_length=1)


class Archiving(Frozen):
    """Written before addArchive, which is repeated only for files that a look shows without: it adds one each time."""

    kind: Literal[State.ARCHIVING] = State.ARCHIVING
    at: AwareDatetime


class Archived(Frozen):
    """What addArchive did, document by document."""

    kind: Literal[State.ARCHIVED] = State.ARCHIVED
    at: AwareDatetime
    results: tuple[DocumentResult, ...] = Field(min_length=1)


class Delivered(Frozen):
    """The last record: one outcome for every gathered document."""

    kind: Literal[State.DELIVERED] = State.DELIVERED
    at: AwareDatetime
    outcomes: tuple[Outcome, ...] = Field(min_length=1)


class Lapsed(Frozen):
    """Consent or digests are void; nothing was sealed, and it will be asked for again.

    Where `is_stopped`, not by itself: a person must want that, who is `by` of the record after it, or renew the seal.
    Where `is_doubtful`, it may have been sealed all the same: the vendor had let go of it before anybody looked.
    """

    kind: Literal[State.LAPSED] = State.LAPSED
    at: AwareDatetime
    why: str
    is_stopped: bool = False
    is_doubtful: bool = False
    by: APerson | None = None


class Abandoned(Frozen):
    """Nothing of this batch will be sealed; every document goes to quarantine, but for those delivered before."""

    kind: Literal[State.ABANDONED] = State.ABANDONED
    at: AwareDatetime
    why: str
    by: APerson | None = None
    refused: tuple[Refusal, ...] = ()
    delivered: tuple[Delivery, ...] = ()


Record = Annotated[
    Gathered
    | Split
    | Prepared
    | Released
    | Signing
    | Signed
    | Finalizing
    | Sealed
    | Archiving
    | Archived
    | Delivered
    | Lapsed
    | Abandoned,
    Field(discriminator="kind"),
]
