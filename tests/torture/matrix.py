"""Every place at which a process is killed, and what must come of it. ARCHITECTURE.md prints it from here."""

from collections import defaultdict

from jobs.model.lifecycle import State
from tests.torture.strikes import AtObject, AtRecord, InCall, Strike

RECORDS = (
    State.GATHERED,
    State.PREPARED,
    State.SIGNING,
    State.SIGNED,
    State.FINALIZING,
    State.SEALED,
    State.ARCHIVING,
    State.ARCHIVED,
    State.DELIVERED,
)
"""The records of a batch with which all goes well, in their order."""
RELEASE: tuple[Strike, ...] = tuple(AtRecord(State.RELEASED, written=written) for written in (False, True))
"""Where four eyes are asked for; killed before it, whoever releases presses again, and the approver is asked once."""
SPLIT: tuple[Strike, ...] = tuple(
    AtRecord(record, written=written) for record in (State.SPLIT, State.LAPSED) for written in (False, True)
)
"""Where a batch is more than the vendor takes; the second record says that the batch of its rest has been made."""
_CALLS = ("start", "upload", "calculate_digest", "token", "sign", "finalize", "archive", "list", "download", "close")

ASKS_AGAIN: frozenset[Strike] = frozenset(
    {
        # The one-time code is spent and its token died with the process: only the person can give another.
        AtRecord(State.SIGNING, written=True),
        AtRecord(State.SIGNED, written=False),
        InCall("token", done=False),
        InCall("token", done=True),
        InCall("sign", done=False),
        InCall("sign", done=True),
    }
)
"""Where the person is asked once more. Nowhere else."""

STRIKES: tuple[Strike, ...] = (
    *(AtRecord(record, written=written) for record in RECORDS for written in (False, True)),
    *(InCall(call, done=done) for call in _CALLS for done in (False, True)),
)
"""Every cell of the matrix."""

TAKEN_OVER: tuple[Strike, ...] = (
    *(AtRecord(record, written=True) for record in RECORDS),
    # Not the token: the bearer for documents is the same call, and which worker still lacks one is chance.
    *(InCall(call, done=False) for call in _CALLS if call != "token"),
)
"""Those after which another worker goes on: one for each step."""

OBJECTS: tuple[Strike, ...] = tuple(
    AtObject(what, key, written=written)
    for what, key in (
        ("an original", "documents/.*/original"),
        ("the claim of what was taken in", "taken/"),
        ("the entry of a waiting list", "waiting/"),
        ("the mark of having left it", "documents/.*/left"),
        ("the mark of an open batch", "open/"),
        ("the mark of a closed batch", "ledger/.*/closed"),
        ("the name of a sealed file", "outbox/.*[.]json"),
        ("the note of a delivery", "deliveries/"),
        ("the sealed file", "outbox/.*[.]pdf$"),
    )
    for written in (False, True)
)
"""Beside the records, each kind of object in a bucket that decides something."""

QUICK: tuple[Strike, ...] = (
    AtRecord(State.PREPARED, written=False),
    AtRecord(State.SIGNING, written=True),
    InCall("sign", done=True),
    InCall("finalize", done=True),
    AtRecord(State.ARCHIVED, written=False),
    InCall("download", done=True),
)
"""Those that are tried in the suite: one of each kind that does not have to look for a minute."""


def draw_matrix() -> str:
    """The matrix as a table in Markdown; places with one fate share a row."""
    rows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for record in (*RECORDS, State.SPLIT, State.RELEASED):
        before, behind = AtRecord(record, written=False), AtRecord(record, written=True)
        rows["record", _fate(before), _fate(behind)].append(f"`{record}`")
    for call in _CALLS:
        undone, done = InCall(call, done=False), InCall(call, done=True)
        rows["call", _fate(undone), _fate(done)].append(f"`{call}`")
    return "\n".join(
        (
            "| killed at | right before it, or before the vendor did it | right behind it, or before its answer |",
            "|---|---|---|",
            *(f"| {kind} {', '.join(places)} | {first} | {second} |" for (kind, first, second), places in rows.items()),
        )
    )


def _fate(strike: Strike) -> str:
    if strike == RELEASE[0]:
        return "released anew"
    return "asked again" if strike in ASKS_AGAIN else "goes on"
