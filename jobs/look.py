"""After a lost answer we look at what became of each document, and never call again."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from jobs.errors import Retryable
from jobs.history import History
from jobs.ports import Tools
from jobs.records import DocumentResult, PreparedDocument
from jobs.together import together

Results = tuple[DocumentResult, ...]
IsDone = Callable[[PreparedDocument], Coroutine[Any, Any, bool]]


async def looked(
    history: History, items: Sequence[PreparedDocument], is_done: IsDone, tools: Tools, *, done: str, missing: str
) -> Results:
    """Say of each item whether it is `done`, or what is `missing`. Raises Retryable while it may still come.

    Both are words for the sentences that people read: "sealed", "no sealed file".

    The vendor keeps working on a request whose caller has hung up, so an early "not yet" proves nothing.
    """
    found = await together(is_done(item) for item in items)
    if not all(found) and tools.now() - history.since < tools.patience.look:
        raise Retryable(f"{found.count(False)} of {len(found)} documents are not {done} yet; looking again")
    return tuple(
        DocumentResult(document=item.document, error=None if is_there else f"{missing} after a lost answer")
        for item, is_there in zip(items, found, strict=True)
    )
