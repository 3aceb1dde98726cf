"""An index of a ledger that is no folder, filled at once."""

from jobs.ports import Ledger
from worker.storage.index.batch_index import BatchIndex
from worker.storage.index.entries import Entry, Mark
from worker.storage.index.writing import write_entry


async def fill_index(index: BatchIndex, ledger: Ledger) -> None:
    """Have every batch of the ledger stand in the index."""
    index.file.make()
    entries = [Entry.of(await ledger.read(batch), Mark(1, 0, 0, is_closed=False)) for batch in await ledger.batches()]
    with index.file.writing() as connection:
        connection.execute("begin immediate")
        for entry in entries:
            write_entry(connection, entry)
        connection.execute("update progress set is_complete = 1")
        connection.execute("commit")
