"""The chains of a ledger against every checkpoint that is found, and checkpoints against each other."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from jobs.model.chain import ChainHead
from jobs.model.checkpoint import Checkpoint, Extent, checkpoint_name, decode_checkpoint
from jobs.model.digest import Digest
from jobs.model.errors import BrokenCheckpoint
from jobs.model.mac import has_mac
from jobs.model.names import BatchId
from worker.evidence.chains import ExaminedChain
from worker.evidence.finding import Flaw, LedgerFinding
from worker.evidence.gaps import describe_gap, find_gaps
from worker.evidence.stored import StoredCheckpoint


class CheckpointComparison:
    """Compares checkpoints with the chains one after the other, since each may be large; `tell` hears what is wrong.

    `secret` is the ledger's key, None where nobody knows it.
    """

    def __init__(
        self, chains: Mapping[BatchId, ExaminedChain], secret: bytes | None, tell: Callable[[LedgerFinding], None]
    ) -> None:
        self._chains = chains
        self._secret = secret
        self._tell = tell
        self._digests: dict[int, Digest] = {}
        self._extent = Extent()
        self._told: set[BatchId] = set()

    def compare(self, stored: Iterable[StoredCheckpoint]) -> int:
        """Compare all of them; gives how many there are. Blocks. Raises OSError."""
        # Of two with one number, the one whose seal is in order counts.
        for one in sorted(stored, key=lambda one: (one.number, not one.is_sealed)):
            try:
                content = one.read()
                self._compare_one(one, content, decode_checkpoint(content))
            except BrokenCheckpoint as error:
                self._complain(one.number, f"{one.path.name}: {error}")
        self._look_for_gaps()
        try:
            self._extent.require_root()
        except BrokenCheckpoint as error:
            self._complain(self._extent.next_number - 1, str(error))
        return len(self._digests)

    def _look_for_gaps(self) -> None:
        """Each lists only what changed since the one before, so none may be missing; number 0 came with the key."""
        # Where there are none at all, 0 is missing all the same.
        known = self._digests or (() if self._secret is None else (1,))
        for first, last in find_gaps(known, first=0):
            self._complain(first, describe_gap(checkpoint_name(first), checkpoint_name(last)))

    def _compare_one(self, one: StoredCheckpoint, content: bytes, checkpoint: Checkpoint) -> None:
        number, digest = checkpoint.number, Digest.sha256(content)
        if number != one.number:
            raise BrokenCheckpoint(f"it is {checkpoint_name(number)} under another name")
        if number in self._digests:
            if self._digests[number] != digest:
                self._complain(number, f"{one.path} is another one than the sealed one, or the first, of its number")
            return
        self._digests[number] = digest
        if number == self._extent.next_number:
            with suppress(BrokenCheckpoint):
                # What does not follow the one before is told below.
                self._extent.add(content)
        if self._secret is not None and not has_mac(content, self._secret):
            self._complain(number, f"{one.path.name} does not carry the MAC of the ledger's key")
        if self._digests.get(number - 1, checkpoint.previous) != checkpoint.previous:
            before = checkpoint_name(number - 1)
            self._complain(number - 1, f"{before} is another one than {checkpoint_name(number)} was made after")
        for head in checkpoint.heads:
            self._compare_head(head, checkpoint_name(number))

    def _compare_head(self, head: ChainHead, name: str) -> None:
        batch, chain = head.batch, self._chains.get(head.batch)
        if batch in self._told or (chain and chain.has_begun_as(head)):
            return
        self._told.add(batch)
        if chain is None:
            self._tell(
                LedgerFinding(Flaw.MISSING, batch, f"{batch} is missing; {name} knows {head.records} records of it")
            )
        elif len(chain.hashes) < head.records:
            sentence = f"{batch} ends with record {len(chain.hashes)}; {name} knows {head.records}"
            self._tell(LedgerFinding(Flaw.SHORTENED, batch, sentence))
        else:
            sentence = f"{batch} record {head.records} is another one than {name} knows"
            self._tell(LedgerFinding(Flaw.REPLACED, batch, sentence))

    def _complain(self, number: int, sentence: str) -> None:
        self._tell(LedgerFinding(Flaw.CHECKPOINT, checkpoint_name(number), sentence))
