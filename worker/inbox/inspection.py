"""Whether a file is a PDF that can be sealed. Checked before anyone is asked to approve it.

A seal is an incremental update (ISO 32000-2 §7.5.6): it is appended, and points back to the cross-reference table
that is there. So that table must be usable as it stands. What a reader could only repair counts as damaged;
oddities that need no repair do not.
"""

import os
import re
from pathlib import Path

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from jobs.model.text import Text
from worker.inbox.kinds import name_kind
from worker.verification.pades.preflight import judge_original

HEAD = TAIL = 1024
"""Bytes at either end within which readers look for `%PDF-` and `%%EOF`."""

_OBJECT = re.compile(rb"\d\s+\d+\s+obj\b")


def inspect(path: Path, size: int, limit: int | None) -> tuple[Remark, ...]:
    """Check one file of `size` bytes, and say what a person should know of it. Raises Rejected.

    `limit` is the vendor's `fileMaxLength`, where known.
    """
    if not size:
        raise Rejected(Reason.EMPTY, Text("the file has 0 bytes"))
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, size - TAIL), os.SEEK_SET)
        tail = file.read(TAIL)
    if kind := name_kind(path, head):
        raise Rejected(Reason.NOT_A_PDF, Text("the file is {kind}", kind=kind))
    if b"%PDF-" not in head:
        raise Rejected(Reason.NOT_A_PDF, Text("there is no %PDF- in the first {head} bytes", head=HEAD))
    if limit is not None and size > limit:
        raise Rejected(
            Reason.TOO_LARGE,
            Text("the file has {size} bytes; the sealing service takes {limit}", size=size, limit=limit),
        )
    if not tail.strip(b"\0"):
        raise Rejected(
            Reason.DAMAGED, Text("the end of the file is filled with NUL bytes: it was not written completely")
        )
    if not head.startswith(b"%PDF-"):
        # Offsets then count from the file's begin for some readers, and from there for others.
        raise Rejected(
            Reason.DAMAGED,
            Text("{count} bytes stand before the %PDF- that a PDF begins with", count=head.index(b"%PDF-")),
        )
    remarks = judge_original(path)
    # What was cut within its last update still has the %%EOF of the one before.
    end = tail.rfind(b"%%EOF")
    if end <= tail.rfind(b"startxref") or _OBJECT.search(tail, end):
        raise Rejected(Reason.DAMAGED, Text("the last %%EOF is missing: the file is cut off"))
    return remarks


def require_ending(name: str) -> None:
    """Raise Rejected for a PDF whose name does not end in `.pdf`: the sealing service goes by that, not by content."""
    if not name.lower().endswith(".pdf"):
        raise Rejected(
            Reason.UNUSABLE_NAME, Text("the file is a PDF, and its name {name} does not end in .pdf", name=repr(name))
        )
