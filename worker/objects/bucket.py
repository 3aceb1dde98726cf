"""Objects below one prefix of a bucket: the only place that calls the storage. Every method blocks.

A conditional create (`If-None-Match: *`) and a conditional replacement (`If-Match`) are what everything else relies on
(S3, PutObject). Answers get lost: each object carries a mark of who wrote it, so that whoever is told that somebody was
faster can tell whether it was itself.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, PreconditionError

from worker.objects.failures import Replaced, StorageAway, StorageRefuses, is_no_bucket, reason_of
from worker.objects.recent_lists import RecentLists

if TYPE_CHECKING:
    from obstore import Attributes, ObjectMeta, PutMode
    from obstore.store import ObjectStore
    from typing_extensions import Buffer

_WRITER = "zimogs-writer"
_AT_ONCE = 16
"""Requests of one caller that are under way at once: most of each is waiting."""
_PARTS = 4
"""Parts of 5 MiB of a large object that are under way at once: by a slow line each has to be there in time."""
_PAGE = 1000
"""Objects that the protocol lists with one request (S3, ListObjectsV2)."""

Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a list; `version` changes with each writing of it, `changed_at` is by the storage's clock."""

    key: str
    size: int
    version: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class BucketObject:
    """An object with its content, and the mark of who wrote it."""

    content: bytes
    version: str
    changed_at: datetime
    writer: str = ""


