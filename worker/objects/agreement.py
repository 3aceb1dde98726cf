"""Whether all processes that share the bucket are set alike, where they must be: each tells the others while it runs.

    machines/<random>   the machine's name, and of each such setting a keyed hash: no setting leaves the machine

The key is one of the keys that machines share, so that nobody else finds a personal code by trying them all.
"""

import asyncio
import hmac
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from hashlib import sha256

from pydantic import ValidationError

from jobs.model.frozen import Frozen
from worker.clock import utc_now
from worker.objects.bucket import Bucket
from worker.objects.keys import obtain_shared_key
from worker.storage.threads import in_thread

_FOLDER = "machines"
_MARK = timedelta(minutes=1)
_ALIVE = timedelta(minutes=3)
"""How old what a machine told may be: by two clocks, since it is only told and nothing is decided by it."""
_GONE = timedelta(days=1)


class _Told(Frozen):
    machine: str
    settings: Mapping[str, str]


class ObjectAgreement:
    """Implements `worker.storage.agreement.Agreement`. `find_settings` gives those that must be alike; it may block."""

    def __init__(self, bucket: Bucket, machine: str, find_settings: Callable[[], Mapping[str, str]]) -> None:
        self._bucket = bucket
        self._machine = machine
        self._find_settings = find_settings

    @asynccontextmanager
    async def announced(self) -> AsyncIterator[None]:
        """Tell the others how this process is set, for the time of the block. Raises OSError."""
        key, content = f"{_FOLDER}/{secrets.token_hex(8)}", (await self._tell()).model_dump_json().encode()
        await asyncio.to_thread(self._bucket.write, key, content)
        telling = asyncio.create_task(self._tell_for_ever(key, content))
        try:
            yield
        finally:
            telling.cancel()
            with suppress(OSError):
                await asyncio.to_thread(self._bucket.remove, key)

    async def find_differences(self) -> Mapping[str, frozenset[str]] | None:
        """Settings that are not as they are here, and the machines on which they are others. Raises OSError."""
        own, differing = await self._tell(), defaultdict(set)
        for other in await self._others():
            for name in own.settings.keys() & other.settings.keys():
                if own.settings[name] != other.settings[name]:
                    differing[name].add(other.machine)
        return {name: frozenset(differing[name]) for name in sorted(differing)}

    @in_thread
    def _tell(self) -> _Told:
        key = obtain_shared_key(self._bucket, "settings")
        marks = {name: f"{name}={value}".encode() for name, value in self._find_settings().items()}
        hashed = {name: hmac.new(key, mark, sha256).hexdigest()[:16] for name, mark in marks.items()}
        return _Told(machine=self._machine, settings=hashed)

    @in_thread
    def _others(self) -> list[_Told]:
        listed, now, told = list(self._bucket.list(_FOLDER)), utc_now(), list[_Told]()
        if over := [each.key for each in listed if now - each.changed_at > _GONE]:
            self._bucket.remove(*over)
        for each in listed:
            # What went since, and what a newer zimogs writes in another way.
            with suppress(FileNotFoundError, ValidationError):
                if now - each.changed_at < _ALIVE:
                    told.append(_Told.model_validate_json(self._bucket.read(each.key)))
        return told

    async def _tell_for_ever(self, key: str, content: bytes) -> None:
        while True:
            await asyncio.sleep(_MARK.total_seconds())
            with suppress(OSError):
                await asyncio.to_thread(self._bucket.write, key, content)
