"""Receiving an answer: never more than its bound, never in silence for long, and never inflated.

Nothing that the vendor says of its own sizes is believed: bytes are counted as they come. The call's whole time is
the wire's to bound.
"""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import ClientResponse

from worker.eparaksts.failures import TooLong, Unreadable

SILENCE = 30.0


class BoundedAnswer:
    """The answer to one call, of which `most` bytes are taken; each byte can be had once, unless `read` kept it.

    `silence` is seconds that may pass between two pieces.
    """

    def __init__(self, response: ClientResponse, most: int, silence: float = SILENCE) -> None:
        self.status = response.status
        self.headers = response.headers
        self._content = response.content
        self._most = most
        self._silence = silence
        self._body: bytes | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises TooLong, Unreadable where it is compressed, and TimeoutError in silence."""
        # Asked for is the body as it is: a few packed bytes could become any number here (RFC 9110 §12.5.3).
        if self.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Unreadable("it is compressed, which was not asked for")
        left = self._most
        while True:
            async with asyncio.timeout(self._silence):
                piece = await self._content.readany()
            if not piece:
                return
            left -= len(piece)
            if left < 0:
                raise TooLong(f"it is longer than {self._most} bytes")
            yield piece

    async def read(self) -> bytes:
        """The whole body, however often it is asked for. Raises what `pieces` raises."""
        if self._body is None:
            self._body = b"".join([piece async for piece in self.pieces()])
        return self._body
