"""Every place at which a process is killed, and what must come of it. The table in ARCHITECTURE.md is printed from here."""

from jobs.model.lifecycle import State
from tests.torture.strikes import AtRecord, InCall, Strike

RECORDS = (
    State.GATHERED, State.PREPARED, State.SIGNING, State.SIGNED, State.FINALIZING,
    State.SEALED, State.ARCHIVING, State.ARCHIVED, State.DELIVERED,
)  # fmt: skip
_CALLS = ("start", "upload", "calculate_digest", "token", "sign", "finalize", "archive", "list", "download", "close")

ASKS_AGAIN: frozenset[Strike] = frozenset({
    # The one-time code is spent and its token died with the process: only the person can give another.
    AtRecord(State.SIGNING, written=True),
    AtRecord(State.SIGNED, written=False),
    InCall("token", done=False),
    InCall("token", done=True),
    InCall("sign", done=False),
    InCall("sign", done=True),
})  # fmt: skip
"""Where the person is asked once more. Nowhere else."""

STRIKES: tuple[Strike, ...] = (
    *(AtRecord(record, written) for record in RECORDS for written in (False, True)),
    *(InCall(call, done) for call in _CALLS for done in (False, True)),
)
"""Every cell of the matrix."""

TAKEN_OVER: tuple[Strike, ...] = tuple(
    strike for strike in STRIKES if (strike.written if isinstance(strike, AtRecord) else not strike.done)
)
"""Those after which another worker goes on: one for each step."""

QUICK: tuple[Strike, ...] = (
    AtRecord(State.PREPARED, written=False),
    AtRecord(State.SIGNING, written=True),
    AtRecord(State.SEALED, written=False),
    InCall("sign", done=True),
    InCall("finalize", done=False),
    InCall("finalize", done=True),
    InCall("archive", done=False),
    InCall("download", done=True),
)
"""Those that are tried in the suite: one of each kind."""


def draw_matrix() -> str:
    """The matrix as a table in Markdown."""

    def become(before: Strike, behind: Strike) -> str:
        return " | ".join("asked again" if strike in ASKS_AGAIN else "goes on" for strike in (before, behind))

    records = (f"| record `{kind}` | {become(AtRecord(kind, False), AtRecord(kind, True))} |" for kind in RECORDS)
    calls = (f"| call `{call}` | {become(InCall(call, done=False), InCall(call, done=True))} |" for call in _CALLS)
    return "\n".join(
        (
            "| killed at | before it, or before its work | behind it, or before its answer |",
            "|---|---|---|",
            *records,
            *calls,
        )
    )
