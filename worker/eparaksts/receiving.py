"""A sealed file on its way to the shelf, and the first thing a sealed PDF must be: a continuation of our original."""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientResponse

from jobs.model.digest import Digest
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.eparaksts.bodies import PIECE, SMALL


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a file must begin with: its first `size` bytes have this hash."""

    size: int
    sha256: Digest


NOTHING = Beginning(0, Digest.sha256(b""))
"""Every file begins with it."""


async def receive(response: ClientResponse, target: Path, begins: Beginning) -> None:
    """Write the answer to `target`, whole or not at all.

    Raises Rejected when it does not begin as it must; the file stays there as evidence.
    """
    arriving = _Arriving(target, begins)
    pieces, held = [], 0
    try:
        async for piece in response.content.iter_any():
            pieces.append(piece)
            held += len(piece)
            if held >= PIECE:
                await asyncio.to_thread(arriving.write, pieces)
                pieces, held = [], 0
        is_ours = arriving.finish(pieces) if held <= SMALL else await asyncio.to_thread(arriving.finish, pieces)
    except BaseException:
        arriving.discard()
        raise
    if not is_ours:
        raise Rejected(Reason.NOT_VERIFIED, "what the vendor sent does not begin with the original's bytes")


class _Arriving:
    """A file written aside and renamed at its end. It can be fetched again, so nothing is synced here."""

    def __init__(self, target: Path, begins: Beginning) -> None:
        self._target = target
        self._aside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
        self._expected = begins.sha256.hex
        self._left = begins.size
        self._hash = hashlib.sha256()

    def write(self, pieces: Sequence[bytes]) -> None:
        content = b"".join(pieces)
        if self._left:
            self._hash.update(memoryview(content)[: self._left])
            self._left -= min(self._left, len(content))
        with self._aside.open("ab") as file:
            file.write(content)

    def finish(self, pieces: Sequence[bytes]) -> bool:
        """Write the rest, put the file in its place, and say whether it begins with the original."""
        self.write(pieces)
        self._aside.replace(self._target)
        return self._left == 0 and self._hash.hexdigest() == self._expected

    def discard(self) -> None:
        self._aside.unlink(missing_ok=True)
