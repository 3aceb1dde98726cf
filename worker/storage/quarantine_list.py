"""What lies in quarantine, as a list that is quickly read again: records are small, and there may be thousands."""

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from jobs.model.names import DocumentId
from worker.clock import utc_now
from worker.storage.durable import read_file
from worker.storage.explanation import QuarantineEntry, QuarantineRecord
from worker.storage.layout import RECORD, Layout

_GRAIN = timedelta(seconds=2)
"""File systems tell the time of a change this coarsely (FAT): one within it may not show."""

_FileMark = tuple[int, int, int]
"""Inode, time of the last change (ns) and size (bytes) of a record's file."""


class QuarantineList:
    """Reads the records of one data folder; one is read again when its file changes. Every method blocks.

    `shown` is the folder that people see.
    """

    def __init__(self, layout: Layout, shown: Path) -> None:
        self._layout = layout
        self._shown = shown
        self._known: dict[str, tuple[_FileMark, QuarantineRecord | None]] = {}
        self._entries: tuple[QuarantineEntry, ...] = ()
        self._changed: int | None = None

    def read(self) -> tuple[QuarantineEntry, ...]:
        """Every original that is kept, with its record, oldest first."""
        try:
            changed = self._layout.quarantine.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        if changed != self._changed:
            begun = utc_now()
            self._entries = self._read()
            # Whatever comes within the grain of the clock leaves the folder's time as it is.
            has_settled = begun.timestamp() * 1e9 - changed > _GRAIN.total_seconds() * 1e9
            self._changed = changed if has_settled else None
        return self._entries

    def _read(self) -> tuple[QuarantineEntry, ...]:
        with os.scandir(self._layout.quarantine) as scan:
            files = {entry.name: entry for entry in scan}
        known: dict[str, tuple[_FileMark, QuarantineRecord | None]] = {}
        found: list[QuarantineEntry] = []
        for name, file in files.items():
            original = self._layout.quarantine_place(DocumentId(name.removesuffix(RECORD))).original
            if not name.endswith(RECORD) or original.name not in files:
                continue
            with suppress(FileNotFoundError):
                status = file.stat(follow_symlinks=False)
                mark = (status.st_ino, status.st_mtime_ns, status.st_size)
                earlier = self._known.get(name)
                known[name] = earlier if earlier and earlier[0] == mark else (mark, read_record(Path(file.path)))
                if record := known[name][1]:
                    found.append(self.entry_of(record))
        self._known = known
        return tuple(sorted(found, key=lambda entry: entry.explanation.quarantined_at))

    def entry_of(self, record: QuarantineRecord) -> QuarantineEntry:
        """Where the files of that record are."""
        kept, shown = self._layout.quarantine_place(record.explanation.document), self._shown / record.shown_as
        metadata = kept.metadata if kept.metadata.exists() else None
        return QuarantineEntry(kept.original, shown, record.explanation, record.dismissal, metadata)


def read_record(path: Path) -> QuarantineRecord | None:
    """The record in that file; None where it is gone or damaged."""
    with suppress(OSError, ValidationError):
        return QuarantineRecord.model_validate_json(read_file(path))
    return None
