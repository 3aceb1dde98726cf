"""Identifiers. Each is its own type, so that a batch is never looked up by a document's id."""

import re
from datetime import datetime
from typing import Annotated, NewType

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

RouteName = NewType("RouteName", str)
DocumentId = NewType("DocumentId", str)
BatchId = NewType("BatchId", str)
PersonalCode = NewType("PersonalCode", str)

_ROUTE = r"[a-z0-9]+(?:-[a-z0-9]+)*"
# Bounded, and in ASCII digits alone: an id that came from Redis names a folder.
_BATCH = re.compile(rf"(?=.{{1,60}}\Z)(?P<route>{_ROUTE})-(?P<number>[0-9]{{6,12}})")
_PERSON = re.compile(r"PNO[A-Z]{2}-\S{6,}")
_DOCUMENT = r"[0-9]{8}T[0-9]{6}-[0-9a-f]{12}"


def batch_id(route: RouteName, number: int) -> BatchId:
    """Name the route's batch of that number: `invoices`, 7 → `invoices-000007`."""
    return BatchId(f"{route}-{number:06}")


def batch_number(batch: BatchId) -> int:
    """Tell which batch of its route this is, counting from 1."""
    return int(_match(batch)["number"])


def batch_route(batch: BatchId) -> RouteName:
    """Tell which route the batch belongs to."""
    return RouteName(_match(batch)["route"])


def is_batch_id(text: str) -> bool:
    """Say whether the text has the shape of a batch id."""
    return _BATCH.fullmatch(text) is not None


def is_document_id(text: str) -> bool:
    """Say whether the text has the shape of a document's id."""
    return re.fullmatch(_DOCUMENT, text) is not None


def document_id(received_at: datetime, random: bytes) -> DocumentId:
    """Name a document after the second it came (UTC) and six random bytes, so that names sort by time."""
    return DocumentId(f"{received_at:%Y%m%dT%H%M%S}-{random[:6].hex()}")


def personal_code(text: str) -> PersonalCode:
    """Bring a personal code to its ETSI EN 319 412-1 form; a bare Latvian code gets its `PNOLV-`.

    Raises ValueError for anything that is not a personal code.
    """
    code = text.strip().upper()
    code = code if code.startswith("PNO") else f"PNOLV-{code}"
    if not _PERSON.fullmatch(code):
        raise ValueError(f"{text!r} is not a personal code such as 000123-00001")
    return PersonalCode(code)


def _match(batch: BatchId) -> re.Match[str]:
    found = _BATCH.fullmatch(batch)
    if found is None:
        raise ValueError(f"{batch!r} is not a batch id such as invoices-000001")
    return found


def _check_below(name: str) -> str:
    if "\0" in name or any(part in {"", ".", ".."} for part in name.split("/")):
        raise ValueError(f"{name!r} does not name a file below its folder")
    return name


ARoute = Annotated[RouteName, StringConstraints(pattern=rf"^{_ROUTE}$", max_length=40)]
ADocument = Annotated[DocumentId, StringConstraints(pattern=rf"^{_DOCUMENT}$")]
ABatch = Annotated[BatchId, AfterValidator(lambda batch: BatchId(_match(batch)[0]))]
APerson = Annotated[PersonalCode, BeforeValidator(personal_code)]
AName = Annotated[str, Field(min_length=1, max_length=1024)]
APathName = Annotated[AName, AfterValidator(_check_below)]
"""A name with `/` between its parts, which leads nowhere but down."""
