"""How a batch stands, in plain words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jobs.model.documents import Content, Profile, SealFormat, Validation
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.records import Abandoned, Delivered, Refusal
from worker.desk.formats import counted


class Tone(StrEnum):
    """How a state feels to the person who reads it. Values are CSS classes."""

    ASKS = "asks"
    """Somebody has to do something."""
    BUSY = "busy"
    """It goes on by itself."""
    GOOD = "good"
    MIXED = "mixed"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a batch stands: a few words, a sentence, and whether it goes on by itself."""

    label: str
    sentence: str
    tone: Tone

    @property
    def is_moving(self) -> bool:
        """Whether looking again soon will show something new."""
        return self.tone is Tone.BUSY


UNDER_WAY: Mapping[State, Standing] = {
    State.GATHERED: Standing(
        "Being prepared", "The documents are sent to eParaksts and their digests calculated.", Tone.BUSY
    ),
    State.LAPSED: Standing(
        "Being prepared anew", "New digests are being calculated. Nothing was sealed so far.", Tone.BUSY
    ),
    State.PREPARED: Standing(
        "Waits for approval", "Everything is ready. One approval seals the whole batch.", Tone.ASKS
    ),
    State.SIGNING: Standing("Signing", "The approved digests are being signed, all in one call.", Tone.BUSY),
    State.SIGNED: Standing("Sealing", "Every signature value is here and verified.", Tone.BUSY),
    State.FINALIZING: Standing("Sealing", "eParaksts puts the signature values into the documents.", Tone.BUSY),
    State.SEALED: Standing("Verifying", "The sealed files are fetched and verified one by one.", Tone.BUSY),
    State.ARCHIVING: Standing("Archiving", "eParaksts adds archive timestamps to the sealed files.", Tone.BUSY),
    State.ARCHIVED: Standing("Verifying", "The archived files are fetched and verified one by one.", Tone.BUSY),
}
GRANTED = Standing("Approved", "Your approval is on its way to the worker.", Tone.BUSY)
NO_SEAL = Standing(
    "Waits for its seal", "The seal of this route has to be enrolled before it can be prepared.", Tone.ASKS
)
CANCELLED = Standing(
    "Cancelled",
    "Nothing was sealed. Every document lies in quarantine, unchanged; send them again with `zimogs retry`.",
    Tone.BAD,
)

STEPS = ("Frozen", "Prepared", "Approved", "Signed", "Sealed", "Verified and delivered")
_DONE: Mapping[State, int] = {
    State.GATHERED: 1,
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


_FORMATS: Mapping[SealFormat, str] = {SealFormat.PDF: "PDF (PAdES)", SealFormat.EDOC: "EDOC container (XAdES)"}


def described(profile: Profile) -> str:
    """How documents are sealed: `EDOC container (XAdES), B-LTA, by hash: files stay here, validated by eParaksts`."""
    words = (
        f"{_FORMATS[profile.format]}, B-{profile.level}",
        "by hash: files stay here" if profile.content is Content.HASH_ONLY else "",
        "validated by eParaksts" if profile.validation is Validation.VENDOR else "",
    )
    return ", ".join(filter(None, words))


def standing(history: History, *, enrolled: bool = True, granted: bool = False) -> Standing:
    """Say how the batch stands; `granted` when this very person's consent is on its way."""
    match history.state:
        case State.PREPARED if granted:
            return GRANTED
        case State.GATHERED | State.LAPSED if not enrolled:
            return NO_SEAL
        case State.DELIVERED:
            return _delivered(history.last(Delivered))
        case State.ABANDONED:
            return _abandoned(history.last(Abandoned))
        case state:
            return UNDER_WAY[state]


def steps_done(history: History, *, granted: bool = False) -> int:
    """How many of the STEPS lie behind the batch."""
    return _DONE[history.state] + (1 if granted and history.state is State.PREPARED else 0)


def _delivered(record: Delivered) -> Standing:
    refused = sum(isinstance(outcome, Refusal) for outcome in record.outcomes)
    sealed = len(record.outcomes) - refused
    if not sealed:
        return Standing("Nothing sealed", "No document could be sealed; each says below why.", Tone.BAD)
    if refused:
        sentence = f"{counted(sealed)} sealed, verified and in the outbox; {counted(refused)} put aside."
        return Standing(f"Sealed, {refused} put aside", sentence, Tone.MIXED)
    return Standing("Sealed", f"{counted(sealed)} sealed, verified and in the outbox.", Tone.GOOD)


def _abandoned(record: Abandoned) -> Standing:
    if record.by is not None:
        return CANCELLED
    return Standing("Given up", f"Nothing was sealed: {record.why}. Every document lies in quarantine.", Tone.BAD)
