"""What became of documents that were sent again, in words. Pure."""

from collections.abc import Sequence

from jobs.model.documents import Document
from jobs.model.records import Refusal
from jobs.model.text import Text
from worker.desk.sessions import FlashTone
from worker.storage.resent import Resending, SealedAlready


def summarize(outcomes: Sequence[Resending]) -> tuple[Text, FlashTone]:
    """What became of all of them, in one sentence for each kind."""
    sent = sum(isinstance(outcome, Document) for outcome in outcomes)
    refused = sum(isinstance(outcome, Refusal) for outcome in outcomes)
    sealed = sum(isinstance(outcome, SealedAlready) for outcome in outcomes)
    failed = len(outcomes) - sent - refused - sealed
    sentences = [
        (
            sent,
            Text.counted("{count} document is on its way again.", "{count} documents are on their way again.", sent),
        ),
        (
            refused,
            Text.counted(
                "{count} was refused once more and is back here as a new entry.",
                "{count} were refused once more and are back here as new entries.",
                refused,
            ),
        ),
        (
            sealed,
            Text.counted(
                "{count} was left here, since the same content was sealed before: open it to see as what.",
                "{count} were left here, since the same content was sealed before: open them to see as what.",
                sealed,
            ),
        ),
        (
            failed,
            Text.counted(
                "{count} could not be sent and is still here: somebody else was faster, or the disk refused.",
                "{count} could not be sent and are still here: somebody else was faster, or the disk refused.",
                failed,
            ),
        ),
    ]
    told = [sentence for count, sentence in sentences if count]
    text = Text(
        " ".join(f"{{{number}}}" for number in map("part{}".format, range(len(told)))),
        **{f"part{number}": sentence for number, sentence in enumerate(told)},
    )
    return text, "good" if sent == len(outcomes) else "bad"
