"""Where in the outbox's logs the deliveries of a content or of a document stand, found without reading years of logs.

    data/deliveries.sqlite    for each line of `outbox/.delivered` two numbers: of its content, and of its document

It is made of the logs, and thrown away at will: whoever asks reads what came since, and takes it in once that is much.
A number leads to lines and proves nothing, since two things may share it: the line itself says what it is. While the
file cannot be used the logs are read instead. What a crash leaves half written SQLite takes back by its journal.
"""

import os
import re
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from hashlib import blake2b
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import structlog

from worker.clock import utc_now
from worker.storage.durable import make_folder
from worker.storage.listed_folder import ListedFolder

log = structlog.get_logger()

FILE = "deliveries.sqlite"
"""Its name in the data folder."""
LOG, DAY = ".log", "%Y%m%d"
"""How a log's name ends, and the day with which it begins."""
ID = len("20261128T120000-000000000000")
"""With so many bytes, the document's id, a line begins."""
MUCH = 1 << 16
"""Bytes of lines that nobody has taken in: reading them costs less than writing them down."""
_HASH = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_HEAD = 96
"""Bytes by which a log is known again: the first line's document and most of its MAC."""
_CHUNK = 25_000
"""Lines that are taken in together."""
_GROWING = timedelta(days=2)
"""Logs of older days do not grow any more, whatever the clocks of others say."""
_PATIENCE = 5.0  # seconds for another process to finish writing
_VERSION = 1
_SCHEMA = """
create table identity (token integer not null);
insert into identity values (random());
create table logs (
    number integer primary key autoincrement, name text not null unique, head blob not null, end integer not null
);
create table lines (key integer, log integer, start integer, primary key (key, log, start)) without rowid;
"""


class LinePlace(NamedTuple):
    """Where a line begins, in bytes."""

    log: Path
    start: int


class _Known(NamedTuple):
    """What was taken in of a log: how it begins, and how many of its bytes."""

    head: bytes = b""
    end: int = 0


class _Tail(NamedTuple):
    """What was not taken in of a log: all behind `start`, which is `size` bytes."""

    log: Path
    known: _Known
    head: bytes
    start: int
    size: int


class _Line(NamedTuple):
    """Where a line begins and ends, and the numbers of its content and its document."""

    start: int
    end: int
    keys: tuple[int, ...]


class DeliveryPlaces:
    """What one process knows of the logs in that folder. Every method blocks; threads may share it."""

    def __init__(self, logs: Path, data: Path) -> None:
        self._file = data / FILE
        self._folder = logs
        self._listed = ListedFolder(logs)
        self._names: frozenset[str] = frozenset()
        self._growing: list[Path] = []
        """Logs of which something may not have been taken in yet,"""
        self._token: int | None = None
        """into the file with this number; None before it was opened."""
        self._lock = threading.Lock()

    def find(self, things: Collection[str]) -> Mapping[str, tuple[LinePlace, ...]]:
        """Where lines may stand with these hashes of originals (hexadecimal), or ids of documents, newest day first.

        Raises OSError.
        """
        keys = {_key(thing.encode()): thing for thing in things}
        found: dict[str, set[LinePlace]] = {}
        with self._lock:
            for key, place in self._find(keys):
                found.setdefault(keys[key], set()).add(place)
        return {thing: tuple(sorted(places, reverse=True)) for thing, places in found.items()}

    def _find(self, keys: Collection[int]) -> list[tuple[int, LinePlace]]:
        self._look_for_logs()
        if not self._names:
            return []
        try:
            with self._opened() as connection:
                tails = self._take_in(connection)
                return [*_look_up(connection, self._folder, keys), *_read_through(tails, keys)]
        except sqlite3.OperationalError as error:
            # Nobody can open or write it just now: that may pass.
            log.warning("deliveries not indexed", error=str(error))
        except sqlite3.DatabaseError as error:
            log.warning("deliveries not indexed", error=str(error), advice="they are indexed anew by themselves")
            self._discard()
        return [*_read_through([_find_tail(path, _Known()) for path in self._list()], keys)]

    def _look_for_logs(self) -> None:
        names = self._listed.names()
        if names is not self._names:
            before, self._names = self._names, names
            kept = [path for path in self._growing if path.name in names]
            self._growing = kept + [path for path in self._list() if path.name not in before]

    def _list(self) -> list[Path]:
        return [self._folder / name for name in sorted(self._names) if name.endswith(LOG)]

    def _take_in(self, connection: sqlite3.Connection) -> list[_Tail]:
        """Take in what has come, where it is much; gives what is left to be read."""
        since, tails = f"{utc_now() - _GROWING:{DAY}}", self._find_tails(connection)
        is_much = sum(tail.size for tail in tails) > MUCH
        if ripe := [tail for tail in tails if is_much or tail.log.name < since]:
            # On a full disk, or where another process is at it, they are read instead.
            with suppress(sqlite3.OperationalError):
                _take_in(connection, ripe)
            tails = self._find_tails(connection)
        left = {tail.log for tail in tails}
        self._growing = [path for path in self._growing if path.name >= since or path in left]
        return tails

    def _find_tails(self, connection: sqlite3.Connection) -> list[_Tail]:
        tails = (_find_tail(path, _read_known(connection, path)) for path in self._growing)
        return [tail for tail in tails if tail.size]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        # With the rights of the keys beside it. SQLite gives its journal the same.
        with suppress(OSError):
            make_folder(self._file.parent)
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)) as connection:
            (version,) = connection.execute("pragma user_version").fetchone()
            if version not in {0, _VERSION}:
                raise sqlite3.DatabaseError(f"{self._file} is of another version")
            if version == 0:
                connection.executescript(f"begin immediate; {_SCHEMA} pragma user_version = {_VERSION}; commit;")
            (token,) = connection.execute("select token from identity").fetchone()
            if token != self._token:
                # Somebody threw away what had been taken in before.
                self._token, self._growing = token, self._list()
            yield connection

    def _discard(self) -> None:
        # The file itself goes last: a journal that stayed behind would be played into the new one.
        for ending in ("-journal", ""):
            self._file.with_name(f"{self._file.name}{ending}").unlink(missing_ok=True)


