"""What the API answers with. The OpenAPI document is made of these."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jobs.model.api_keys import Permission
from jobs.model.documents import Content, SealFormat
from jobs.model.duplicates import Duplicates
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from jobs.model.metadata import Metadata
from jobs.model.reasons import Reason
from jobs.model.text import Text

PROBLEM_JSON = "application/problem+json"
"""RFC 9457 §6.1."""

DocumentIdText = Annotated[
    str, Field(pattern=r"^[0-9]{8}T[0-9]{6}-[0-9a-f]{12}$", examples=["20261128T214724-0a1b2c3d4e5f"])
]
BatchIdText = Annotated[str, Field(examples=["invoices-000017"])]
Sha256 = Annotated[str, Field(description="SHA-256 in hexadecimal; empty where it was not read.")]


class View(BaseModel):
    """A value that is answered: frozen, and exactly these fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentState(StrEnum):
    """How a document stands, as far as whoever handed it in needs to know."""

    RECEIVED = "received"
    WAITING = "waiting"
    IN_BATCH = "in-batch"
    WAITING_FOR_APPROVAL = "waiting-for-approval"
    SEALING = "sealing"
    SEALED = "sealed"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"
    SENT_AGAIN = "sent-again"
    ASTRAY = "astray"


STATES: dict[DocumentState, Text] = {
    DocumentState.RECEIVED: Text("It is ours and safe, and is being looked at."),
    DocumentState.WAITING: Text("It can be sealed, and waits for its batch."),
    DocumentState.IN_BATCH: Text("Its batch is being prepared."),
    DocumentState.WAITING_FOR_APPROVAL: Text("A person is asked to approve its batch."),
    DocumentState.SEALING: Text("Its batch was approved and is being sealed."),
    DocumentState.SEALED: Text("Its sealed file was verified and delivered. This is the end."),
    DocumentState.QUARANTINED: Text("It cannot be sealed as it is: `reason` and `advice` say why and what to do."),
    DocumentState.CANCELLED: Text("It was taken back by a person or a program, and lies in quarantine."),
    DocumentState.DUPLICATE: Text("The same content came before: `duplicate_of` names it. It is not sealed once more."),
    DocumentState.SENT_AGAIN: Text("It went on as another document, which `became` names."),
    DocumentState.ASTRAY: Text("It is safe, and nothing leads it on: the administrator has to look."),
}
"""What each state means."""


class DocumentView(View):
    """One document: how it stands, since it came, and where to go from here."""

    id: DocumentIdText
    state: DocumentState
    route: str | None = None
    name: str = ""
    size: int | None = Field(default=None, description="Bytes of the original.")
    sha256: Sha256 = ""
    received_at: datetime | None = None
    batch: BatchIdText | None = None
    state_since: datetime | None = Field(default=None, description="When its batch came to stand so.")
    sealed_as: str | None = Field(default=None, description="The sealed file below the outbox of its route.")
    sealed_sha256: str | None = None
    sealed_size: int | None = None
    metadata: Metadata | None = None
    reason: Reason | None = Field(default=None, description="Why it is not sealed.")
    detail: str = ""
    advice: str = Field(default="", description="What a person can do about it.")
    duplicate_of: DocumentIdText | None = None
    became: DocumentIdText | None = Field(default=None, description="The document that it was sent through again as.")


class DocumentPage(View):
    """Some documents, the newest first. `next` is given as `cursor` to go on; null at the end."""

    documents: tuple[DocumentView, ...]
    next: str | None = None


class BatchView(View):
    """One batch and its documents."""

    id: BatchIdText
    route: str
    state: State
    since: datetime
    gathered_at: datetime
    is_over: bool
    is_frozen: bool = Field(description="Whether sealing is stopped by a freeze, of the route or of everything.")
    documents: tuple[DocumentView, ...]


class RouteView(View):
    """One route of the key, and how its documents are sealed."""

    name: str
    format: SealFormat
    content: Content
    level: SealLevel
    duplicates: Duplicates
    metadata: Literal["optional", "required", "ignore"]
    largest_document: int = Field(description="Bytes that a document may have.")
    waiting: int = Field(description="How many documents wait for a batch.")
    is_frozen: bool


class RouteList(View):
    """The routes of the key, and what it may do in them."""

    routes: tuple[RouteView, ...]
    may: tuple[Permission, ...]


class ProblemView(View):
    """Why something was not done (RFC 9457): `type` stays the same, `detail` says what to do next."""

    type: str
    title: str
    status: int
    detail: str
