"""How batches and documents stand in lists: the few words of each, and what a list may be narrowed down to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.model.reasons import ADVICE
from jobs.model.text import Text
from worker.desk.batch_status import Tone
from worker.storage.index.entries import Ending, IndexedDocument, Standing


@dataclass(frozen=True, slots=True)
class Badge:
    """A few words, and how they feel."""

    label: Text
    tone: Tone


BADGES: Mapping[Standing, Badge] = {
    Standing.WAITING: Badge(Text("Waits for approval"), Tone.ASKS),
    Standing.STOPPED: Badge(Text("Stopped"), Tone.ASKS),
    Standing.MOVING: Badge(Text("Under way"), Tone.BUSY),
    Standing.SEALED: Badge(Text("Sealed"), Tone.GOOD),
    Standing.PARTLY_SEALED: Badge(Text("Sealed, some put aside"), Tone.MIXED),
    Standing.NOT_SEALED: Badge(Text("Not sealed"), Tone.BAD),
    Standing.DAMAGED: Badge(Text("Set apart"), Tone.BAD),
}
"""In the order in which they are offered."""


def describe_ending(document: IndexedDocument) -> tuple[str, Tone]:
    """What became of the document, in a sentence, and how that feels; no words of one that is under way."""
    match document.ending:
        case Ending.SEALED:
            return Text("Sealed as {name}", name=document.path), Tone.GOOD
        case Ending.REFUSED:
            return (ADVICE[document.reason] if document.reason else Text("Put aside")), Tone.BAD
        case Ending.UNDER_WAY:
            return "", Tone.BUSY
