"""Objects of a storage that speaks the S3 protocol: from one endpoint, and from buckets that the settings name.

obstore signs addresses, with AWS' own ways to find keys; what is behind them is fetched as any other address is. So no
redirect leads elsewhere, and one place bounds what is read.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from yarl import URL

from worker.streams.entry import StoredObject
from worker.streams.fetching import Fetcher, host_of
from worker.streams.poison import Poison, PoisonReason
from worker.streams.sources import SourceAway

if TYPE_CHECKING:
    from obstore.store import S3Credential

_VALID = timedelta(minutes=5)
"""How long a signed address opens its object: it is used at once."""
_PATIENCE = timedelta(seconds=10)
"""How long AWS is asked for the keys of this machine's role."""


class Buckets:
    """These buckets at one endpoint. Keys are an id and a secret; without them they are found in AWS' own ways."""

    def __init__(self, names: Collection[str], endpoint: str, region: str, keys: tuple[str, str] | None) -> None:
        self._names = names
        self._endpoint = endpoint
        self._region = region
        self._keys = keys
        # Whoever named the endpoint in the settings may have it inside their own network.
        self._fetcher = Fetcher([host_of(endpoint)], allow_private=True, called="the storage of s3")

    async def fetch(self, source: StoredObject, most: int) -> AsyncGenerator[bytes]:
        """The bytes of an object, at most so many. Raises as Fetcher does."""
        async with aclosing(self._fetcher.fetch(await self._sign("GET", source), most)) as pieces:
            async for piece in pieces:
                yield piece

    async def remove(self, source: StoredObject) -> None:
        """Remove the object; one that is gone already is no error (S3, DeleteObject). Raises Poison, and SourceAway."""
        await self._fetcher.remove(await self._sign("DELETE", source))

    async def _sign(self, method: Literal["GET", "DELETE"], source: StoredObject) -> URL:
        if source.bucket not in self._names:
            raise Poison(
                PoisonReason.NOT_ALLOWED, "s3 names a bucket that the settings do not allow (queue.s3.buckets)"
            )
        # As it was signed: nothing in it is quoted anew.
        return URL(await asyncio.to_thread(self._sign_now, method, source), encoded=True)

    def _sign_now(self, method: Literal["GET", "DELETE"], source: StoredObject) -> str:
        """Not by `sign_async`, whose threads may abort the process while Python ends (obstore 0.12)."""
        from obstore import sign  # noqa: PLC0415  only who reads from a storage needs it
        from obstore.exceptions import BaseError  # noqa: PLC0415
        from obstore.store import S3Store  # noqa: PLC0415

        keys: S3Credential | None = None
        if self._keys is not None:
            key_id, secret = self._keys
            keys = {"access_key_id": key_id, "secret_access_key": secret, "token": None, "expires_at": None}
        store = S3Store(
            source.bucket,
            endpoint=self._endpoint,
            region=self._region,
            virtual_hosted_style_request=False,
            retry_config={"max_retries": 2, "retry_timeout": _PATIENCE},
            # Not as plain settings of it, with which a session token of the environment would be mixed.
            credential_provider=None if keys is None else lambda: keys,
        )
        try:
            return sign(store, method, source.key, _VALID)
        except BaseError:
            raise SourceAway("no keys for the storage of s3 are found, neither in queue.s3 nor in AWS' ways") from None
