"""A sealed file on its way to the shelf, and the first thing it must be: a continuation of our original."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import ClientResponse

from jobs.errors import Rejected
from jobs.model import Document
from jobs.reasons import Reason

PIECE = 256 * 1024
"""Bytes in memory at a time."""


async def receive(response: ClientResponse, target: Path, document: Document) -> None:
    """Write the answer to `target`, whole or not at all.

    Raises Rejected when the first `document.size` bytes are not the original; the file stays there as evidence.
    """
    arriving = _Arriving(target, document)
    try:
        async for pieces in _gathered(response):
            await asyncio.to_thread(arriving.write, pieces)
        begins_with_original = await asyncio.to_thread(arriving.finish)
    finally:
        arriving.discard()
    if not begins_with_original:
        raise Rejected(Reason.NOT_VERIFIED, "what the vendor sent does not begin with the original's bytes")
