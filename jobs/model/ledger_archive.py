"""An archive of the ledger: settled batches of one month in one file, which is written once. What it says of itself.

Archives count from 1, and each carries the SHA-256 of the file before it. Of one that was dropped by policy a stone
stays, with all that its manifest said: so nobody can take one away unseen, and what follows is still verified.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from jobs.model.chain import AHead, ChainHead
from jobs.model.digest import Digest
from jobs.model.errors import BrokenArchive
from jobs.model.frozen import Frozen
from jobs.model.mac import add_mac, has_mac, remove_mac
from jobs.model.names import ARoute, BatchId, RouteName, batch_number, batch_route

_NAME = re.compile(r"zimogs-archive-([0-9]{6})-([1-9][0-9]{3}-(?:0[1-9]|1[0-2]))(\.zip|\.dropped\.json)")
_STONE = ".dropped.json"

AMonth = Annotated[str, Field(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$")]
"""A month of UTC, as `2026-11`."""
Range = tuple[int, int]
"""The lowest and the highest number of batches, both of them among these."""

T = TypeVar("T", bound=Frozen)


class ArchiveSummary(Frozen):
    """What finds a batch without reading the archive; `latest` is the highest number in it and all archives before."""

    number: int = Field(ge=1, le=999_999)
    month: AMonth
    ranges: Mapping[ARoute, Range]
    latest: Mapping[ARoute, int]

    def may_hold(self, batch: BatchId) -> bool:
        """Whether the batch's number lies between those of its route here."""
        lowest, highest = self.ranges.get(batch_route(batch), (1, 0))
        return lowest <= batch_number(batch) <= highest


class ArchiveManifest(Frozen):
    """What an archive holds: the head of each batch, in the order of route and number.

    `previous` is the SHA-256 of the archive before it, None for the first.
    """

    format: Literal["zimogs-archive"] = "zimogs-archive"
    version: Literal[1] = 1
    number: int = Field(ge=1, le=999_999)
    month: AMonth
    at: AwareDatetime
    previous: Digest | None
    latest_before: Mapping[ARoute, int]
    """The highest number of each route in all archives before this one."""
    heads: tuple[AHead, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        places = [place_of(head.batch) for head in self.heads]
        if places != sorted(set(places)):
            raise ValueError("heads stand in the order of their batches, each once")
        if (self.number == 1) != (self.previous is None):
            raise ValueError("the first archive alone has none before it")
        return self

    @property
    def summary(self) -> ArchiveSummary:
        """How its batches are found."""
        ranges: dict[RouteName, Range] = {}
        for head in self.heads:
            route, number = place_of(head.batch)
            ranges[route] = (ranges.get(route, (number, number))[0], number)
        reached = {route: max(last, self.latest_before.get(route, 0)) for route, (_, last) in ranges.items()}
        return ArchiveSummary(
            number=self.number, month=self.month, ranges=ranges, latest={**self.latest_before, **reached}
        )


class ArchiveStone(Frozen):
    """What stays of an archive that was dropped: its summary, its manifest, and by which policy it went, and when.

    `sha256` and `size` (bytes) are those of its file.
    """

    format: Literal["zimogs-archive-dropped"] = "zimogs-archive-dropped"
    version: Literal[1] = 1
    summary: ArchiveSummary
    dropped_at: AwareDatetime
    policy: str
    sha256: Digest
    size: int = Field(ge=0)
    manifest: ArchiveManifest


def encode_signed(model: ArchiveManifest | ArchiveStone, secret: bytes) -> bytes:
    """Write a manifest or a stone as one line of JSON, with the MAC of the ledger's key."""
    return add_mac(model.model_dump_json().encode(), secret)


def decode_signed(kind: type[T], content: bytes, secret: bytes | None) -> T:
    """Read one; its MAC is looked at where the key is known. Raises BrokenArchive."""
    if secret is not None and not has_mac(content, secret):
        raise BrokenArchive("it does not carry the MAC of the ledger's key")
    try:
        return kind.model_validate_json(remove_mac(content))
    except ValidationError as error:
        raise BrokenArchive(f"it cannot be read: {error}") from error


def archive_name(number: int, month: str) -> str:
    """The name of an archive's file."""
    return f"zimogs-archive-{number:06}-{month}.zip"


def stone_name(archive: str) -> str:
    """The name of what stays of the archive of that name."""
    return archive.removesuffix(".zip") + _STONE


def archive_of(stone: str) -> str:
    """The name of the archive of which a file of this name is what stays."""
    return stone.removesuffix(_STONE) + ".zip"


def is_stone(name: str) -> bool:
    """Whether a file of this name is what stays of an archive."""
    return name.endswith(_STONE)


def archive_number(name: str) -> int | None:
    """Which archive a file of this name is, or is the stone of; None for none."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def end_of_month(month: str) -> datetime:
    """The moment at which the month is over (UTC)."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return (first + timedelta(days=31)).replace(day=1)


def month_of(moment: datetime) -> str:
    """The month (UTC) in which it lies."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def place_of(batch: BatchId) -> tuple[RouteName, int]:
    """Where a batch stands among others: by route and number."""
    return batch_route(batch), batch_number(batch)


def order_heads(heads: Iterable[ChainHead]) -> tuple[ChainHead, ...]:
    """Heads in the order of a manifest."""
    return tuple(sorted(heads, key=lambda head: place_of(head.batch)))