class Bucket:
    """What stands below the prefix of a store. Keys are relative to it, their parts separated by `/`.

    Raises StorageAway, an OSError, wherever the storage cannot be used. A folder is no object: `folder/`, by which
    consoles of storages show one that is empty, is in no list of what stands below it.
    """

    def __init__(self, store: "ObjectStore") -> None:
        self._store = store
        self.recent = RecentLists(self.list)

    def read(self, key: str) -> bytes:
        """The content. Raises FileNotFoundError."""
        return self.look(key).content

    def look(self, key: str) -> BucketObject:
        """The object as it stands now. Raises FileNotFoundError."""
        with _told(key):
            found = obstore.get(self._store, key)
            content, meta = bytes(found.bytes()), found.meta
            writer = str(found.attributes.get(_WRITER, ""))
            return BucketObject(content, _version_of(meta), meta["last_modified"], writer)

    def has(self, key: str) -> bool:
        """Whether there is such an object, of those that are small."""
        try:
            with _told(key):
                # Not by HEAD: its answer has no body, which alone tells a missing object from a missing bucket.
                obstore.get(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def exists(self, key: str) -> bool:
        """The same of one that may be large. Here a missing bucket looks like a missing object."""
        try:
            with _told(key):
                obstore.head(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def write(self, key: str, content: bytes) -> str:
        """Create or replace the object; gives its version."""
        return self._put(key, content, "overwrite", secrets.token_hex(8))

    def create(self, key: str, content: bytes | Path) -> str:
        """Create the object, of a file where one is named, whole or not at all; gives its version.

        A file goes in one request, so it should not be large. Raises FileExistsError.
        """
        writer = secrets.token_hex(8)
        try:
            return self._put(key, content, "create", writer)
        except FileExistsError:
            return self._require_ours(key, writer, FileExistsError(f"{key} is there already"))

    def replace(self, key: str, content: bytes, version: str) -> str:
        """Replace that very version of the object; gives the new one. Raises Replaced."""
        writer = secrets.token_hex(8)
        try:
            return self._put(key, content, {"e_tag": version}, writer)
        except Replaced as error:
            return self._require_ours(key, writer, error)

    def remove(self, *keys: str) -> None:
        """Remove objects; those that are gone are fine."""
        with suppress(FileNotFoundError), self._changing(*keys):
            obstore.delete(self._store, keys[0] if len(keys) == 1 else list(keys))

    def list(self, folder: str, *, after: str | None = None) -> Iterator[Listed]:
        """All objects below a folder, in the order of their keys; those `after` that key, where it is given."""
        with _told(folder):
            for page in obstore.list(self._store, folder, offset=after, chunk_size=_PAGE):
                for meta in page:
                    if meta["path"] != folder:
                        yield _describe(meta)

    def describe(self, key: str) -> Listed | None:
        """What a list would say of that object, None where there is none. A missing bucket looks like that, too."""
        try:
            with _told(key):
                meta = obstore.head(self._store, key)
        except FileNotFoundError:
            return None
        return Listed(key, meta["size"], _version_of(meta), meta["last_modified"])

    def files(self, folder: str) -> Sequence[Listed]:
        """Objects right below a folder, in the order of their keys."""
        with _told(folder):
            found = obstore.list_with_delimiter(self._store, folder or None)["objects"]
            listed = [_describe(meta) for meta in found if meta["path"] != folder]
            return sorted(listed, key=lambda each: each.key)

    def names(self, folder: str) -> frozenset[str]:
        """Names of what stands right below a folder: of objects, and of folders."""
        with _told(folder):
            found = obstore.list_with_delimiter(self._store, folder)
            paths = (*(meta["path"] for meta in found["objects"]), *found["common_prefixes"])
            return frozenset(path.rpartition("/")[2] for path in paths if path != folder)

    def send(self, key: str, path: Path) -> None:
        """Create or replace the object with the content of a file. Raises FileNotFoundError, of the file."""
        if not path.exists():
            raise FileNotFoundError(str(path))
        with self._changing(key):
            obstore.put(self._store, key, path, mode="overwrite", max_concurrency=_PARTS)

    def fetch(self, key: str, path: Path) -> None:
        """Write the content into a file. Raises FileNotFoundError, of the object."""
        with path.open("wb") as file:
            for piece in self.pieces(key):
                file.write(piece)

    def hash(self, key: str) -> str:
        """The SHA-256 of the content, in hexadecimal. Raises FileNotFoundError."""
        digest = sha256()
        for piece in self.pieces(key):
            digest.update(piece)
        return digest.hexdigest()

    def pieces(self, key: str) -> Iterator["Buffer"]:
        """The content, piece by piece. Raises FileNotFoundError."""
        with _told(key):
            yield from obstore.get(self._store, key).stream()

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Part of the content: fewer bytes where it ends. Raises FileNotFoundError."""
        with _told(key):
            return bytes(obstore.get_range(self._store, key, start=start, length=length))

    def copy(self, source: str, target: str) -> None:
        """Create or replace one object with another one's content, all within the storage. Raises FileNotFoundError."""
        with self._changing(target, told=source):
            obstore.copy(self._store, source, target)

    def each(self, work: Callable[[Given], Result], given: Iterable[Given]) -> Sequence[Result]:
        """Do the work for each, many at once, and give the results in their order. Raises what the work raises.

        Work that itself asks for this may wait for its own thread.
        """
        all_given: Collection[Given] = tuple(given)
        if len(all_given) < 2:  # noqa: PLR2004  one alone needs no other thread
            return [work(each) for each in all_given]
        return list(self._threads.map(work, all_given))

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="objects")

    def _put(self, key: str, content: bytes | Path, mode: "PutMode", writer: str) -> str:
        attributes: Attributes = {_WRITER: writer}
        with self._changing(key):
            # In one request: the parts of several are put together whatever the condition says.
            put = obstore.put(self._store, key, content, mode=mode, attributes=attributes, use_multipart=False)
            return put["e_tag"] or ""

    @contextmanager
    def _changing(self, *keys: str, told: str | None = None) -> Iterator[None]:
        """Forget what was listed of the objects, whether it is known that they were changed or not."""
        try:
            with _told(told or next(iter(keys), "")):
                yield
        finally:
            self.recent.forget(keys)

    def _require_ours(self, key: str, writer: str, error: OSError) -> str:
        """The version of an object that we wrote ourselves, in a request whose answer was lost; else the error."""
        with suppress(FileNotFoundError):
            found = self.look(key)
            if found.writer == writer:
                return found.version
        raise error


def _describe(meta: "ObjectMeta") -> Listed:
    return Listed(meta["path"], meta["size"], _version_of(meta), meta["last_modified"])


def _version_of(meta: "ObjectMeta") -> str:
    return meta["e_tag"] or ""


@contextmanager
def _told(key: str) -> Iterator[None]:
    """Raise what the library raises as the errors that files have."""
    try:
        yield
    except AlreadyExistsError:
        raise FileExistsError(f"{key} is there already") from None
    except PreconditionError:
        raise Replaced(key) from None
    except FileNotFoundError as error:
        if is_no_bucket(error):
            raise StorageAway(reason_of(error)) from None
        raise FileNotFoundError(f"there is no object {key}") from None
    except PermissionDeniedError as error:
        raise StorageRefuses(reason_of(error)) from None
    except BaseError as error:
        raise StorageAway(reason_of(error)) from None
