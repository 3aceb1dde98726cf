"""How a batch stands, in plain words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.records import Abandoned, Delivered, Lapsed, Refusal
from jobs.model.text import Text, Written


class Tone(StrEnum):
    """How a state feels to the person who reads it. Values are CSS classes."""

    ASKS = "asks"
    """Somebody has to do something."""
    BUSY = "busy"
    """It goes on by itself."""
    HELD = "held"
    """It goes on by itself, once something is out of its way."""
    GOOD = "good"
    MIXED = "mixed"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How a batch stands: a few words, a sentence, and whether it goes on by itself."""

    label: Text
    sentence: Text
    tone: Tone

    @property
    def is_moving(self) -> bool:
        """Whether looking again soon will show something new."""
        return self.tone in {Tone.BUSY, Tone.HELD}


UNDER_WAY: Mapping[State, BatchStatus] = {
    State.GATHERED: BatchStatus(
        Text("Being prepared"), Text("The documents are sent to eParaksts and their digests calculated."), Tone.BUSY
    ),
    State.SPLIT: BatchStatus(
        Text("Being divided"),
        Text("It is too large for one approval: some of its documents go on in a batch of their own."),
        Tone.BUSY,
    ),
    State.RELEASED: BatchStatus(
        Text("Being prepared anew"), Text("It was released. Its digests are made fresh for the approval."), Tone.BUSY
    ),
    State.LAPSED: BatchStatus(
        Text("Being prepared anew"), Text("New digests are being calculated. Nothing was sealed so far."), Tone.BUSY
    ),
    State.PREPARED: BatchStatus(
        Text("Waits for approval"), Text("Everything is ready. One approval seals the whole batch."), Tone.ASKS
    ),
    State.SIGNING: BatchStatus(Text("Signing"), Text("The approved digests are being signed."), Tone.BUSY),
    State.SIGNED: BatchStatus(Text("Sealing"), Text("Every signature value is here and verified."), Tone.BUSY),
    State.FINALIZING: BatchStatus(
        Text("Sealing"), Text("eParaksts puts the signature values into the documents."), Tone.BUSY
    ),
    State.SEALED: BatchStatus(
        Text("Verifying"), Text("The sealed files are fetched and verified one by one."), Tone.BUSY
    ),
    State.ARCHIVING: BatchStatus(
        Text("Archiving"), Text("eParaksts adds archive timestamps to the sealed files."), Tone.BUSY
    ),
    State.ARCHIVED: BatchStatus(
        Text("Verifying"), Text("The archived files are fetched and verified one by one."), Tone.BUSY
    ),
}
APPROVED = BatchStatus(Text("Approved"), Text("Your approval is on its way to the worker."), Tone.BUSY)
UNRELEASED = BatchStatus(
    Text("Waits for its release"),
    Text("Somebody has to look at it and release it before it can be approved."),
    Tone.ASKS,
)
NO_SEAL = BatchStatus(
    Text("Waits for its seal"), Text("The seal of this route has to be enrolled before it can be prepared."), Tone.ASKS
)
HELD_UP = BatchStatus(
    Text("Held up"),
    Text("It does not move now, for the reason below. Nothing is lost, and it goes on once that is gone."),
    Tone.HELD,
)
CANCELLED = BatchStatus(
    Text("Cancelled"),
    Text(
        "Nothing was sealed. Every document lies in quarantine, unchanged; send them again from there, or with `zimogs "
        "retry`."
    ),
    Tone.BAD,
)

DAMAGED = BatchStatus(
    Text("Set apart"), Text("Its records are damaged. Somebody has to look at it; everything else goes on."), Tone.BAD
)

STEPS = (
    Text("Frozen"),
    Text("Prepared"),
    Text("Approved"),
    Text("Signed"),
    Text("Sealed"),
    Text("Verified and delivered"),
)
# Whoever approved sees that step done although no record says so yet: `steps_done` adds it.
_DONE: Mapping[State, int] = {
    State.GATHERED: 1,
    State.SPLIT: 1,
    State.RELEASED: 1,
    State.LAPSED: 1,
    State.PREPARED: 2,
    State.SIGNING: 3,
    State.SIGNED: 4,
    State.FINALIZING: 4,
    State.SEALED: 5,
    State.ARCHIVING: 5,
    State.ARCHIVED: 5,
    State.DELIVERED: 6,
    State.ABANDONED: 0,
}


def batch_status(
    history: History,
    *,
    enrolled: bool = True,
    granted: bool = False,
    held: bool = False,
    unreleased: bool = False,
) -> BatchStatus:
    """Say how the batch stands.

    `granted` when this very person's consent is on its way; `held` when something is known to stand in the way;
    `unreleased` when somebody has to release it first.
    """
    match history.state:
        case State.PREPARED if granted:
            status = APPROVED
        case State.PREPARED if unreleased:
            status = UNRELEASED
        case State.GATHERED | State.SPLIT | State.RELEASED | State.LAPSED if not enrolled:
            status = NO_SEAL
        case State.LAPSED if history.is_stopped:
            why = Written(history.last(Lapsed).why)
            sentence = Text("Nothing was sealed: {why}. Nobody is asked again until somebody wants to.", why=why)
            status = BatchStatus(Text("Stopped"), sentence, Tone.ASKS)
        case State.DELIVERED:
            status = _delivery_status(history.last(Delivered))
        case State.ABANDONED:
            status = _end_without_seal(history.last(Abandoned))
        case state:
            status = UNDER_WAY[state]
    return HELD_UP if held and status.is_moving else status


def steps_done(history: History, *, granted: bool = False) -> int:
    """How many of the STEPS lie behind the batch."""
    return _DONE[history.state] + (1 if granted and history.state is State.PREPARED else 0)


def _end_without_seal(record: Abandoned) -> BatchStatus:
    if record.delivered:
        count = len(record.delivered)
        sentence = Text.counted(
            "{why}. {count} document in the outbox, as before.",
            "{why}. {count} documents in the outbox, as before.",
            count,
            why=Written(record.why),
        )
        return BatchStatus(Text("Sealed before"), sentence, Tone.MIXED)
    if record.by is not None:
        return CANCELLED
    sentence = Text("Nothing was sealed: {why}. Every document lies in quarantine.", why=Written(record.why))
    return BatchStatus(Text("Given up"), sentence, Tone.BAD)


def _delivery_status(record: Delivered) -> BatchStatus:
    refused = sum(isinstance(outcome, Refusal) for outcome in record.outcomes)
    sealed = len(record.outcomes) - refused
    if not sealed:
        return BatchStatus(Text("Nothing sealed"), Text("No document could be sealed; each says below why."), Tone.BAD)
    done = Text.counted(
        "{count} document sealed, verified and in the outbox",
        "{count} documents sealed, verified and in the outbox",
        sealed,
    )
    if refused:
        sentence = Text.counted(
            "{done}; {count} document put aside.", "{done}; {count} documents put aside.", refused, done=done
        )
        label = Text.counted("Sealed, {count} put aside", "Sealed, {count} put aside", refused)
        return BatchStatus(label, sentence, Tone.MIXED)
    return BatchStatus(Text("Sealed"), Text("{done}.", done=done), Tone.GOOD)
