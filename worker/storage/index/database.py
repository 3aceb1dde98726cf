"""The file of the index: SQLite, with what is searched by parts of words in an FTS5 table of trigrams.

A file that is damaged, foreign or of another version is thrown away; the ledger is the truth, and it is made anew.
The journal is SQLite's oldest kind, since the data folder may lie on a network and be shared by machines.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from worker.storage.threads import in_thread

P = ParamSpec("P")
R = TypeVar("R")

VERSION = 3
"""Of the tables below and of what stands in them: higher with each change of either."""
WEEK = 604_800
"""Seconds: batches are counted week by week since 1970, so that no list is counted through (see the triggers below)."""
_OURS = 0x7A696D6F
"""Written into the file's header, where file(1) and we look for whose it is (SQLite file format, application_id)."""
_PATIENCE = 5.0  # seconds for another process to finish writing
_STEPS = 1000
"""Instructions of SQLite between two looks at the clock."""

_SCHEMA = """
create table batches (
    batch text primary key, route text not null, number integer not null, standing text not null,
    gathered_at real not null, since real not null,
    documents integer not null, size integer not null, sealed integer not null, refused integer not null,
    records integer not null, changed_at integer not null, record_size integer not null, is_closed integer not null,
    archive integer
) without rowid;
create index batches_by_route on batches (route, gathered_at, batch);
create index batches_by_standing on batches (route, standing, gathered_at, batch);
create table counts (
    route text not null, standing text not null, week integer not null, batches integer not null,
    primary key (route, standing, week)
) without rowid;
create trigger batch_comes after insert on batches begin
    insert into counts values (new.route, new.standing, cast(new.gathered_at / 604800 as integer), 1)
    on conflict do update set batches = batches + 1;
end;
create trigger batch_goes after delete on batches begin
    update counts set batches = batches - 1
    where route = old.route and standing = old.standing and week = cast(old.gathered_at / 604800 as integer);
end;
create index open_batches on batches (batch) where not is_closed;
create index batches_in_folders on batches (batch) where archive is null;
create index batches_by_archive on batches (archive) where archive is not null;
create table archives (number integer primary key);

create table documents (
    place integer primary key, id text not null, batch text not null, route text not null, name text not null,
    sha256 text not null, size integer not null, received_at real not null, issued_on text,
    ending text not null, path text not null, reason text, ended_at real, metadata text not null
);
create unique index documents_by_batch on documents (batch, id);
create index documents_by_id on documents (id);
create index documents_by_hash on documents (sha256);
create index documents_by_issue on documents (issued_on) where issued_on is not null;

create virtual table words using fts5 (text, tokenize = 'trigram case_sensitive 1');
create table progress (is_complete integer not null, examined_at real not null, ledger_stamp text);
insert into progress values (0, strftime('%s', 'now'), null);
"""


class IndexUnusable(Exception):
    """There is no index that could be asked: it was not made yet, or is being made anew."""


class TooMuchWork(Exception):
    """What was asked for takes longer than anybody may hold up the others."""


class IndexFile:
    """Opens the file for one piece of work at a time. Every method but `transact` blocks."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Have an index of this version, empty or filled; whatever else bears its name is thrown away. Raises OSError.

        Costs the same however large it is: whether it is sound is asked by `is_sound`.
        """
        if self._is_readable():
            return
        self.discard()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # With the rights of the ledger: it holds names and customers, too. SQLite gives its journal the same.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with self.writing() as connection:
            connection.executescript(
                f"begin; {_SCHEMA} pragma application_id = {_OURS}; pragma user_version = {VERSION}; commit;"
            )

    def discard(self) -> None:
        """Throw the index away. Raises OSError."""
        # The file itself goes last: a journal that stayed behind would be played into the new one.
        for ending in ("-journal", "-wal", "-shm", ""):
            self.path.with_name(f"{self.path.name}{ending}").unlink(missing_ok=True)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection that may write, outside of a transaction. Raises sqlite3.Error."""
        with closing(_connect(self.path, "rw")) as connection:
            connection.execute("pragma journal_mode = truncate").fetchall()
            # Else a batch that replaces another would be counted twice.
            connection.execute("pragma recursive_triggers = on")
            # A power cut may cost the newest entries: they are found missing, and read again.
            connection.execute("pragma synchronous = normal")
            # What the ledger does not hold any more shall not be read here either.
            connection.execute("pragma secure_delete = on").fetchall()
            yield connection

    @in_thread
    def transact(self, work: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do the work in one transaction. Raises sqlite3.Error."""
        with self.writing() as connection:
            connection.execute("begin immediate")
            result = work(connection, *args, **kwargs)
            connection.execute("commit")
        return result

    @contextmanager
    def reading(self, seconds: float) -> Iterator[sqlite3.Connection]:
        """A connection that only reads. Raises IndexUnusable, and TooMuchWork after so many seconds of CPU."""
        cpu, wall = time.thread_time() + seconds, time.monotonic() + _PATIENCE
        try:
            with closing(_connect(self.path, "ro")) as connection:
                if not _is_ours(connection):
                    raise IndexUnusable(f"{self.path} is no index of this version")
                connection.set_progress_handler(lambda: time.thread_time() > cpu or time.monotonic() > wall, _STEPS)
                yield connection
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise TooMuchWork from error
            raise IndexUnusable(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise IndexUnusable(str(error)) from error

    def is_sound(self) -> bool:
        """Whether all of it can be read and fits together: reads the whole file. Raises OSError."""
        return self._holds(_examine)

    def _is_readable(self) -> bool:
        return self._holds(_is_ours)

    def _holds(self, question: Callable[[sqlite3.Connection], bool]) -> bool:
        """What the question says; False where nobody can ask it. Raises OSError while somebody else writes."""
        try:
            with closing(_connect(self.path, "rw")) as connection:
                return question(connection)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise OSError(str(error)) from error
            return False
        except sqlite3.DatabaseError:
            return False


def _examine(connection: sqlite3.Connection) -> bool:
    if not _is_ours(connection):
        return False
    (answer,) = connection.execute("pragma quick_check(1)").fetchone()
    connection.execute("insert into words (words) values ('integrity-check')")
    return bool(answer == "ok")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # By URI, which alone does not create what is missing; isolation_level None leaves transactions to us.
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)


def _is_ours(connection: sqlite3.Connection) -> bool:
    (owner,) = connection.execute("pragma application_id").fetchone()
    (version,) = connection.execute("pragma user_version").fetchone()
    return bool((owner, version) == (_OURS, VERSION))