def _key(thing: bytes) -> int:
    return int.from_bytes(blake2b(thing, digest_size=8).digest(), signed=True)


def _look_up(connection: sqlite3.Connection, folder: Path, keys: Collection[int]) -> Iterator[tuple[int, LinePlace]]:
    for key in keys:
        rows = connection.execute("select name, start from lines join logs on number = log where key = ?", (key,))
        yield from ((key, LinePlace(folder / name, start)) for name, start in rows)


def _read_through(tails: Collection[_Tail], keys: Collection[int]) -> Iterator[tuple[int, LinePlace]]:
    for tail in tails:
        for line in _read(tail):
            yield from ((key, LinePlace(tail.log, line.start)) for key in line.keys if key in keys)


def _find_tail(path: Path, known: _Known) -> _Tail:
    try:
        with path.open("rb") as file:
            size, head = os.fstat(file.fileno()).st_size, file.read(_HEAD)
    except FileNotFoundError:
        return _Tail(path, known, b"", 0, 0)
    # Else somebody deleted it, and another has its name.
    is_same = head.startswith(known.head) and size >= known.end
    start = known.end if is_same else 0
    return _Tail(path, known, head, start, size - start)


def _read(tail: _Tail) -> Iterator[_Line]:
    with suppress(FileNotFoundError), tail.log.open("rb") as file:
        start = file.seek(tail.start)
        for line in file:
            # The first hash in a line is the original's: no name can look like it, since JSON escapes its quotes.
            content = _HASH.search(line)
            if content is None and not line.endswith(b"\n"):
                # It is written just now.
                return
            end = start + len(line)
            yield _Line(start, end, (_key(content[1]), _key(line[:ID])) if content else ())
            start = end


def _take_in(connection: sqlite3.Connection, tails: Collection[_Tail]) -> None:
    """Write down where the lines of the tails are. Raises OperationalError, also where another process does so."""
    lines = ((tail, line) for tail in tails for line in _read(tail))
    begun: dict[Path, _Known] = {}
    while chunk := list(islice(lines, _CHUNK)):
        with connection:
            connection.execute("begin immediate")
            rows: list[tuple[int, int, int]] = []
            for tail, group in groupby(chunk, key=itemgetter(0)):
                some = [line for _, line in group]
                if _read_known(connection, tail.log) != begun.get(tail.log, tail.known):
                    raise sqlite3.OperationalError("another process takes it in")
                begun[tail.log] = known = _Known(tail.head, some[-1].end)
                number = _note(connection, tail.log, known, is_new=some[0].start == 0)
                rows += ((key, number, line.start) for line in some for key in line.keys)
            # In the order of the table: each of its pages is written once.
            connection.executemany("insert or ignore into lines values (?, ?, ?)", sorted(rows))


def _note(connection: sqlite3.Connection, path: Path, known: _Known, *, is_new: bool) -> int:
    """Note what is taken in of that log; gives its number."""
    if is_new:
        # By a number that was never given: what was known of another of that name leads nowhere any more.
        connection.execute("insert or replace into logs (name, head, end) values (?, ?, ?)", (path.name, *known))
    else:
        connection.execute("update logs set end = ? where name = ?", (known.end, path.name))
    (number,) = connection.execute("select number from logs where name = ?", (path.name,)).fetchone()
    return int(number)


def _read_known(connection: sqlite3.Connection, path: Path) -> _Known:
    row = connection.execute("select head, end from logs where name = ?", (path.name,)).fetchone()
    return _Known(*row) if row else _Known()
