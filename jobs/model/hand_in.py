"""A document that a program hands in: what it says of it, and what it is told in return. Pure."""

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationError

from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.frozen import Frozen
from jobs.model.names import AName, ARoute, DocumentId
from jobs.model.records import Refusal
from jobs.model.way_in import WayIn

LONGEST_NAME = 255
"""Characters of a name, without folders: no file system of ours carries more."""
LONGEST_KEY = 255


class BadHandIn(ValueError):
    """What is said of the document cannot be; the message says what to change."""


class KeyReused(Exception):
    """The same key came before with another content, name, route or metadata."""


class UnderWay(Exception):
    """The same key is being handed in at this moment; try again a little later."""


def _require_bare(name: str) -> str:
    if "/" in name or "\\" in name or name in {".", ".."}:
        raise ValueError("name is a path: give the file's own name, without folders")
    if name.startswith(".") or name != name.strip():
        raise ValueError("name begins with a dot, or begins or ends with a blank: give it another one")
    if any(ord(letter) < ord(" ") or letter == "\x7f" for letter in name):
        raise ValueError("name holds control characters: give it another one")
    return name


class Once(Frozen):
    """A key under which one document is handed in once, however often it is sent; `owner` has its own keys."""

    owner: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    key: str = Field(min_length=1, max_length=LONGEST_KEY)


class HandIn(Frozen):
    """What is said of a document beside its bytes: route, bare file name, and metadata as JSON.

    With `once` a second one under the same key is answered with what became of the first.
    """

    route: ARoute
    name: Annotated[AName, Field(max_length=LONGEST_NAME), AfterValidator(_require_bare)]
    metadata: bytes | None = None
    once: Once | None = None
    way_in: WayIn = WayIn.API

    @classmethod
    def read(cls, **fields: object) -> Self:
        """Make one of what a stranger sent. Raises BadHandIn."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            said = first["msg"].removeprefix("Value error, ")
            raise BadHandIn(said if said != first["msg"] else f"{'.'.join(map(str, first['loc']))}: {said}") from None

    def fingerprint(self, content: Digest) -> Digest:
        """What makes it the same hand-in as another: route, name, content, and metadata.

        Of a file elsewhere metadata does not count: its sidecar may come, change or go while it is fetched once more.
        """
        metadata = b"" if self.way_in is WayIn.PLACE else self.metadata or b""
        parts = (self.route.encode(), self.name.encode(), metadata, content.hex.encode())
        return Digest.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts))


@dataclass(frozen=True, slots=True)
class Receipt:
    """The document is ours, whatever crashes. `outcome` is None while it is still being judged.

    `is_repeat` where it was handed in before under the same key.
    """

    document: DocumentId
    sha256: Digest
    size: int
    outcome: Document | Refusal | Duplicate | None = None
    is_repeat: bool = False
