"""What stands in an entry of the intake, as a program wrote it: which document, and how it is handed in. Pure.

route       a route of the settings
name        the document's file name, without folders; with `path` and `s3` their own where it is left out
content     its bytes, or
path        a file below one of `queue.paths`, or
url         an https:// address at one of `queue.url_hosts`, or
s3          s3://bucket/key: an object in one of `queue.s3.buckets`; `url` may hold it as well
metadata    JSON, as a sidecar has it
reference   the field of that name in the metadata, for who has no other
idempotency whatever is sent with the same one is taken once
after       with `path` and `s3`: "keep" or "remove" the file or object once it is taken
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

from jobs.model.hand_in import BadHandIn, HandIn, Once
from jobs.model.way_in import WayIn
from worker.streams.poison import Poison, PoisonReason

OWNER = "queue"
LONGEST_IDEMPOTENCY = 200
_S3 = "s3://"
_CONTROLS = frozenset({*map(chr, range(32)), "\x7f"})
_EMPTY = frozenset({"", ".", ".."})
_SOURCES = ("content", "path", "url", "s3")
FIELDS = frozenset({"route", "name", *_SOURCES, "metadata", "reference", "idempotency", "after"})

Fields = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One entry as it lies in the stream; `deliveries` counts how often somebody has begun with it, this time included.

    A small `id` came first.
    """

    id: str
    fields: Fields
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class InlineContent:
    """The document itself."""

    content: bytes


@dataclass(frozen=True, slots=True)
class FilePath:
    """A file of this machine, as the program named it."""

    path: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Where the document is fetched; it may hold a signature, so that it is shown to nobody."""

    url: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a storage, as the program named it: the key is its text, in which nothing is escaped."""

    bucket: str
    key: str
    is_removed: bool


EntrySource = InlineContent | FilePath | WebAddress | StoredObject


@dataclass(frozen=True, slots=True)
class Wish:
    """What an entry asks for. `is_idempotent` where its own key says what is the same, not the entry's id."""

    about: HandIn
    source: EntrySource
    once: Once
    is_idempotent: bool


def read_entry(entry: StreamEntry, routes: Collection[str], *, removes: bool) -> Wish:
    """Read what the entry asks for; only those routes will do. Raises Poison."""
    fields = {_text("a field's name", name): value for name, value in entry.fields.items()}
    if unknown := fields.keys() - FIELDS:
        raise Poison(PoisonReason.BAD_ENTRY, f"there is no field {min(unknown)[:60]!r}: there are {_list(FIELDS)}")
    route = _text("route", fields.get("route", b""))
    if route not in routes:
        raise Poison(PoisonReason.UNKNOWN_ROUTE, f"no documents are taken here for a route {route[:60]!r}")
    source = _read_source(fields, removes=removes)
    name = _text("name", fields.get("name", b""))
    match source:
        case FilePath(path) | StoredObject(key=path) if not name:
            name = PurePosixPath(path).name
    once, is_idempotent = _read_once(entry, fields)
    try:
        about = HandIn.read(route=route, name=name, metadata=_read_metadata(fields), once=once, way_in=WayIn.QUEUE)
    except BadHandIn as error:
        raise Poison(PoisonReason.BAD_ENTRY, str(error)) from None
    return Wish(about, source, once, is_idempotent)


def _read_source(fields: Mapping[str, bytes], *, removes: bool) -> EntrySource:
    given = [name for name in _SOURCES if name in fields]
    if len(given) != 1:
        raise Poison(PoisonReason.BAD_ENTRY, f"one of {_list(_SOURCES)} says where the document is, and no two do")
    after = _text("after", fields.get("after", b""))
    if after not in {"", "keep", "remove"}:
        raise Poison(PoisonReason.BAD_ENTRY, 'after is "keep" or "remove"')
    match given[0]:
        case "content":
            return InlineContent(fields["content"])
        case "path":
            return FilePath(_text("path", fields["path"]), after == "remove" or (removes and not after))
        case field:
            address = _text(field, fields[field])
            is_object = field == "s3" or address.startswith(_S3)
            return _read_object(address, is_removed=after == "remove") if is_object else WebAddress(address)


def _read_object(address: str, *, is_removed: bool) -> StoredObject:
    bucket, _, key = address.removeprefix(_S3).partition("/")
    # Clients of the protocol drop or refuse such parts: what they then ask for is another object.
    if not address.startswith(_S3) or _CONTROLS & {*key} or _EMPTY & {bucket, *key.split("/")}:
        raise Poison(PoisonReason.BAD_ENTRY, "s3 is s3://bucket/key, and no part of the key is empty or has dots alone")
    return StoredObject(bucket, key, is_removed)


def _read_once(entry: StreamEntry, fields: Mapping[str, bytes]) -> tuple[Once, bool]:
    key = _text("idempotency", fields.get("idempotency", b""))
    if len(key) > LONGEST_IDEMPOTENCY:
        raise Poison(PoisonReason.BAD_ENTRY, f"idempotency has more than {LONGEST_IDEMPOTENCY} characters")
    if key:
        return Once(owner=OWNER, key=f"given {key}"), True
    # A stream that was flushed, or whose ids are a program's own, may have the same id once more.
    parts = (b"%d:%s" % (len(part), part) for pair in sorted(entry.fields.items()) for part in pair)
    return Once(owner=OWNER, key=f"entry {entry.id} {sha256(b''.join(parts)).hexdigest()}"), False


def _read_metadata(fields: Mapping[str, bytes]) -> bytes | None:
    metadata, reference = fields.get("metadata"), _text("reference", fields.get("reference", b""))
    if not reference:
        return metadata
    rest = (metadata or b"{}").strip()
    if not rest.startswith(b"{"):
        # No object: whoever reads it says what is wrong.
        return metadata
    rest = rest[1:].lstrip()
    # Put in as text, so that all numbers stay as they were written.
    named = b'"reference": ' + json.dumps(reference).encode()
    return b"{" + named + (b"" if rest.startswith(b"}") else b", ") + rest


def _text(what: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Poison(PoisonReason.BAD_ENTRY, f"{what} is no text in UTF-8") from None


def _list(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
