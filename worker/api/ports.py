"""What the API needs from the rest of the app, each as small as its operations allow."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, Protocol

from aiohttp import web

from config.api import ApiSettings
from jobs.model.api_keys import ApiKey
from jobs.model.digest import Digest
from jobs.model.hand_in import HandIn, Receipt
from jobs.model.names import BatchId, DocumentId, RouteName
from worker.api.rate import RateLimit
from worker.api.views import BatchView, DocumentPage, DocumentState, DocumentView, RouteView
from worker.storage.uploads import Upload


class Keys(Protocol):
    """The keys that open the API."""

    async def find(self, token: str) -> ApiKey | None:
        """The key that the token opens, valid or not."""
        ...

    async def note_use(self, key: ApiKey, today: date) -> None:
        """Keep the day of its last use."""
        ...


class TakeIn(Protocol):
    """The way in for documents."""

    def opened(self, most: int) -> AbstractAsyncContextManager[Upload]:
        """Receive at most so many bytes for the time of the block."""
        ...

    async def take(self, upload: Upload, about: HandIn) -> Receipt:
        """Make a document of them, which nothing loses once this returns. Raises KeyReused, UnderWay, and OSError."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file that is sent: open, and read from its beginning; `size` in bytes."""

    name: str
    media_type: str
    content: BinaryIO
    size: int
    sha256: Digest


class FileKind(Protocol):
    """One of the files that there are of a document."""

    async def __call__(self, document: DocumentId) -> DocumentFile | None:
        """Open it; None where it is not kept here any more. Raises UnknownDocument."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """Which documents are listed: of `routes`, that came since then, and whose id is below `before`."""

    routes: Collection[RouteName]
    states: Collection[DocumentState] = ()
    since: datetime | None = None
    before: DocumentId | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Documents:
    """What is asked and done about single documents. All raise UnknownDocument."""

    find: Callable[[DocumentId], Awaitable[DocumentView]]
    list: Callable[[DocumentQuery], Awaitable[DocumentPage]]
    retry: Callable[[DocumentId], Awaitable[DocumentId]]
    """Sends it through again; gives the id of the new document. Raises NotQuarantined, and OSError."""
    cancel: Callable[[DocumentId], Awaitable[bool]]
    """Takes it back; False where it waits for no batch (any more)."""
    original: FileKind
    sealed: FileKind
    sidecar: FileKind
    evidence: FileKind


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Everything that the operations may touch. Made within a running event loop."""

    settings: ApiSettings
    keys: Keys
    take_in: TakeIn
    documents: Documents
    find_batch: Callable[[BatchId], Awaitable[BatchView]]
    """Raises UnknownBatch."""
    routes: Callable[[Collection[RouteName]], Awaitable[Mapping[RouteName, RouteView]]]
    rate: RateLimit
    now: Callable[[], datetime]


API = web.AppKey("API", ApiContext)
CALLER = web.RequestKey("CALLER", ApiKey)
"""The key of the request, once it was found to be valid."""
