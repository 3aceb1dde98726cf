"""What became of documents that were sent again, in words. Pure."""

from collections.abc import Sequence

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.records import Refusal
from jobs.model.text import Text
from worker.desk.sessions import FlashTone
from worker.storage.resent import Resending, SealedAlready


def summarize(outcomes: Sequence[Resending]) -> tuple[Text, FlashTone]:
    """What became of all of them, in one sentence for each kind."""
    sent = sum(isinstance(outcome, Document) for outcome in outcomes)
    refused = sum(isinstance(outcome, Refusal) for outcome in outcomes)
    sealed = sum(isinstance(outcome, SealedAlready) for outcome in outcomes)
    duplicates = sum(isinstance(outcome, Duplicate) for outcome in outcomes)
    failed = len(outcomes) - sent - refused - sealed - duplicates
    on_their_way = Text.counted(
        "{count} document is on its way again.", "{count} documents are on their way again.", sent
    )
    once_more = Text.counted(
        "{count} was refused once more and is back here as a new entry.",
        "{count} were refused once more and are back here as new entries.",
        refused,
    )
    left = Text.counted(
        "{count} was left here, since the same content was sealed before: its page says as what, and has a box to tick "
        "where it shall be sealed once more.",
        "{count} were left here, since the same content was sealed before: their pages say as what, and have a box to "
        "tick where they shall be sealed once more.",
        sealed,
    )
    answered = Text.counted(
        "{count} is not sealed by itself, since the same content came before on its route.",
        "{count} are not sealed by themselves, since the same content came before on their route.",
        duplicates,
    )
    still_here = Text.counted(
        "{count} could not be sent and is still here: somebody else was faster, or the disk refused.",
        "{count} could not be sent and are still here: somebody else was faster, or the disk refused.",
        failed,
    )
    counted = (
        (sent, on_their_way),
        (duplicates, answered),
        (refused, once_more),
        (sealed, left),
        (failed, still_here),
    )
    text = Text.of_sentences(*(sentence for count, sentence in counted if count))
    return text, "good" if sent + duplicates == len(outcomes) else "bad"
